#include "plan/wake_credit.hpp"

#include <doctest/doctest.h>

using amorsize::detail::ticks;
using amorsize::detail::wake_credit;

namespace {
constexpr double wake = 1'000;
constexpr double awake_for = 10'000;
}  // namespace

TEST_CASE("calls that follow closely pay for a wake once they have missed what it costs") {
  wake_credit credit;
  ticks now = 1'000'000;
  int calls = 0;
  while (!credit.pays(now, wake, awake_for)) {
    now += 500;
    credit.missed(now, 300, awake_for);
    REQUIRE(++calls < 100);
  }
  // The first one had no neighbour; the next four missed 1,200.
  CHECK(calls == 5);
}

TEST_CASE("calls far apart never pay for a wake, however much each of them missed") {
  wake_credit credit;
  ticks now = 1'000'000;
  for (int i = 0; i < 100; ++i) {
    now += 20'000;
    CHECK_FALSE(credit.pays(now, wake, awake_for));
    credit.missed(now, 1e9, awake_for);
  }
}

TEST_CASE("a pause takes back what close calls had missed") {
  wake_credit credit;
  ticks now = 1'000'000;
  for (int i = 0; i < 10; ++i) credit.missed(now += 500, 300, awake_for);
  CHECK(credit.pays(now + 500, wake, awake_for));
  CHECK_FALSE(credit.pays(now + 20'000, wake, awake_for));
  credit.missed(now + 20'000, 300, awake_for);
  CHECK_FALSE(credit.pays(now + 20'500, wake, awake_for));
}

TEST_CASE("a wake spends the credit") {
  wake_credit credit;
  ticks now = 1'000'000;
  for (int i = 0; i < 10; ++i) credit.missed(now += 500, 300, awake_for);
  credit.spend();
  CHECK_FALSE(credit.pays(now + 500, wake, awake_for));
}
