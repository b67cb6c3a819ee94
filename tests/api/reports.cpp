/// Reports and explanations: what was done, in numbers that fit together, and in sentences.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "meeting.hpp"
#include "message_of.hpp"
#include "random.hpp"
#include "widths.hpp"

namespace {

using amorsize::speedup_basis;
using support::contains;
using support::count;

TEST_CASE("the fields of a report fit together, whatever ran") {
  for (int round = 0; round < support::rounds(150); ++round) {
    support::random dice(static_cast<std::uint64_t>(round));
    CAPTURE(support::base_seed());
    CAPTURE(round);
    const auto steps = dice.between<std::uint64_t>(0, 2'000);
    const auto items = dice.between<std::size_t>(0, 2'000);
    const int asked = dice.between(0, 8);
    amorsize::run_report report;
    support::thread_set threads;
    const auto run = [&](int) {
      threads.see();
      return support::work(steps);
    };
    amorsize::parallel_map(std::vector<int>(items), run,
                           {.n_jobs = asked,
                            .chunksize = dice.chance(0.5) ? 0 : dice.between<std::size_t>(1, 100),
                            .report = &report,
                            .on = &support::wide()});
    const amorsize::stream_plan& plan = report.plan;
    CHECK(report.items == items);
    CHECK_FALSE(report.streaming);
    CHECK(report.peak_buffered == 0);
    CHECK(plan.buffer_size == 0);
    CHECK(plan.use_ordered);
    CHECK(plan.n_jobs >= 1);
    CHECK(plan.n_jobs <= support::widest);
    if (asked != 0) CHECK(plan.n_jobs == std::clamp(static_cast<int>(items), 1, asked));
    CHECK(plan.chunksize >= 1);
    CHECK(plan.result_bytes == sizeof(std::uint64_t));
    CHECK(plan.confidence >= 0);
    CHECK(plan.confidence <= 1);
    CHECK(plan.coefficient_of_variation >= 0);
    CHECK(plan.estimated_item_time.count() >= 0);
    CHECK(plan.expected_serial.count() >= 0);
    CHECK(plan.expected_parallel.count() >= 0);

    CHECK(report.wall.count() > 0);
    CHECK(report.planning.count() >= 0);
    CHECK(report.planning <= report.wall);
    CHECK((report.busy.count() > 0) == (items > 0));
    // A call may end on fewer threads than it had before.
    const int workers = std::max(plan.n_jobs, static_cast<int>(threads.size()));
    CHECK(report.busy <= report.wall * workers * 1.01);
    CHECK(report.speedup == doctest::Approx(report.serial_estimate / report.wall));
    // Where one thread ran all items, its time inside them is what a loop would have taken.
    if (workers == 1) {
      CHECK(report.basis == speedup_basis::measured_serial);
      CHECK(report.serial_estimate == report.busy);
      CHECK(report.speedup <= 1);
    }
    CHECK(report.serial_estimate <= 1.1 * report.busy);
    CHECK(report.serial_estimate * workers >= report.busy);
  }
}

TEST_CASE("a report of parallel_for_each has no result bytes") {
  amorsize::run_report report;
  amorsize::parallel_for_each(std::vector<int>(3), [](int) {}, {.report = &report});
  CHECK(report.plan.result_bytes == 0);
}

TEST_CASE("explain tells a plan's numbers") {
  amorsize::batch_plan plan;
  plan.n_jobs = 4;
  plan.chunksize = 37;
  plan.source = amorsize::plan_source::sampled;
  plan.confidence = 0.83;
  plan.estimated_item_time = amorsize::duration(1'500);
  plan.coefficient_of_variation = 0.25;
  plan.expected_serial = amorsize::duration(48e6);
  plan.expected_parallel = amorsize::duration(12e6);
  const std::string text = amorsize::explain(plan);
  INFO(text);
  for (const char* part :
       {"4 threads", "37 items", "sample", "1.5 us", "0.25", "48 ms", "12 ms", "83"}) {
    CAPTURE(part);
    CHECK(contains(text, part));
  }
  CHECK(text.back() == '.');
}

TEST_CASE("explain gives each source its own reason, and one thread is a plain loop") {
  amorsize::batch_plan plan;
  plan.n_jobs = 2;
  std::vector<std::string> texts;
  using amorsize::plan_source;
  for (const auto source : {plan_source::fallback, plan_source::sampled, plan_source::predicted,
                            plan_source::requested}) {
    plan.source = source;
    for (const std::string& other : texts) CHECK(other != amorsize::explain(plan));
    texts.push_back(amorsize::explain(plan));
  }
  CHECK(contains(texts[3], "request"));
  plan.n_jobs = 1;
  CHECK(contains(amorsize::explain(plan), "1 thread,"));
  CHECK(contains(amorsize::explain(plan), "plain loop"));
}

TEST_CASE("explain tells a report's numbers and what the speedup rests on") {
  amorsize::run_report report;
  report.plan.n_jobs = 3;
  report.items = 12'345;
  report.wall = amorsize::duration(20e6);
  report.planning = amorsize::duration(7'000);
  report.serial_estimate = amorsize::duration(50e6);
  report.speedup = 2.5;
  report.basis = speedup_basis::busy_time;
  const std::string text = amorsize::explain(report);
  INFO(text);
  for (const char* part : {"3 threads", "12345 items", "20 ms", "7 us", "50 ms", "2.5"}) {
    CAPTURE(part);
    CHECK(contains(text, part));
  }
  report.basis = speedup_basis::measured_serial;
  CHECK(amorsize::explain(report) != text);
}

const std::vector<int> thousand(1'000);

TEST_CASE("optimize calls f only on a sample of the items, on this thread, once an item") {
  for (const int width : support::widths) {
    CAPTURE(width);
    amorsize::runtime fresh(amorsize::runtime_options{.max_n_jobs = width});
    std::vector<int> items(100'000);
    const auto caller = std::this_thread::get_id();
    std::atomic<int> elsewhere{0};
    std::vector<std::atomic<int>> runs(items.size());
    amorsize::optimize(items,
                       [&](const int& i) {
                         elsewhere += std::this_thread::get_id() != caller ? 1 : 0;
                         ++runs[static_cast<std::size_t>(&i - items.data())];
                         support::work(100);
                       },
                       {.on = &fresh});
    std::size_t sampled = 0;
    for (const auto& n : runs) {
      CHECK_UNARY(n <= 1);
      sampled += static_cast<std::size_t>(n);
    }
    CHECK(sampled > 0);
    CHECK(sampled < items.size() / 2);
    CHECK(elsewhere == 0);
  }
}

TEST_CASE("optimize keeps nothing: the call after it is not predicted, and runs all items") {
  amorsize::runtime fresh(amorsize::runtime_options{.max_n_jobs = 8});
  std::atomic<int> calls{0};
  amorsize::run_report report;
  const auto f = [&calls](int) { ++calls; };
  const amorsize::batch_options options{.name = "kept", .report = &report, .on = &fresh};
  amorsize::optimize(thousand, f, options);
  CHECK(report.items == 0);
  calls = 0;
  amorsize::parallel_for_each(thousand, f, options);
  CHECK(calls == 1'000);
  CHECK(report.plan.source == amorsize::plan_source::sampled);
}

TEST_CASE("optimize calls nothing where the work is known") {
  amorsize::runtime fresh(amorsize::runtime_options{.max_n_jobs = 8});
  std::atomic<int> calls{0};
  const auto f = [&calls](int) { ++calls; };
  const amorsize::batch_options options{.name = "known", .on = &fresh};
  amorsize::parallel_for_each(thousand, f, options);
  calls = 0;
  CHECK(amorsize::optimize(thousand, f, options).source == amorsize::plan_source::predicted);
  CHECK(calls == 0);
}

TEST_CASE("a plan of optimize is obeyed as options.plan, whatever it was made of") {
  amorsize::runtime fresh(amorsize::runtime_options{.max_n_jobs = 8});
  const auto f = [](int i) { return i; };
  for (const std::size_t items : {3U, 0U, 1U, 1'000U}) {
    for (const char* name : {"", "planned"}) {
      CAPTURE(items);
      CAPTURE(name);
      const std::vector<int> range(items, 5);
      const amorsize::batch_plan plan = amorsize::optimize(range, f, {.name = name, .on = &fresh});
      amorsize::run_report report;
      CHECK_NOTHROW(amorsize::parallel_map(
          range, f, {.name = name, .plan = plan, .report = &report, .on = &fresh}));
      CHECK(report.plan.n_jobs == plan.n_jobs);
    }
  }
}

TEST_CASE("optimize follows what is pinned") {
  const auto f = [](int i) { return i; };
  const amorsize::batch_plan plan =
      amorsize::optimize(thousand, f, {.n_jobs = 3, .chunksize = 44, .on = &support::wide()});
  CHECK(plan.n_jobs == 3);
  CHECK(plan.chunksize == 44);
  CHECK(plan.source == amorsize::plan_source::requested);
  CHECK(amorsize::optimize(thousand, f, {.max_n_jobs = 1, .on = &support::wide()}).n_jobs == 1);
}

TEST_CASE("what f throws passes through optimize") {
  CHECK_THROWS_AS(amorsize::optimize(thousand, [](int) { throw 7; }, {.on = &support::wide()}),
                  int);
}

}  // namespace
