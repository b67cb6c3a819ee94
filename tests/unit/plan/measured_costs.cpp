#include "plan/measured_costs.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <thread>
#include <vector>

using namespace amorsize::detail;

TEST_CASE("one absurd reading moves a cost by less than half, whichever way") {
  for (const double absurd : {0.0, 1e-9, 1e12, 1e300}) {
    CAPTURE(absurd);
    measured_costs costs;
    const sharing_costs before = costs.now(false);
    costs.observe_start(false, absurd);
    costs.observe_arrive(false, absurd);
    costs.observe_join(absurd);
    costs.observe_claim(absurd);
    const sharing_costs after = costs.now(false);
    for (const double ratio : {after.start / before.start, after.arrive / before.arrive,
                               after.join / before.join, after.claim / before.claim}) {
      CHECK(ratio < 1.5);
      CHECK(ratio > 0.5);
    }
  }
}

TEST_CASE("costs follow what is measured, from far above and far below") {
  for (const double truth : {10.0, 200.0, 1'000.0}) {
    CAPTURE(truth);
    measured_costs costs;
    for (int i = 0; i < 100; ++i) {
      costs.observe_arrive(true, truth);
      costs.observe_claim(truth);
    }
    CHECK(costs.now(true).arrive == doctest::Approx(truth).epsilon(0.01));
    CHECK(costs.now(true).claim == doctest::Approx(truth).epsilon(0.01));
  }
}

TEST_CASE("costs stay within sixteen times the typical, however long the trouble lasts") {
  measured_costs costs;
  const double typical = costs.now(true).arrive;
  for (int i = 0; i < 1'000; ++i) costs.observe_arrive(true, 1e9);
  CHECK(costs.now(true).arrive == doctest::Approx(16 * typical));
}

TEST_CASE("costs that keep work from being shared go back to the typical, and no further") {
  measured_costs costs;
  const sharing_costs typical = costs.now(true);
  for (int i = 0; i < 100; ++i) costs.observe_arrive(true, 1e9);
  for (int i = 0; i < 5'000; ++i) costs.doubt(true);
  CHECK(costs.now(true).arrive == doctest::Approx(typical.arrive).epsilon(0.01));
  for (int i = 0; i < 100; ++i) costs.observe_arrive(true, typical.arrive / 10);
  const double measured = costs.now(true).arrive;
  costs.doubt(true);
  CHECK(costs.now(true).arrive == measured);
}

TEST_CASE("scattered readings are followed by their median, with one disturbed in four") {
  std::mt19937 random(3);
  std::lognormal_distribution<double> reading(std::log(1'000.0), 0.2);
  measured_costs costs;
  for (int i = 0; i < 2'000; ++i) costs.observe_join(i % 4 == 0 ? 4e6 : reading(random));
  CHECK(costs.now(true).join > 800);
  CHECK(costs.now(true).join < 1'600);
}

TEST_CASE("a helper that is awake and one that sleeps are measured apart, the rest together") {
  measured_costs costs;
  const sharing_costs asleep = costs.now(false);
  CHECK(costs.now(true).arrive < asleep.arrive);
  costs.observe_start(true, 500);
  costs.observe_arrive(true, 5'000);
  CHECK(costs.now(false).start == asleep.start);
  CHECK(costs.now(false).arrive == asleep.arrive);
  costs.observe_join(900);
  CHECK(costs.now(false).join == costs.now(true).join);
}

TEST_CASE("threads may observe and read at once, and read values that were there") {
  measured_costs costs;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&costs] {
      for (int i = 0; i < 10'000; ++i) costs.observe_claim(200);
    });
  }
  bool in_range = true;
  for (int i = 0; i < 10'000; ++i) {
    const double seen = costs.now(true).claim;
    in_range = in_range && seen >= 80 && seen <= 200.001;
  }
  for (std::thread& t : threads) t.join();
  CHECK(in_range);
  CHECK(costs.now(true).claim == doctest::Approx(200).epsilon(0.01));
}

TEST_CASE("what earlier processes measured is where this one begins, where it can be true") {
  measured_costs costs;
  const sharing_costs typical = costs.now(false);
  costs.assume({400, 2'000, 700, 0}, {1e12, 0, 700, 0});
  CHECK(costs.now(true).start == 400);
  CHECK(costs.now(true).arrive == 2'000);
  CHECK(costs.now(true).join == 700);
  CHECK(costs.now(true).claim == typical.claim);
  // Far beyond what a machine can take is no measurement.
  CHECK(costs.now(false).start <= 16 * typical.start);
  CHECK(costs.now(false).arrive == typical.arrive);
}
