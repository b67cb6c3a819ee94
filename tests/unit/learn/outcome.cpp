#include "learn/outcome.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <random>
#include <vector>

using namespace amorsize::detail;

namespace {

outcome of(const std::vector<double>& readings) {
  outcome o;
  for (const double reading : readings) observe(o, reading, 0);
  return o;
}

double typical(const outcome& o) { return std::exp(o.mean); }

std::vector<double> noisy(double typical_ns, double spread, int count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, spread);
  std::vector<double> all;
  for (int i = 0; i < count; ++i) all.push_back(typical_ns * std::exp(noise(random)));
  return all;
}

}  // namespace

TEST_CASE("one slow reading among others moves the mean by little, wherever it comes") {
  for (const int before : {0, 1, 2, 3, 5, 20, 100}) {
    for (const double slow : {10.0, 1'000.0}) {
      CAPTURE(before);
      CAPTURE(slow);
      outcome o = of(noisy(100, 0.02, before, 3));
      observe(o, 100 * slow, 0);
      if (before == 0) observe(o, 100, 0);  // the first of all
      CHECK(typical(o) < 100 * (before >= 5 ? 1.1 : before > 0 ? 1.45 : 1.01));
      for (const double next : noisy(100, 0.02, 4, 4)) observe(o, next, 0);
      CHECK(typical(o) == doctest::Approx(100).epsilon(0.15));
    }
  }
}

TEST_CASE("one fast reading among others moves the mean by little, once there are some") {
  for (const int before : {5, 20, 100}) {
    outcome o = of(noisy(100, 0.02, before, 3));
    observe(o, 1, 0);
    CHECK(typical(o) > 90);
  }
}

TEST_CASE("a change that lasts is believed within some readings, however long the past") {
  for (const int before : {3, 10, 64, 10'000}) {
    for (const double factor : {0.1, 0.25, 0.5, 2.0, 4.0, 10.0}) {
      CAPTURE(before);
      CAPTURE(factor);
      outcome o = of(noisy(100, 0.03, before, 1));
      int readings = 0;
      for (const double next : noisy(100 * factor, 0.03, 60, 2)) {
        if (std::abs(std::log(typical(o) / (100 * factor))) < std::log(1.2)) break;
        observe(o, next, 0);
        ++readings;
      }
      CHECK(readings <= 20);
    }
  }
}

TEST_CASE("a small change that lasts is followed as old readings fade") {
  outcome o = of(noisy(100, 0.02, 1'000, 1));
  for (const double next : noisy(110, 0.02, 200, 2)) observe(o, next, 0);
  CHECK(typical(o) == doctest::Approx(110).epsilon(0.01));
}

TEST_CASE("while nothing surprises, mean and spread are those of the logarithms") {
  const std::vector<double> readings = noisy(50, 0.05, 40, 5);
  double sum = 0;
  double squares = 0;
  for (const double r : readings) sum += std::log(r);
  const double mean = sum / 40;
  for (const double r : readings) squares += (std::log(r) - mean) * (std::log(r) - mean);
  const outcome o = of(readings);
  CHECK(o.count == 40);
  CHECK(o.mean == doctest::Approx(mean));
  CHECK(o.squares == doctest::Approx(squares));
}

TEST_CASE("no more than 64 readings count, with the spread of all") {
  const outcome o = of(noisy(50, 0.1, 5'000, 6));
  CHECK(o.count == doctest::Approx(64));
  CHECK(std::sqrt(o.squares / 63) == doctest::Approx(0.1).epsilon(0.3));
}

TEST_CASE("what is no time is no reading") {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  outcome o = of({10, 10});
  const outcome before = o;
  for (const double reading : {0.0, -1.0, infinite, -infinite, nan}) observe(o, reading, 99);
  CHECK(o.count == before.count);
  CHECK(o.mean == before.mean);
  CHECK(o.last_seen == before.last_seen);
}

TEST_CASE("the last time seen never goes back") {
  outcome o;
  observe(o, 1, 100);
  observe(o, 1, 50);
  CHECK(o.last_seen == 100);
  outcome other;
  observe(other, 1, 200);
  add(o, other);
  CHECK(o.last_seen == 200);
}

TEST_CASE("two outcomes added up are that of all their readings, in either order") {
  const std::vector<double> readings = noisy(70, 0.1, 30, 7);
  const outcome whole = of(readings);
  for (const std::ptrdiff_t cut : {0, 1, 7, 15, 30}) {
    const outcome a = of({readings.begin(), readings.begin() + cut});
    const outcome b = of({readings.begin() + cut, readings.end()});
    outcome ab = a;
    add(ab, b);
    outcome ba = b;
    add(ba, a);
    for (const outcome& sum : {ab, ba}) {
      CHECK(sum.count == whole.count);
      CHECK(sum.mean == doctest::Approx(whole.mean));
      CHECK(sum.squares == doctest::Approx(whole.squares));
    }
  }
}

TEST_CASE("the error of a mean is that of many means of as many readings, or more") {
  for (const double spread : {0.05, 0.1, 0.3}) {
    for (const int count : {2, 4, 16, 60}) {
      double errors = 0;
      double claimed = 0;
      for (unsigned trial = 0; trial < 300; ++trial) {
        const outcome o = of(noisy(100, spread, count, 100 + trial));
        errors += std::pow(o.mean - std::log(100), 2) / 300;
        claimed += std::pow(log_error_of(o), 2) / 300;
      }
      CAPTURE(spread);
      CAPTURE(count);
      // Of few readings, the spread is mostly assumed.
      if (spread < 0.2 || count > 10) CHECK(std::sqrt(claimed) > 0.6 * std::sqrt(errors));
      CHECK(std::sqrt(claimed) < 2 * std::max(std::sqrt(errors), 0.05));
    }
  }
}

TEST_CASE("surprises make the mean less certain") {
  outcome o = of(noisy(100, 0.02, 20, 1));
  const double before = log_error_of(o);
  observe(o, 300, 0);
  CHECK(log_error_of(o) > 1.2 * before);
  observe(o, 300, 0);
  observe(o, 300, 0);
  CHECK(log_error_of(o) > 4 * before);
}
