/// Learning: calls record themselves, by the wall time that an outside clock would see.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "meeting.hpp"
#include "message_of.hpp"
#include "random.hpp"
#include "store_folder.hpp"
#include "widths.hpp"

namespace {

using amorsize::batch_options;
using amorsize::learning;
using amorsize::plan_source;
using amorsize::run_report;
using amorsize::runtime;
using amorsize::runtime_options;
using amorsize::speedup_basis;
using amorsize::workload;
using support::store_folder;

/// Items that wait: two threads take half as long for them, however busy the processors are.
void wait_some(int /*item*/) { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

/// Long against what a busy machine adds to it.
void wait_long(int /*item*/) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

const std::vector<int> forty(40);
const std::vector<int> ten(10);

/// Nanoseconds that this takes, by a clock that the library does not know of.
template <class Call>
double timed(const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

/// A runtime with a store of its own.
struct fresh {
  store_folder folder;
  std::optional<runtime> on;
  run_report report;

  fresh() { again(); }

  void again() {
    on.reset();
    on.emplace(runtime_options{.store = folder.path(), .max_n_jobs = 2});
  }
  batch_options named(std::string_view name) {
    return {.name = name, .report = &report, .on = &*on};
  }
  /// Calls that ran elsewhere.
  void tell(const workload& work, int n_jobs, double wall_ns, int times) {
    run_report told;
    told.plan.n_jobs = n_jobs;
    told.items = work.items;
    told.wall = amorsize::duration(wall_ns);
    for (int i = 0; i < times; ++i) amorsize::update_model_from_execution(work, told, *on);
  }
};

TEST_CASE("calls record themselves, each once") {
  fresh rt;
  for (int call = 0; call < 8; ++call) {
    amorsize::parallel_for_each(forty, wait_some, rt.named("recorded"));
  }
  rt.on->save();
  CHECK(rt.folder.calls_of("recorded") == 8);
  // Calls that take longer than before make the earlier ones count for less.
  CHECK(rt.folder.outcomes_of("recorded") > 1);
  CHECK(rt.folder.outcomes_of("recorded") <= 8);
}

TEST_CASE("work without a name is recorded by its place and types") {
  fresh rt;
  for (int call = 0; call < 3; ++call) {
    amorsize::parallel_for_each(forty, wait_some, {.on = &*rt.on});
  }
  rt.on->save();
  REQUIRE(rt.folder.files().size() == 1);
  const std::string text = store_folder::text_of(rt.folder.files().front());
  CHECK(support::contains(text, "\"calls\":3"));
  CHECK(support::contains(text, "learning.cpp:"));
}

TEST_CASE("the first call of a fresh runtime is predicted from what another one recorded") {
  constexpr std::size_t many = 400;
  const std::vector<int> items(many);
  fresh rt;
  for (int call = 0; call < 6; ++call) {
    amorsize::parallel_for_each(items, wait_some, rt.named("first"));
    if (call == 0) CHECK(rt.report.plan.source == plan_source::sampled);
  }
  std::vector<std::size_t> indices(many);
  for (std::size_t i = 0; i < many; ++i) indices[i] = i;
  // On a busy machine a call may be over before the store is read: then the next runtime has it.
  constexpr int most_tries = 5;
  rt.report = {};
  for (int i = 0; i < most_tries && rt.report.plan.similarity != 1; ++i) {
    rt.again();
    std::vector<std::atomic<int>> runs(many);
    const auto results = amorsize::parallel_map(
        indices,
        [&runs](std::size_t item) {
          ++runs[item];
          wait_some(0);
          return 3 * item;
        },
        rt.named("first"));
    for (std::size_t item = 0; item < many; ++item) {
      CHECK(runs[item] == 1);
      CHECK(results[item] == 3 * item);
    }
  }
  CHECK(rt.report.plan.source == plan_source::predicted);
  CHECK(rt.report.plan.measurements >= 1);
  CHECK(rt.report.plan.measurements <= 6 + most_tries);
  CHECK(rt.report.plan.similarity == 1);
  const std::string text = amorsize::explain(rt.report);
  INFO(text);
  CHECK(support::contains(
      text, std::to_string(rt.report.plan.measurements) + " measured calls of this work"));
}

TEST_CASE("what is recorded is what an outside clock sees") {
  for (const int n_jobs : {1, 2}) {
    CAPTURE(n_jobs);
    fresh rt;
    batch_options options = rt.named("timed");
    options.n_jobs = n_jobs;
    std::vector<double> outside;
    for (int call = 0; call < 9; ++call) {
      outside.push_back(timed([&] { amorsize::parallel_for_each(forty, wait_some, options); }));
    }
    const auto plan = amorsize::predict_parameters({.name = "timed", .items = 40}, *rt.on);
    REQUIRE(plan);
    const double recorded =
        n_jobs == 1 ? plan->expected_serial.count() : plan->expected_parallel.count();
    CHECK(recorded > median(outside) / 2);
    CHECK(recorded < median(outside) * 2);
  }
}

TEST_CASE("a few calls begin on one thread, and the speedup of all others rests on them") {
  fresh rt;
  std::vector<double> loops;
  for (int i = 0; i < 5; ++i) {
    loops.push_back(timed([] { std::for_each(ten.begin(), ten.end(), wait_long); }));
  }
  constexpr int calls = 150;
  int serial = 0;
  int in_a_row = 0;
  int measured = 0;
  std::vector<double> estimates;
  std::vector<double> outside;
  for (int call = 0; call < calls; ++call) {
    outside.push_back(
        timed([&] { amorsize::parallel_for_each(ten, wait_long, rt.named("probed")); }));
    const bool is_serial = rt.report.plan.n_jobs == 1;
    serial += is_serial ? 1 : 0;
    in_a_row = is_serial ? in_a_row + 1 : 0;
    CHECK(in_a_row < 3);
    if (is_serial || rt.report.basis != speedup_basis::measured_serial) continue;
    ++measured;
    estimates.push_back(rt.report.serial_estimate.count());
    CHECK(rt.report.speedup ==
          doctest::Approx(rt.report.serial_estimate / rt.report.wall).epsilon(0.01));
  }
  CHECK(serial <= calls / 10);
  REQUIRE(measured > 0);
  CHECK(median(estimates) > median(loops) / 2);
  CHECK(median(estimates) < median(loops) * 2);
  CHECK(median(estimates) > 1.2 * median(outside));
}

/// Items that take five times as long beside another one.
struct hampered {
  std::atomic<int> inside{0};
  std::atomic<int> alone{0};  ///< that took as long as they need

  void operator()(int /*item*/) {
    const int turns = ++inside > 1 ? 5 : 1;
    for (int i = 0; i < turns; ++i) wait_some(i);
    alone += turns == 1 ? 1 : 0;
    --inside;
  }
  auto function() {
    return [this](int item) { (*this)(item); };
  }
};

TEST_CASE("work that two threads only make slower is soon left to one") {
  fresh rt;
  hampered items;
  int serial = 0;
  for (int call = 0; call < 100; ++call) {
    amorsize::parallel_for_each(forty, items.function(), rt.named("hampered"));
    if (call >= 80) serial += rt.report.plan.n_jobs == 1 ? 1 : 0;
  }
  CHECK(serial >= 15);
}

/// Calls until a prediction that rests on a wrong record is another one; `doubted` after the first.
int calls_to_leave_wrong_record(bool& doubted) {
  fresh rt;
  const workload work{
      .name = "told wrong", .items = forty.size(), .estimated_item_time = amorsize::duration(2e5)};
  rt.tell(work, 2, 4e6, 8);
  const auto before = amorsize::predict_parameters(work, *rt.on);
  REQUIRE(before);
  CHECK(before->n_jobs == 2);
  hampered items;
  for (int call = 1; call <= 12; ++call) {
    amorsize::parallel_for_each(forty, items.function(), rt.named("told wrong"));
    const auto after = amorsize::predict_parameters(work, *rt.on);
    REQUIRE(after);
    if (call == 1) doubted = after->confidence < before->confidence;
    if (after->n_jobs == 1) return call;
  }
  return 13;
}

TEST_CASE("a record that is wrong is left within three calls, and doubted after the first") {
  std::vector<double> calls;
  int times_doubted = 0;
  for (int i = 0; i < 5; ++i) {
    bool doubted = false;
    calls.push_back(calls_to_leave_wrong_record(doubted));
    times_doubted += doubted ? 1 : 0;
  }
  CHECK(median(calls) <= 3);
  CHECK(times_doubted >= 3);
}

TEST_CASE("a long call finds a better number of threads while it runs") {
  fresh rt;
  hampered items;
  constexpr int many = 2'000;
  amorsize::parallel_for_each(std::vector<int>(many), items.function(), rt.named("long"));
  CHECK(items.alone > many / 2);
  CHECK(rt.report.plan.n_jobs == 1);
}

TEST_CASE("frozen, every call has the plan that the store gives, the first one included") {
  fresh rt;
  const workload work{
      .name = "frozen", .items = forty.size(), .estimated_item_time = amorsize::duration(2.1e5)};
  rt.tell(work, 1, 8.4e6, 3);
  rt.tell(work, 2, 4.3e6, 3);
  rt.again();  // saves
  std::vector<std::string> before;
  for (const auto& file : rt.folder.files()) before.push_back(store_folder::text_of(file));
  std::vector<amorsize::batch_plan> plans;
  for (int process = 0; process < 3; ++process) {
    rt.on.reset();
    rt.on.emplace(
        runtime_options{.store = rt.folder.path(), .learn = learning::frozen, .max_n_jobs = 2});
    for (int call = 0; call < 10; ++call) {
      // The plan tells how many worked: no call is over before its helper has come.
      support::meeting both(2);
      const auto meet = [&both](int /*item*/) { both.attend(); };
      amorsize::parallel_for_each(forty, meet, rt.named("frozen"));
      plans.push_back(rt.report.plan);
    }
  }
  for (const amorsize::batch_plan& plan : plans) {
    CHECK(plan.source == plan_source::predicted);
    CHECK(plan.n_jobs == 2);
    CHECK(plan.chunksize == plans.front().chunksize);
    CHECK(plan.confidence == plans.front().confidence);
    CHECK(plan.expected_parallel == plans.front().expected_parallel);
  }
  std::vector<std::string> after;
  for (const auto& file : rt.folder.files()) after.push_back(store_folder::text_of(file));
  CHECK(after == before);
}

TEST_CASE("two threads that were measured badly a few times are found to be better again") {
  fresh here;
  const workload work{.name = "badly measured",
                      .items = forty.size(),
                      .estimated_item_time = amorsize::duration(2.5e5)};
  here.tell(work, 1, 10e6, 3);
  here.tell(work, 2, 15e6, 4);
  constexpr int most_calls = 600;
  int in_a_row = 0;
  int calls = 0;
  for (; calls < most_calls && in_a_row < 5; ++calls) {
    run_report report;
    amorsize::parallel_for_each(forty, wait_some,
                                {.name = "badly measured", .report = &report, .on = &*here.on});
    in_a_row = report.plan.n_jobs == 2 ? in_a_row + 1 : 0;
  }
  CHECK(calls > 5);
  CHECK(in_a_row == 5);
}

TEST_CASE("items that have grown dear are shared, whatever was measured of cheap ones") {
  fresh here;
  here.tell({.name = "grown", .items = ten.size(), .estimated_item_time = amorsize::duration(5e3)},
            1, 5e4, 20);
  int shared = 0;
  for (int call = 0; call < 5; ++call) {
    amorsize::parallel_for_each(ten, wait_long, here.named("grown"));
    shared += here.report.plan.n_jobs == 2 ? 1 : 0;
  }
  CHECK(shared >= 3);
}

TEST_CASE("nothing is learned from calls inside other calls") {
  fresh rt;
  amorsize::parallel_for_each(std::vector<int>(4),
                              [&rt](int) {
                                amorsize::parallel_for_each(forty, wait_some,
                                                            {.name = "inner", .on = &*rt.on});
                              },
                              {.name = "outer", .n_jobs = 2, .on = &*rt.on});
  rt.on->save();
  CHECK(rt.folder.of_work("inner").empty());
  CHECK(rt.folder.calls_of("outer") == 1);
}

TEST_CASE("nothing is learned from calls that throw or are stopped") {
  fresh rt;
  for (int call = 0; call < 3; ++call) {
    CHECK_THROWS_AS(amorsize::parallel_for_each(
                        forty,
                        [](int) {
                          wait_some(0);
                          throw 7;
                        },
                        rt.named("throwing")),
                    int);
    std::stop_source source;
    batch_options options = rt.named("stopped");
    options.stop = source.get_token();
    CHECK_THROWS_AS(amorsize::parallel_for_each(
                        forty,
                        [&source](int) {
                          wait_some(0);
                          source.request_stop();
                        },
                        options),
                    amorsize::operation_cancelled);
  }
  rt.on->save();
  CHECK(rt.folder.of_work("throwing").empty());
  CHECK(rt.folder.of_work("stopped").empty());
}

TEST_CASE("calls whose learning is frozen or off leave nothing in the store") {
  fresh rt;
  for (const learning strict : {learning::frozen, learning::off}) {
    batch_options options = rt.named("strict");
    options.learn = strict;
    for (int call = 0; call < 4; ++call) amorsize::parallel_for_each(forty, wait_some, options);
  }
  rt.on->save();
  CHECK(rt.folder.of_work("strict").empty());
}

TEST_CASE("pinned chunks and plans that were asked for are no outcomes of the chosen ones") {
  fresh rt;
  amorsize::parallel_for_each(forty, wait_some, rt.named("warm up"));
  for (int call = 0; call < 4; ++call) {
    batch_options chunk = rt.named("chunk");
    chunk.chunksize = 40;
    amorsize::parallel_for_each(forty, wait_some, chunk);
    batch_options both = rt.named("both");
    both.n_jobs = 2;
    both.chunksize = 40;
    amorsize::parallel_for_each(forty, wait_some, both);
    batch_options plan = rt.named("plan");
    plan.plan = amorsize::batch_plan{.n_jobs = 2, .chunksize = 40, .min_chunksize = 40};
    amorsize::parallel_for_each(forty, wait_some, plan);
  }
  rt.on->save();
  for (const char* name : {"chunk", "both", "plan"}) {
    CAPTURE(name);
    CHECK(rt.folder.calls_of(name) == 4);
    CHECK(rt.folder.outcomes_of(name) == 0);
  }
}

TEST_CASE("a number of threads that is pinned is an outcome of that number") {
  fresh rt;
  batch_options options = rt.named("pinned");
  options.n_jobs = 2;
  for (int call = 0; call < 5; ++call) amorsize::parallel_for_each(forty, wait_some, options);
  rt.on->save();
  const std::string text = rt.folder.of_work("pinned");
  CHECK(support::contains(text, "\"n_jobs\":2"));
  CHECK_FALSE(support::contains(text, "\"n_jobs\":1"));
  CHECK(rt.folder.outcomes_of("pinned") >= 1);
}

}  // namespace
