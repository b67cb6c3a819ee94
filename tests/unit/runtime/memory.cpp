#include "runtime/memory.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "learn/record.hpp"

using namespace amorsize::detail;
using amorsize::duration;

namespace {

measurement call_of(std::size_t items, double wall_ns, int n_jobs) {
  measurement one;
  one.work.items = items;
  one.work.estimated_item_time = duration(1'000);
  one.wall = duration(wall_ns);
  one.outcomes.add({{.n_jobs = n_jobs}, one.wall / static_cast<double>(items)});
  return one;
}

}  // namespace

TEST_CASE("work that took no time in all is not for the store until it did") {
  memory of(1, "name tiny");
  of.observe(call_of(1'000, 3e4, 1));
  CHECK(of.take_unsaved().empty());
  for (int i = 0; i < 40; ++i) of.observe(call_of(1'000, 3e4, 1));
  const auto taken = of.take_unsaved();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].calls == 41);
  CHECK(taken[0].outcomes.empty());
}

TEST_CASE("a call that is an outcome is for the store, once, unless it is given back") {
  memory of(1, "name long");
  of.observe(call_of(1'000, 2e5, 2));
  CHECK(of.is_dirty());
  const auto taken = of.take_unsaved();
  REQUIRE(taken.size() == 1);
  REQUIRE(taken[0].outcomes.size() == 1);
  CHECK(taken[0].outcomes[0].by.n_jobs == 2);
  CHECK(std::exp(taken[0].outcomes[0].mean) == doctest::Approx(200));
  CHECK_FALSE(of.is_dirty());
  CHECK(of.take_unsaved().empty());
  of.give_back(taken);
  CHECK(of.is_dirty());
  CHECK(of.take_unsaved().size() == 1);
}

TEST_CASE(
    "what was measured is recalled for up to four times as many items or as few, no farther") {
  memory of(1, "name sizes");
  for (int i = 0; i < 3; ++i) of.observe(call_of(1'000, 2e5, 2));
  for (const std::size_t items : {250U, 1'000U, 4'000U}) {
    const auto found = of.recall(items);
    REQUIRE(found.has_value());
    CHECK(found->items == 1'000);
    CHECK(found->widths.of(2) != nullptr);
  }
  CHECK_FALSE(of.recall(249).has_value());
  CHECK_FALSE(of.recall(4'001).has_value());
}

TEST_CASE("the serial time is that of calls on one thread, of this size") {
  memory of(1, "name serial");
  of.observe(call_of(1'000, 2e5, 2));
  CHECK(of.serial_item_ns(1'000) == 0);
  of.observe(call_of(1'000, 4e5, 1));
  CHECK(of.serial_item_ns(1'000) == doctest::Approx(400));
  CHECK(of.serial_item_ns(4'000) == 0);
}
