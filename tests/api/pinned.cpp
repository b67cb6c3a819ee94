/// What the caller pins is obeyed: chunks to the item, and whole plans.
#include <doctest/doctest.h>

#include <atomic>
#include <numeric>
#include <thread>

#include "meeting.hpp"
#include "random.hpp"
#include "widths.hpp"

namespace {

using support::count;
using support::widths;

/// Which thread ran each item, and after how many others on it.
class diary {
 public:
  explicit diary(std::size_t items) : entries_(items) {}

  void note(int item) {
    thread_local std::uint64_t turn = 0;
    entries_[count(item)] = {std::this_thread::get_id(), ++turn};
  }

  /// Whether items first and first + 1 were run by one thread, one right after the other.
  bool joined(std::size_t first) const {
    const entry& a = entries_[first];
    const entry& b = entries_[first + 1];
    return a.thread == b.thread && b.turn == a.turn + 1;
  }

 private:
  struct entry {
    std::thread::id thread;
    std::uint64_t turn = 0;
  };
  std::vector<entry> entries_;
};

std::vector<int> numbers(int n) {
  std::vector<int> v(count(n));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

/// All items of a chunk of this size run on one thread, one after the other.
void check_chunks(const amorsize::batch_options& options, std::size_t chunksize, int items) {
  diary seen(count(items));
  amorsize::parallel_for_each(
      numbers(items),
      [&seen](int i) {
        seen.note(i);
        support::work(300);
      },
      options);
  std::size_t torn = 0;
  for (std::size_t i = 0; i + 1 < count(items); ++i) {
    if ((i + 1) % chunksize != 0 && !seen.joined(i)) ++torn;
  }
  CHECK(torn == 0);
}

TEST_CASE("a chunksize is kept exactly: the items of a chunk run on one thread in one go") {
  for (const int width : widths) {
    for (const std::size_t chunksize : {2U, 7U, 50U, 333U}) {
      CAPTURE(width);
      CAPTURE(chunksize);
      amorsize::batch_options options = support::at_width(width);
      options.chunksize = chunksize;
      for (const int items : {1'000, 100, 333}) check_chunks(options, chunksize, items);
    }
  }
}

/// With every worker held in its first item, each has claimed one chunk and no more.
TEST_CASE("a chunk has no more items than asked for: all workers get their part") {
  for (const int width : {2, 3, 8}) {
    for (const int chunksize : {1, 5, 40}) {
      CAPTURE(width);
      CAPTURE(chunksize);
      support::meeting all(count(width));
      std::atomic<int> first_items{0};
      amorsize::batch_options options = support::at_width(width);
      options.chunksize = count(chunksize);
      amorsize::parallel_for_each(
          numbers(width * chunksize),
          [&](int i) {
            if (i % chunksize != 0) return;
            ++first_items;
            all.attend();
          },
          options);
      CHECK(all.distinct_threads() == count(width));
      CHECK(first_items == width);
    }
  }
}

TEST_CASE("a plan with fixed chunks is followed: its threads, its chunks, and no sample") {
  for (const int width : widths) {
    CAPTURE(width);
    amorsize::batch_plan plan;
    plan.n_jobs = width;
    plan.chunksize = 25;
    plan.adaptive_chunking = false;
    amorsize::run_report report;
    check_chunks({.plan = plan, .report = &report, .on = &support::wide()}, 25, 1'000);
    CHECK(report.plan.n_jobs == width);
    CHECK(report.plan.chunksize == 25);
    CHECK_FALSE(report.plan.adaptive_chunking);
    CHECK(report.plan.source == amorsize::plan_source::requested);
    support::meeting all(count(width));
    amorsize::parallel_for_each(numbers(25 * width),
                                [&](int i) {
                                  if (i % 25 == 0) all.attend();
                                },
                                {.plan = plan, .on = &support::wide()});
    CHECK(all.distinct_threads() == count(width));
  }
}

TEST_CASE("n_jobs and chunksize of the call win over those of its plan") {
  amorsize::batch_plan plan;
  plan.n_jobs = 2;
  plan.chunksize = 10;
  plan.adaptive_chunking = false;
  amorsize::run_report report;
  check_chunks(
      {.n_jobs = 3, .chunksize = 20, .plan = plan, .report = &report, .on = &support::wide()}, 20,
      400);
  CHECK(report.plan.n_jobs == 3);
  CHECK(report.plan.chunksize == 20);
}

TEST_CASE("the chunks of an adaptive plan stay within its bounds") {
  for (const int width : {2, 3, 8}) {
    CAPTURE(width);
    amorsize::batch_plan plan;
    plan.n_jobs = width;
    plan.chunksize = 4;
    plan.min_chunksize = 4;
    plan.max_chunksize = 4;
    support::meeting all(count(width));
    amorsize::parallel_for_each(numbers(4 * width),
                                [&](int i) {
                                  if (i % 4 == 0) all.attend();
                                },
                                {.plan = plan, .on = &support::wide()});
    CHECK(all.distinct_threads() == count(width));
    check_chunks({.plan = plan, .on = &support::wide()}, 4, 800);
  }
}

TEST_CASE("the chunk that was pinned is told by the report") {
  amorsize::run_report report;
  for (const int width : widths) {
    amorsize::parallel_for_each(
        numbers(100), [](int) {},
        {.n_jobs = width, .chunksize = 12, .report = &report, .on = &support::wide()});
    CHECK(report.plan.chunksize == 12);
    CHECK(report.plan.min_chunksize == 12);
    CHECK(report.plan.max_chunksize == 12);
    CHECK_FALSE(report.plan.adaptive_chunking);
  }
}

TEST_CASE("small chunks are not merged: a chunk of one leaves the others to other workers") {
  support::meeting both(2);
  diary seen(2);
  amorsize::parallel_for_each(
      numbers(2),
      [&](int i) {
        both.attend();
        seen.note(i);
      },
      support::one_by_one(2));
  CHECK_FALSE(seen.joined(0));
}

}  // namespace
