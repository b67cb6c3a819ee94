/// Nested calls: any depth at any width, never a deadlock, also with a lock held across one.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "meeting.hpp"
#include "random.hpp"
#include "widths.hpp"

namespace {

using support::count;

std::vector<int> numbers(int n) {
  std::vector<int> v(count(n));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

/// The sum of `items` to the power of `depth` ones.
long leaves(int depth, int items, const amorsize::batch_options& options) {
  if (depth == 0) return 1;
  long sum = 0;
  for (const long part : amorsize::parallel_map(
           numbers(items), [&](int) { return leaves(depth - 1, items, options); }, options)) {
    sum += part;
  }
  return sum;
}

TEST_CASE("calls inside calls, two and three deep, at all widths, give all results") {
  for (const int width : {0, 1, 2, 3, 8}) {
    for (int repetition = 0; repetition < support::rounds(10); ++repetition) {
      CAPTURE(width);
      CHECK(leaves(2, 20, support::at_width(width)) == 400);
      CHECK(leaves(3, 9, support::at_width(width)) == 729);
      CHECK(leaves(2, 20, support::one_by_one(width)) == 400);
    }
  }
}

TEST_CASE("a lock may be held across a nested call") {
  for (const int width : {0, 1, 2, 3, 8}) {
    for (const int inner_width : {0, width}) {
      CAPTURE(width);
      CAPTURE(inner_width);
      std::mutex mutex;
      long sum = 0;
      amorsize::parallel_for_each(
          numbers(60),
          [&](int) {
            const std::lock_guard lock(mutex);
            std::atomic<long> part{0};
            amorsize::parallel_for_each(
                numbers(50),
                [&part](int i) {
                  support::work(200);
                  part += i;
                },
                support::at_width(inner_width));
            sum += part;
          },
          support::one_by_one(width));
      CHECK(sum == 60L * 49 * 50 / 2);
    }
  }
}

TEST_CASE("an inner call inside a saturated outer one finishes on its own thread") {
  for (const int width : {2, 3, 8}) {
    CAPTURE(width);
    amorsize::runtime exact(amorsize::runtime_options{.max_n_jobs = width});
    support::meeting all_inside(count(width));
    support::meeting all_done(count(width));
    std::atomic<int> elsewhere{0};
    amorsize::parallel_for_each(numbers(width),
                                [&](int) {
                                  all_inside.attend();
                                  const auto here = std::this_thread::get_id();
                                  amorsize::parallel_for_each(
                                      numbers(500),
                                      [&](int) {
                                        support::work(1'000);
                                        elsewhere += std::this_thread::get_id() != here ? 1 : 0;
                                      },
                                      {.on = &exact});
                                  all_done.attend();
                                },
                                {.n_jobs = width, .chunksize = 1, .on = &exact});
    CHECK(all_done.distinct_threads() == count(width));
    CHECK(elsewhere == 0);
  }
}

TEST_CASE("a thread that waits in an inner call runs no item of the outer one") {
  thread_local int depth = 0;
  std::atomic<int> entered_twice{0};
  for (const int width : {2, 3, 8}) {
    amorsize::parallel_for_each(
        numbers(100),
        [&](int) {
          if (depth != 0) ++entered_twice;
          ++depth;
          amorsize::parallel_for_each(
              numbers(20), [](int) { support::work(500); }, support::one_by_one(width));
          --depth;
        },
        support::one_by_one(width));
  }
  CHECK(entered_twice == 0);
}

TEST_CASE("the failure of an inner call is that of the outer item it was made in") {
  for (const int width : {0, 1, 2, 3, 8}) {
    CAPTURE(width);
    int failed = -1;
    try {
      amorsize::parallel_for_each(
          numbers(40),
          [&](int outer) {
            amorsize::parallel_for_each(
                numbers(30),
                [outer](int inner) {
                  if (outer >= 7 && inner >= 11) throw 100 * outer + inner;
                },
                support::at_width(width));
          },
          support::one_by_one(width));
    } catch (const int code) {
      failed = code;
    }
    CHECK(failed == 711);
  }
}

TEST_CASE("a failure that an item catches from its inner call does not disturb the outer one") {
  for (const int width : {0, 1, 2, 3, 8}) {
    CAPTURE(width);
    int failed = -1;
    try {
      amorsize::parallel_for_each(
          numbers(40),
          [&](int outer) {
            try {
              amorsize::parallel_for_each(
                  numbers(30),
                  [](int inner) {
                    if (inner == 2) throw inner;
                  },
                  support::at_width(width));
            } catch (const int) {
            }
            if (outer == 25) throw outer;
          },
          support::one_by_one(width));
    } catch (const int code) {
      failed = code;
    }
    CHECK(failed == 25);
  }
}

TEST_CASE("inner calls may be made on another runtime") {
  amorsize::runtime other(amorsize::runtime_options{.max_n_jobs = 3});
  for (const int width : {1, 2, 8}) {
    CAPTURE(width);
    std::atomic<long> sum{0};
    amorsize::parallel_for_each(
        numbers(50),
        [&](int) {
          amorsize::parallel_for_each(numbers(50), [&sum](int i) { sum += i; },
                                      {.n_jobs = 3, .on = &other});
        },
        support::one_by_one(width));
    CHECK(sum == 50L * 49 * 50 / 2);
  }
}

TEST_CASE("a progress callback may make calls of its own") {
  long sum = 0;
  amorsize::batch_options options = support::at_width(3);
  options.on_progress = [&sum](amorsize::progress) { sum = leaves(1, 10, support::at_width(3)); };
  amorsize::parallel_for_each(
      numbers(100), [](int) {}, options);
  CHECK(sum == 10);
}

}  // namespace
