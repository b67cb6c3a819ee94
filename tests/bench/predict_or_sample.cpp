/// Does planning by prediction cost the caller less than planning by sampling, and from which items
/// on?
#include <amorsize/amorsize.hpp>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/arguments.hpp"
#include "support/indices.hpp"
#include "support/results.hpp"
#include "support/temporary_folder.hpp"
#include "support/timing.hpp"
#include "support/workload.hpp"

namespace {

using amorsize::plan_source;

struct kind {
  const char* name;
  double item_ns;
  std::size_t items;
};

std::string fresh_name() {
  static int names = 0;
  return std::string("unknown ").append(std::to_string(++names));
}

/// One that remembers, and one that no work is known to, not even similar work.
struct runtimes {
  const bench::temporary_folder folder;
  amorsize::runtime known{{.store = folder.path()}};
  amorsize::runtime blank{{.store = "off"}};
};

/// What both ways took of the caller's time, in microseconds.
struct readings {
  std::vector<double> sampled;
  std::vector<double> predicted;

  void add_to(bench::results& out, const std::string& row) {
    out.add(row, "sampled", sampled);
    out.add(row, "predicted", predicted);
    out.add(row, "sampled/predicted", bench::ratios(sampled, predicted));
  }
};

class contest {
 public:
  contest(bench::results& out, runtimes& on, const kind& of)
      : out_(out), on_(on), name_(of.name), work_(of.items, of.item_ns) {
    for (int i = 0; i < 5; ++i) call(name_, on_.known);
    on_.known.save();
  }

  void hold(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      for (const bool is_sampled : {round % 2 == 0, round % 2 != 0}) {
        is_sampled ? sample() : predict();
        is_sampled ? call_unknown() : call_known();
      }
    }
    planning_.add_to(out_, name_ + ", a plan, us");
    in_calls_.add_to(out_, name_ + ", planning in a call, us");
    calls_.add_to(out_, name_ + ", the whole call, us");
  }

 private:
  void sample() {
    amorsize::batch_plan plan;
    const std::string name = fresh_name();
    const double took = bench::time_of(1, [&] {
      plan = amorsize::optimize(bench::indices(work_.items()),
                                [this](std::size_t i) { work_.run_item(i); },
                                {.name = name, .on = &on_.blank});
    });
    if (plan.source != plan_source::sampled) out_.wrong(name_ + ", optimize did not sample");
    planning_.sampled.push_back(took / 1e3);
  }

  void predict() {
    std::optional<amorsize::batch_plan> plan;
    const double took = bench::time_of(1, [&] {
      plan = amorsize::predict_parameters({.name = name_, .items = work_.items()}, on_.known);
    });
    if (!plan || plan->source != plan_source::predicted) out_.wrong(name_ + ", not predicted");
    planning_.predicted.push_back(took / 1e3);
  }

  amorsize::run_report call(const std::string& name, amorsize::runtime& on) {
    amorsize::run_report report;
    work_.clear();
    amorsize::parallel_for_each(bench::indices(work_.items()),
                                [this](std::size_t i) { work_.run_item(i); },
                                {.name = name, .report = &report, .on = &on});
    if (!work_.is_right()) out_.wrong(name);
    return report;
  }

  void call_unknown() {
    const amorsize::run_report report = call(fresh_name(), on_.blank);
    if (report.plan.source != plan_source::sampled) out_.wrong(name_ + ", a call did not sample");
    in_calls_.sampled.push_back(report.planning.count() / 1e3);
    calls_.sampled.push_back(report.wall.count() / 1e3);
  }

  void call_known() {
    const amorsize::run_report report = call(name_, on_.known);
    if (report.plan.source != plan_source::predicted) out_.wrong(name_ + ", a call did not know");
    in_calls_.predicted.push_back(report.planning.count() / 1e3);
    calls_.predicted.push_back(report.wall.count() / 1e3);
  }

  bench::results& out_;
  runtimes& on_;
  std::string name_;
  bench::workload work_;
  readings planning_;
  readings in_calls_;
  readings calls_;
};

/// The same for streams, where 1,000 are known: of the same name, of similar ones, and by a sample.
class stream_contest {
 public:
  explicit stream_contest(bench::results& out) : out_(out) {
    for (int i = 0; i < 1'000; ++i) tell("stream " + std::to_string(i), 1 + i % 50);
  }

  void hold(int rounds) {
    std::vector<double> known;
    std::vector<double> similar;
    std::vector<double> sampled;
    for (int round = 0; round < rounds; ++round) {
      known.push_back(predict({.name = "stream 7"}));
      similar.push_back(predict({.items = 1'000,
                                 .estimated_item_time = amorsize::duration(8e3),
                                 .coefficient_of_variation = 0.3,
                                 .item_bytes = 8,
                                 .result_bytes = 8}));
      sampled.push_back(sample());
    }
    const std::string row = "streams of 8 us items, a plan, us";
    out_.add(row, "known of 1,000", known);
    out_.add(row, "similar of 1,000", similar);
    out_.add(row, "sampled", sampled);
    out_.add(row, "sampled/known", bench::ratios(sampled, known));
  }

 private:
  void tell(const std::string& name, int item_us) {
    const amorsize::duration item(1e3 * item_us);
    amorsize::run_report report;
    report.items = 1'000;
    report.plan.buffer_size = 64;
    for (const int n_jobs : {1, 2}) {
      report.plan.n_jobs = n_jobs;
      report.wall = item * 1'000 / n_jobs;
      amorsize::update_model_from_streaming_execution({.name = name,
                                                       .items = 1'000,
                                                       .estimated_item_time = item,
                                                       .coefficient_of_variation = 0.3,
                                                       .item_bytes = 8,
                                                       .result_bytes = 8},
                                                      report, known_);
    }
  }

  double predict(const amorsize::workload& work) {
    constexpr int times = 1'000;
    int found = 0;
    const double took = bench::time_of(times, [&] {
      const auto plan = amorsize::predict_streaming_parameters(work, known_);
      found += plan && plan->n_jobs == 2 && plan->buffer_size == 64 ? 1 : 0;
    });
    if (found < times && !work.name.empty()) out_.wrong("a known stream was not predicted");
    return took / 1e3;
  }

  double sample() {
    bench::workload work(1'000, 8e3);
    amorsize::stream_plan plan;
    const std::string name = fresh_name();
    const double took = bench::time_of(1, [&] {
      plan = amorsize::optimize_streaming(bench::indices(work.items()),
                                          [&work](std::size_t i) {
                                            work.run_item(i);
                                            return i;
                                          },
                                          {.name = name, .on = &blank_});
    });
    if (plan.source != plan_source::sampled) out_.wrong("optimize_streaming did not sample");
    return took / 1e3;
  }

  bench::results& out_;
  const bench::temporary_folder folder_;
  amorsize::runtime known_{{.store = folder_.path(), .max_n_jobs = 2}};
  amorsize::runtime blank_{{.store = "off"}};
};

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("predict_or_sample", given);
  runtimes on;
  constexpr kind kinds[] = {
      {"100 ns", 100, 100'000}, {"10 us", 1e4, 1'000}, {"1 ms", 1e6, 32}, {"10 ms", 1e7, 8}};
  for (const kind& of : kinds) contest(out, on, of).hold(given.rounds(31));
  stream_contest(out).hold(given.rounds(31));
  return out.finish("planning on the caller's thread");
}
