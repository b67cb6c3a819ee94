/// Streams that get better by being run: seven demos of what is predicted, measured and learned.
#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "streaming_online_learning_table.hpp"

namespace {

bool all_is_well = true;

void expect(bool is_so, const char* what) {
  if (is_so) return;
  std::printf("  NOT AS EXPECTED: %s\n", what);
  all_is_well = false;
}

/// A stream of items that are all alike, or of several kinds in turn.
struct demo_stream {
  std::string name;
  std::vector<int> kinds;  ///< numbers of an item of each kind
  std::size_t count = 0;

  std::vector<int> items() const {
    std::vector<int> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(kinds[i % kinds.size()]);
    return all;
  }

  amorsize::run_report run(amorsize::stream_options options) const {
    amorsize::run_report report;
    options.name = name;
    options.report = &report;
    std::uint64_t sum = 0;
    const std::vector<int> all = items();
    for (const std::uint64_t steps : amorsize::stream_map(all, collatz, options)) sum += steps;
    std::uint64_t right = 0;
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      right += collatz(kinds[k]) * ((count + kinds.size() - 1 - k) / kinds.size());
    }
    expect(sum == right && report.items == count, "every item is run once");
    return report;
  }

  amorsize::workload workload() const { return {.name = name, .items = count}; }
};

const demo_stream five[] = {{"10 numbers", {10}, 60'000},
                            {"100 numbers", {100}, 6'000},
                            {"1,000 numbers", {1'000}, 600},
                            {"10,000 numbers", {10'000}, 60},
                            {"20, 100, 500 numbers", {20, 100, 500}, 3'000}};

void baseline(amorsize::runtime& on) {
  print_title(1, "the baseline: each stream is sampled, nothing is learned");
  print_head();
  for (int run = 1; run <= 3; ++run) {
    print_row("run " + std::to_string(run),
              five[1].run({.learn = amorsize::learning::off, .on = &on}));
  }
  expect(!amorsize::predict_streaming_parameters(five[1].workload(), on), "nothing was learned");
}

void nothing_known(amorsize::runtime& on) {
  print_title(2, "a prediction is wanted, but nothing is known");
  const demo_stream unknown{"never seen", {200}, 3'000};
  const auto predicted = amorsize::predict_streaming_parameters(unknown.workload(), on);
  expect(!predicted, "no prediction without knowledge");
  print_head();
  print_row("predicted", predicted);
  print_row("the stream itself", unknown.run({.learn = amorsize::learning::off, .on = &on}));
}

void building_knowledge(amorsize::runtime& on) {
  print_title(3, "five different streams, each run four times: knowledge builds up by itself");
  print_head();
  for (const demo_stream& stream : five) {
    for (int run = 1; run <= 4; ++run) {
      print_row(run == 1 ? stream.name : "  again", stream.run({.on = &on}));
    }
  }
}

void direct_prediction(amorsize::runtime& on) {
  print_title(4, "asking for a prediction, without running anything");
  print_head();
  for (const demo_stream& stream : five) {
    const auto predicted = amorsize::predict_streaming_parameters(stream.workload(), on);
    print_row(stream.name, predicted);
    if (predicted) std::printf("      %s\n", amorsize::explain(*predicted).c_str());
    expect(predicted.has_value(), "what was run is predicted");
  }
  // Never run, but told to be like some of these.
  print_row(
      "other work, of 50 us",
      amorsize::predict_streaming_parameters(
          {.name = "other work", .items = 600, .estimated_item_time = amorsize::duration(50e3)},
          on));
}

void complete_workflow(amorsize::runtime& on) {
  print_title(5, "optimise, run, learn by hand, predict");
  const demo_stream stream{"workflow", {300}, 2'000};
  const std::vector<int> items = stream.items();
  print_head();
  for (int round = 1; round <= 3; ++round) {
    const amorsize::stream_plan plan =
        amorsize::optimize_streaming(items, collatz, {.name = stream.name, .on = &on});
    print_row("round " + std::to_string(round) + ": optimised", plan);
    // Frozen, since what learns by itself and is told as well would count twice.
    const amorsize::run_report report =
        stream.run({.plan = plan, .learn = amorsize::learning::frozen, .on = &on});
    print_row("  run", report);
    amorsize::update_model_from_streaming_execution(stream.workload(), report, on);
    const auto predicted = amorsize::predict_streaming_parameters(stream.workload(), on);
    print_row("  predicted", predicted);
    expect(predicted && predicted->measurements > 0, "what was told is known");
  }
}

void unlike_items(amorsize::runtime& on) {
  print_title(6, "items of 200, 500 and 1,000 numbers: the runtime chooses the order");
  const demo_stream stream{"unlike", {200, 500, 1'000}, 1'200};
  print_head();
  for (int run = 1; run <= 4; ++run) {
    const amorsize::run_report report =
        stream.run({.order = amorsize::result_order::any, .on = &on});
    print_row("run " + std::to_string(run), report);
    std::printf("      coefficient of variation %.2f, at most %zu items buffered\n",
                report.plan.coefficient_of_variation, report.peak_buffered);
    expect(report.peak_buffered <= report.plan.buffer_size, "a stream keeps to its buffer");
  }
}

/// The median of some, in microseconds.
template <class F>
double typical_us(int times, const F& f) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) all.push_back(time_of(f).count() / 1e3);
  std::nth_element(all.begin(), all.begin() + times / 2, all.end());
  return all[static_cast<std::size_t>(times) / 2];
}

void comparison(amorsize::runtime& on) {
  print_title(7, "what a plan costs: a sample of the items, or a prediction");
  std::printf("  %-22s %12s %12s %8s\n", "", "sampling", "prediction", "ratio");
  for (const demo_stream& stream : five) {
    const std::vector<int> items = stream.items();
    const double sampling = typical_us(11, [&] {
      amorsize::optimize_streaming(
          items, collatz, {.name = stream.name, .learn = amorsize::learning::off, .on = &on});
    });
    const double prediction =
        typical_us(101, [&] { amorsize::predict_streaming_parameters(stream.workload(), on); });
    std::printf("  %-22s %9.1f us %9.1f us %8.1f\n", stream.name.c_str(), sampling, prediction,
                sampling / prediction);
  }
}

}  // namespace

int main() {
  const temporary_store store;
  amorsize::runtime on({.store = store.path()});
  baseline(on);
  nothing_known(on);
  building_knowledge(on);
  direct_prediction(on);
  complete_workflow(on);
  unlike_items(on);
  comparison(on);
  return all_is_well ? 0 : 1;
}
