#include "learn/trust.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace amorsize::detail;

namespace {

/// After predictions that claim so much, of which a part comes true, evenly.
reliability_table after(int predictions, double claimed, double right) {
  reliability_table table;
  double owed = 0;
  for (int i = 0; i < predictions; ++i) {
    owed += right;
    observe(table, claimed, owed >= 1);
    if (owed >= 1) owed -= 1;
  }
  return table;
}

}  // namespace

TEST_CASE("with nothing known a claim is what it claims, and seven in ten are enough") {
  for (const double c : {0.0, 0.3, 0.7, 1.0}) CHECK(calibrated({}, c) == c);
  CHECK(threshold({}) == doctest::Approx(0.70).epsilon(0.02));
}

TEST_CASE("a predictor that is wrong raises the threshold, whatever it claims") {
  for (const double claimed : {0.7, 0.8, 0.95}) {
    CAPTURE(claimed);
    double last = threshold({});
    for (const int wrong : {2, 5, 10, 40}) {
      const double now = threshold(after(wrong, claimed, 0));
      CHECK(now >= last);
      last = now;
    }
    CHECK(threshold(after(40, claimed, 0)) > threshold({}) + 0.1);
  }
  CHECK(threshold(after(40, 0.9, 0)) == doctest::Approx(most_threshold));
}

TEST_CASE("a predictor that is right lowers it, and no further than to the floor") {
  double last = threshold({});
  for (const int right : {2, 5, 10, 40, 400}) {
    const double now = threshold(after(right, 0.72, 1));
    CHECK(now <= last);
    last = now;
  }
  CHECK(last < 0.6);
  CHECK(last >= least_threshold);
}

TEST_CASE("a predictor that is as right as it claims leaves the threshold where it is") {
  reliability_table table;
  std::mt19937 random(3);
  std::uniform_real_distribution<double> part(0, 1);
  for (int i = 0; i < 5'000; ++i) {
    const double claimed = part(random);
    observe(table, claimed, part(random) < claimed);
  }
  CHECK(threshold(table) == doctest::Approx(threshold({})).epsilon(0.12));
}

TEST_CASE("what is right where it claims little does not excuse what is wrong where it is sure") {
  reliability_table table;
  for (int i = 0; i < 40; ++i) {
    observe(table, 0.55, true);
    observe(table, 0.95, false);
  }
  CHECK(threshold(table) == doctest::Approx(most_threshold));
  CHECK(calibrated(table, 0.55) > 0.7);
  CHECK(calibrated(table, 0.95) < 0.3);
}

TEST_CASE("what came true near a claim tells of it, and what is far off does not") {
  const reliability_table table = after(50, 0.75, 1);
  CHECK(calibrated(table, 0.75) > 0.95);
  CHECK(calibrated(table, 0.65) > 0.75);
  CHECK(calibrated(table, 0.1) == doctest::Approx(0.1).epsilon(0.01));
}

TEST_CASE("old predictions fade: trust that was lost is won back, and the other way round") {
  reliability_table table = after(1'000, 0.96, 0);
  CHECK(table.count() <= 101);
  CHECK(threshold(table) == doctest::Approx(most_threshold));
  for (int i = 0; i < 400; ++i) observe(table, 0.96, true);
  CHECK(threshold(table) < 0.8);
  for (int i = 0; i < 50; ++i) observe(table, 0.96, false);
  CHECK(threshold(table) == doctest::Approx(most_threshold));
}

TEST_CASE("the dearer a wrong prediction, the surer it has to be; the dearer a sample, the less") {
  const reliability_table table = after(20, 0.8, 0.8);
  CHECK(threshold(table, {0.06, 0.4}) > threshold(table, {0.06, 0.2}));
  CHECK(threshold(table, {0.08, 0.2}) < threshold(table, {0.06, 0.2}));
  CHECK(threshold(table, {0.3, 0.2}) == doctest::Approx(least_threshold).epsilon(0.03));
}

TEST_CASE("whatever came true, the threshold stays between its bounds") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> part(0, 1);
  reliability_table table;
  for (int i = 0; i < 3'000; ++i) {
    const bool good_times = i / 500 % 2 == 0;
    observe(table, part(random), part(random) < (good_times ? 1 : 0.1));
    const double now = threshold(table);
    REQUIRE(now >= least_threshold);
    REQUIRE(now <= most_threshold);
  }
}

TEST_CASE("what is no probability is not counted") {
  reliability_table table;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double odd : {-0.1, 1.1, infinity, std::nan("")}) observe(table, odd, true);
  CHECK(table.count() == 0);
  observe(table, 0, true);
  observe(table, 1, true);
  CHECK(table.deciles.front().count == doctest::Approx(0.99));
  CHECK(table.deciles.back().count == 1);
  CHECK(table.deciles.back().claimed == 1);
  CHECK(table.deciles.back().right == 1);
}

TEST_CASE("a chance is between nothing and one, whatever came true near it") {
  for (const double right : {0.0, 1.0}) {
    const reliability_table table = after(60, right == 0 ? 0.25 : 0.75, right);
    for (const double c : {0.0, 0.05, 0.5, 0.95, 1.0}) {
      CHECK(calibrated(table, c) >= 0);
      CHECK(calibrated(table, c) <= 1);
    }
  }
}
