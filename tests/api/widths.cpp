/// The number of threads: what was asked for, really there, and told by the report.
#include "widths.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "meeting.hpp"
#include "random.hpp"

namespace {

using support::count;
using support::widths;

TEST_CASE("n_jobs is kept exactly: so many items can wait for each other, on as many threads") {
  for (int repetition = 0; repetition < support::rounds(20); ++repetition) {
    for (const int width : widths) {
      CAPTURE(width);
      support::meeting all(count(width));
      std::vector<int> items(count(width));
      amorsize::run_report report;
      amorsize::batch_options options = support::at_width(width);
      options.report = &report;
      amorsize::parallel_for_each(
          items, [&all](int) { all.attend(); }, options);
      CHECK(all.distinct_threads() == count(width));
      CHECK(report.plan.n_jobs == width);
      CHECK(report.plan.source == amorsize::plan_source::requested);
      CHECK(report.items == count(width));
    }
  }
}

TEST_CASE("n_jobs is kept exactly: never more threads at work at once, and the caller is one") {
  for (const int width : widths) {
    CAPTURE(width);
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<bool> caller_worked{false};
    support::thread_set threads;
    const auto caller = std::this_thread::get_id();
    support::meeting all(count(width));
    std::vector<int> items(400);
    std::iota(items.begin(), items.end(), 0);
    amorsize::parallel_for_each(
        items,
        [&](int i) {
          const int now = ++inside;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          if (std::this_thread::get_id() == caller) caller_worked = true;
          threads.see();
          if (i < width) all.attend();
          support::work(1'000);
          --inside;
        },
        support::one_by_one(width));
    CHECK(most == width);
    CHECK(threads.size() == count(width));
    CHECK(caller_worked);
  }
}

TEST_CASE("an n_jobs beyond the runtime's maximum is the maximum, and the report says so") {
  amorsize::runtime three(amorsize::runtime_options{.max_n_jobs = 3});
  support::meeting all(3);
  std::vector<int> items(3);
  amorsize::run_report report;
  amorsize::parallel_for_each(items, [&all](int) { all.attend(); },
                              {.n_jobs = 64, .report = &report, .on = &three});
  CHECK(all.distinct_threads() == 3);
  CHECK(report.plan.n_jobs == 3);
}

TEST_CASE("max_n_jobs limits what is chosen, and what is asked for") {
  for (const int limit : {1, 2, 3}) {
    for (const int asked : {0, 8}) {
      CAPTURE(limit);
      CAPTURE(asked);
      support::thread_set threads;
      std::vector<int> items(300);
      amorsize::run_report report;
      amorsize::parallel_for_each(
          items,
          [&threads](int) {
            threads.see();
            support::work(20'000);
          },
          {.n_jobs = asked, .max_n_jobs = limit, .report = &report, .on = &support::wide()});
      CHECK(threads.size() <= count(limit));
      CHECK(report.plan.n_jobs <= limit);
      if (asked != 0) CHECK(report.plan.n_jobs == limit);
    }
  }
}

TEST_CASE("a width of one is this thread alone") {
  std::atomic<int> elsewhere{0};
  const auto caller = std::this_thread::get_id();
  std::vector<int> items(2'000);
  amorsize::parallel_for_each(
      items, [&](int) { elsewhere += std::this_thread::get_id() != caller ? 1 : 0; },
      support::at_width(1));
  CHECK(elsewhere == 0);
}

TEST_CASE("an unknown first item that is long leaves no thread idle: two items meet, also cold") {
  for (int repetition = 0; repetition < support::rounds(10); ++repetition) {
    amorsize::runtime fresh(amorsize::runtime_options{.max_n_jobs = 2});
    support::meeting both(2);
    std::vector<int> items(2);
    amorsize::parallel_for_each(items, [&both](int) { both.attend(); }, {.on = &fresh});
    CHECK(both.distinct_threads() == 2);
  }
}

TEST_CASE("as many unknown items as there are threads run at once, without being asked to") {
  for (const int width : {2, 3, 8}) {
    CAPTURE(width);
    amorsize::runtime fresh(amorsize::runtime_options{.max_n_jobs = width});
    support::meeting all(count(width));
    std::vector<int> items(count(width));
    amorsize::parallel_for_each(items, [&all](int) { all.attend(); }, {.on = &fresh});
    CHECK(all.distinct_threads() == count(width));
  }
}

TEST_CASE("the report never counts fewer threads than were at work") {
  for (int round = 0; round < support::rounds(150); ++round) {
    support::random dice(static_cast<std::uint64_t>(round));
    CAPTURE(support::base_seed());
    CAPTURE(round);
    const auto steps = dice.between<std::uint64_t>(0, 3'000);
    std::vector<int> items(dice.between<std::size_t>(1, 3'000));
    support::thread_set threads;
    amorsize::run_report report;
    amorsize::parallel_for_each(items,
                                [&](int) {
                                  threads.see();
                                  support::work(steps);
                                },
                                {.max_n_jobs = 4,
                                 .learn = amorsize::learning::off,
                                 .report = &report,
                                 .on = &support::wide()});
    CHECK(threads.size() <= count(report.plan.n_jobs));
  }
}

}  // namespace
