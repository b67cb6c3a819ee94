/// Failing items: the lowest index wins, all below it ran, all is joined, nothing leaks.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <stdexcept>

#include "counted.hpp"
#include "meeting.hpp"
#include "random.hpp"
#include "widths.hpp"

namespace {

using support::count;
using support::widths;

struct item_failed {
  int item;
};

std::vector<int> numbers(int n) {
  std::vector<int> v(count(n));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

template <class F>
int failed_item(const std::vector<int>& items, const F& f, const amorsize::batch_options& options) {
  try {
    amorsize::parallel_for_each(items, f, options);
  } catch (const item_failed& e) {
    return e.item;
  }
  return -1;
}

/// Tells that an exception is on its way out of the function that holds it.
class opens_when_leaving {
 public:
  explicit opens_when_leaving(support::gate& left) : left_(left) {}
  ~opens_when_leaving() { left_.open(); }
  opens_when_leaving(const opens_when_leaving&) = delete;
  opens_when_leaving& operator=(const opens_when_leaving&) = delete;

 private:
  support::gate& left_;
};

TEST_CASE("the exception of the lowest item wins, though a higher one failed first") {
  for (int repetition = 0; repetition < support::rounds(100); ++repetition) {
    for (const int width : {2, 3, 8}) {
      CAPTURE(width);
      support::gate higher_failed;
      const int failed = failed_item(
          numbers(50),
          [&](int i) {
            if (i == 0) {
              higher_failed.wait();
              support::work(2'000);
              throw item_failed{0};
            }
            if (i == 1) {
              const opens_when_leaving leaving(higher_failed);
              throw item_failed{1};
            }
          },
          support::one_by_one(width));
      CHECK(failed == 0);
    }
  }
}

TEST_CASE("the exception of the lowest item wins, though all other workers failed first") {
  for (const int width : {2, 3, 8}) {
    CAPTURE(width);
    std::atomic<int> failing{0};
    support::meeting all(count(width));
    support::gate all_others_failed;
    const int failed = failed_item(
        numbers(width),
        [&](int i) {
          all.attend();
          if (i == 0) {
            all_others_failed.wait();
            throw item_failed{0};
          }
          if (++failing == width - 1) all_others_failed.open();
          throw item_failed{i};
        },
        support::one_by_one(width));
    CHECK(failed == 0);
  }
}

TEST_CASE("every item below the failing one still runs, and each once") {
  for (const int width : {0, 1, 2, 3, 8}) {
    for (const std::size_t chunksize : {0U, 1U, 7U, 100U, 5'000U}) {
      for (const int failing : {0, 1, 500, 998, 999}) {
        CAPTURE(width);
        CAPTURE(chunksize);
        CAPTURE(failing);
        std::vector<std::atomic<int>> runs(1'000);
        const int failed =
            failed_item(numbers(1'000),
                        [&](int i) {
                          ++runs[count(i)];
                          if (i >= failing && (i - failing) % 3 == 0) throw item_failed{i};
                        },
                        {.n_jobs = width, .chunksize = chunksize, .on = &support::wide()});
        CHECK(failed == failing);
        const auto lowest_above = runs.begin() + failing + 1;
        CHECK(std::count(runs.begin(), lowest_above, 1) == failing + 1);
        CHECK(std::count_if(lowest_above, runs.end(), [](const auto& n) { return n > 1; }) == 0);
      }
    }
  }
}

TEST_CASE("items above the failing one that have not started are skipped") {
  for (const int width : widths) {
    CAPTURE(width);
    std::atomic<int> runs{0};
    const int failed = failed_item(
        numbers(20'000),
        [&](int i) {
          ++runs;
          if (i == 0) throw item_failed{0};
          support::work(20'000);
        },
        support::one_by_one(width));
    CHECK(failed == 0);
    CHECK(runs < 20'000);
  }
}

TEST_CASE("everything is joined before the rethrow: nothing runs when the call has thrown") {
  std::atomic<bool> over{false};
  std::atomic<int> late{0};
  for (const int width : widths) {
    for (int repetition = 0; repetition < support::rounds(100); ++repetition) {
      CAPTURE(width);
      over = false;
      std::atomic<int> inside{0};
      const int failed = failed_item(
          numbers(200),
          [&](int i) {
            const support::presence here(inside);
            if (over) ++late;
            support::work(i == 3 ? 0 : 3'000);
            if (i == 3) throw item_failed{3};
            if (over) ++late;
          },
          support::one_by_one(width));
      over = true;
      CHECK(inside == 0);
      CHECK(failed == 3);
    }
  }
  CHECK(late == 0);
}

TEST_CASE("a call that fails leaks neither results nor exceptions") {
  struct counted_failure {
    support::counted what;
  };
  for (const int width : widths) {
    for (const std::size_t chunksize : {0U, 1U, 10U}) {
      CAPTURE(width);
      CAPTURE(chunksize);
      const auto f = [](int i) {
        support::counted result(i);
        if (i % 50 == 49) throw counted_failure{support::counted(i)};
        return result;
      };
      int failed = -1;
      try {
        amorsize::parallel_map(numbers(1'000), f,
                               {.n_jobs = width, .chunksize = chunksize, .on = &support::wide()});
      } catch (const counted_failure& e) {
        failed = e.what.value;
      }
      CHECK(failed == 49);
      CHECK(support::counted::alive == 0);
    }
  }
}

TEST_CASE("after a failed call the next one works, at the same place and with the same results") {
  for (const int width : {0, 1, 2, 3, 8}) {
    for (int repetition = 0; repetition < 6; ++repetition) {
      CAPTURE(width);
      const bool fails = repetition % 2 == 0;
      const auto f = [fails](int i) {
        if (fails && i == 100) throw item_failed{i};
        return i + 1;
      };
      try {
        const auto results = amorsize::parallel_map(numbers(300), f, support::at_width(width));
        CHECK_FALSE(fails);
        CHECK(results.back() == 300);
      } catch (const item_failed& e) {
        CHECK(fails);
        CHECK(e.item == 100);
      }
    }
  }
}

TEST_CASE("a known site that runs inline fails like any other") {
  amorsize::runtime fresh(amorsize::runtime_options{.max_n_jobs = 8});
  for (int repetition = 0; repetition < 8; ++repetition) {
    std::vector<int> runs(20);
    const bool fails = repetition >= 4;
    const int failed = failed_item(numbers(20),
                                   [&runs, fails](int i) {
                                     ++runs[count(i)];
                                     if (fails && i >= 7) throw item_failed{i};
                                   },
                                   {.max_n_jobs = 0, .on = &fresh});
    CHECK(failed == (fails ? 7 : -1));
    CHECK(std::count(runs.begin(), runs.end(), 1) == (fails ? 8 : 20));
  }
}

TEST_CASE("parallel_map_into leaves what was made before the failure, and the rest as it was") {
  for (const int width : widths) {
    CAPTURE(width);
    std::vector<int> out(500, -1);
    CHECK_THROWS_AS(amorsize::parallel_map_into(
                        numbers(500), out.begin(),
                        [](int i) {
                          if (i >= 250) throw item_failed{i};
                          return i;
                        },
                        support::at_width(width)),
                    item_failed);
    for (int i = 0; i < 500; ++i) CHECK(out[count(i)] == (i < 250 ? i : -1));
  }
}

TEST_CASE("the report of a call that fails is not touched") {
  amorsize::run_report report;
  report.items = 12'345;
  amorsize::batch_options options = support::at_width(3);
  options.report = &report;
  CHECK(failed_item(
            numbers(10), [](int i) { throw item_failed{i}; }, options) == 0);
  CHECK(report.items == 12'345);
}

TEST_CASE("an exception of any type passes untouched") {
  for (const int width : widths) {
    CAPTURE(width);
    amorsize::batch_options options = support::at_width(width);
    CHECK_THROWS_WITH_AS(amorsize::parallel_for_each(
                             numbers(9), [](int) { throw std::runtime_error("mine"); }, options),
                         "mine", std::runtime_error);
    CHECK_THROWS_AS(amorsize::parallel_for_each(
                        numbers(9), [](int i) { throw i; }, options),
                    int);
  }
}

}  // namespace
