/// Options that break a rule: refused at the door, with field, value and rule, before any user
/// code.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <list>

#include "message_of.hpp"
#include "ranges.hpp"
#include "widths.hpp"

namespace {

using support::message_of;

constexpr auto minus_one = static_cast<std::size_t>(-1);
constexpr const char* most = "9223372036854775807";

/// What every call says to these options; no code of the user may run on the way.
std::string refusal(const amorsize::batch_options& options) {
  int calls = 0;
  std::vector<int> out(3);
  const std::vector<int> items{1, 2, 3};
  const auto f = [&calls](int i) { return calls += i; };
  const auto make = [&calls] { return ++calls; };
  const auto use = [](int& state, int i) { return state += i; };
  const std::string why = message_of([&] { amorsize::parallel_map(items, f, options); });
  CHECK(message_of([&] { amorsize::parallel_for_each(items, f, options); }) == why);
  CHECK(message_of([&] { amorsize::parallel_map_into(items, out.begin(), f, options); }) == why);
  CHECK(message_of([&] { amorsize::optimize(items, f, options); }) == why);
  CHECK(message_of([&] {
          amorsize::parallel_for_each(items, amorsize::per_worker(make, use), options);
        }) == why);
  CHECK(message_of([&] { amorsize::parallel_map(std::vector<int>{}, f, options); }) == why);
  using range = support::failing_range<std::forward_iterator_tag>;
  CHECK(message_of([&] {
          amorsize::parallel_for_each(range{3, range::iterator::at::step, 0}, f, options);
        }) == why);
  CHECK(calls == 0);
  return why;
}

std::string plan_refusal(const amorsize::batch_plan& plan) { return refusal({.plan = plan}); }

TEST_CASE("negative numbers of jobs are refused") {
  CHECK(refusal({.n_jobs = -2}) == "n_jobs is -2, must be 0 (automatic) or more");
  CHECK(refusal({.max_n_jobs = -1}) == "max_n_jobs is -1, must be 0 (automatic) or more");
  CHECK(refusal({.n_jobs = std::numeric_limits<int>::min()}) ==
        "n_jobs is -2147483648, must be 0 (automatic) or more");
}

TEST_CASE("a chunksize that was negative before it became unsigned is refused") {
  CHECK(refusal({.chunksize = minus_one}) ==
        "chunksize is 18446744073709551615, must be 0 to " + std::string(most));
}

TEST_CASE("a learning that is none of them is refused, with and without other options") {
  const auto seven = static_cast<amorsize::learning>(7);
  CHECK(refusal({.n_jobs = 2, .learn = seven}) == "learn is 7, must be on, frozen or off");
  CHECK(refusal({.learn = seven}) == "learn is 7, must be on, frozen or off");
  CHECK(refusal({.learn = static_cast<amorsize::learning>(-1)}) ==
        "learn is -1, must be on, frozen or off");
}

TEST_CASE("a plan whose numbers cannot be followed is refused") {
  CHECK(plan_refusal({.n_jobs = 0}) == "plan.n_jobs is 0, must be 1 or more");
  CHECK(plan_refusal({.n_jobs = -3}) == "plan.n_jobs is -3, must be 1 or more");
  CHECK(plan_refusal({.chunksize = 0}) == "plan.chunksize is 0, must be 1 to " + std::string(most));
  CHECK(plan_refusal({.chunksize = minus_one}) ==
        "plan.chunksize is 18446744073709551615, must be 1 to " + std::string(most));
  CHECK(plan_refusal({.min_chunksize = minus_one}) ==
        "plan.min_chunksize is 18446744073709551615, must be 0 to " + std::string(most));
  CHECK(plan_refusal({.max_chunksize = minus_one}) ==
        "plan.max_chunksize is 18446744073709551615, must be 0 to " + std::string(most));
  CHECK(plan_refusal({.min_chunksize = 9, .max_chunksize = 4}) ==
        "plan.min_chunksize is 9, must be at most plan.max_chunksize, which is 4");
}

TEST_CASE("a plan whose expectations are impossible is refused") {
  using amorsize::duration;
  using support::contains;
  const double nan = std::nan("");
  CHECK(contains(plan_refusal({.source = static_cast<amorsize::plan_source>(9)}),
                 "plan.source is 9"));
  CHECK(contains(plan_refusal({.confidence = 1.5}), "plan.confidence is 1.5"));
  CHECK(contains(plan_refusal({.confidence = nan}), "plan.confidence is "));
  CHECK(contains(plan_refusal({.estimated_item_time = duration(-1)}),
                 "plan.estimated_item_time is "));
  CHECK(contains(plan_refusal({.coefficient_of_variation = -1}),
                 "plan.coefficient_of_variation is "));
  CHECK(contains(plan_refusal({.expected_serial = duration(-1)}), "plan.expected_serial is "));
  CHECK(contains(plan_refusal({.expected_parallel = duration(nan)}), "plan.expected_parallel is "));
}

TEST_CASE("invalid_option is an amorsize::error, and the next call works") {
  const std::vector<int> items{1, 2};
  const auto f = [](int i) { return i; };
  CHECK_THROWS_AS(amorsize::parallel_map(items, f, {.n_jobs = -1}), amorsize::error);
  CHECK(amorsize::parallel_map(items, f, support::at_width(2)) == items);
}

TEST_CASE("the largest numbers that are allowed are obeyed") {
  constexpr auto largest = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  for (const int width : support::widths) {
    for (const std::size_t chunksize : {largest, largest / 2 + 1, largest / 4 + 1}) {
      CAPTURE(width);
      CAPTURE(chunksize);
      for (int repetition = 0; repetition < 50; ++repetition) {
        std::atomic<int> calls{0};
        amorsize::parallel_for_each(
            std::vector<int>(20), [&calls](int) { ++calls; },
            {.n_jobs = width, .chunksize = chunksize, .on = &support::wide()});
        CHECK(calls == 20);
      }
    }
  }
  CHECK(amorsize::parallel_map(std::vector<int>{4}, [](int i) { return i; },
                               {.n_jobs = std::numeric_limits<int>::max(),
                                .max_n_jobs = std::numeric_limits<int>::max()}) ==
        std::vector<int>{4});
}

}  // namespace
