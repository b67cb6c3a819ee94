#include "base/clock.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>

using namespace amorsize::detail;

TEST_CASE("ticks of one thread never go back") {
  tick_clock::calibrate();
  ticks last = tick_clock::now();
  bool goes_back = false;
  for (int i = 0; i < 100'000; ++i) {
    const ticks now = tick_clock::now();
    goes_back = goes_back || now < last;
    last = now;
  }
  CHECK_FALSE(goes_back);
}

TEST_CASE("ticks told in nanoseconds agree with the steady clock") {
  using std::chrono::steady_clock;
  tick_clock::calibrate();
  // A reading that was interrupted between its two clocks is off; one in eight is not.
  double nearest = 0;
  for (int attempt = 0; attempt < 8; ++attempt) {
    const auto start = steady_clock::now();
    const ticks first = tick_clock::now();
    auto end = start;
    while (end - start < std::chrono::milliseconds(2)) end = steady_clock::now();
    const ticks last = tick_clock::now();
    const double truth = std::chrono::duration<double, std::nano>(end - start).count();
    const double ratio = tick_clock::nanoseconds(static_cast<double>(last - first)) / truth;
    if (std::abs(ratio - 1) < std::abs(nearest - 1)) nearest = ratio;
  }
  CHECK(nearest == doctest::Approx(1).epsilon(0.02));
}

TEST_CASE("nanoseconds and ticks are each other's inverse") {
  tick_clock::calibrate();
  for (const double ns : {0.0, 1.0, 1e3, 1e9, 1e15}) {
    CHECK(tick_clock::nanoseconds(tick_clock::to_ticks(ns)) == doctest::Approx(ns));
  }
}
