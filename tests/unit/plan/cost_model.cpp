#include "plan/cost_model.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "plan/chunking.hpp"

using namespace amorsize::detail;
using amorsize::duration;
using amorsize::workload;

namespace {

constexpr sharing_costs typical{300, 900, 500, 80};
constexpr sharing_costs cold{13'000, 60'000, 500, 80};

workload work_of(std::size_t items, double item_ns, double spread = 0) {
  workload work;
  work.items = items;
  work.estimated_item_time = duration(item_ns);
  work.coefficient_of_variation = spread;
  return work;
}

double expected(const workload& work, int n, const sharing_costs& costs, const capacity& machine) {
  return expected_time(work, n, usual_chunk(work, n, costs), costs, machine);
}

}  // namespace

TEST_CASE("work worth less than sharing it costs stays with one thread, whatever the machine") {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> magnitude(0, 6);
  for (int trial = 0; trial < 2'000; ++trial) {
    const auto draw = [&] { return std::pow(10.0, magnitude(random)); };
    const sharing_costs costs{draw(), draw(), draw(), 1 + draw() / 1'000};
    const auto items = static_cast<std::size_t>(draw()) + 1;
    const double serial = worth_sharing(costs) * 0.5;
    const workload work = work_of(items, serial / static_cast<double>(items));
    REQUIRE(best_workers(work, 0, costs, {2, 2}) == 1);
  }
}

TEST_CASE("one thread is expected to take what a plain loop takes: items times their time") {
  CHECK(expected_time(work_of(1'000, 7), 1, 1, cold, {8, 8}) == doctest::Approx(7'000));
  CHECK(expected_time(work_of(0, 7), 1, 1, cold, {8, 8}) == 0);
}

TEST_CASE("more items, dearer items and dearer sharing are each expected to take longer") {
  const capacity machine{8, 8};
  for (const int n : {2, 3, 8}) {
    const double base = expected_time(work_of(10'000, 100, 0.5), n, 50, typical, machine);
    CHECK(expected_time(work_of(20'000, 100, 0.5), n, 50, typical, machine) > base);
    CHECK(expected_time(work_of(10'000, 200, 0.5), n, 50, typical, machine) > base);
    CHECK(expected_time(work_of(10'000, 100, 50), n, 50, typical, machine) > base);
    for (double sharing_costs::*part : {&sharing_costs::start, &sharing_costs::arrive,
                                        &sharing_costs::join, &sharing_costs::claim}) {
      sharing_costs dearer = typical;
      dearer.*part *= 2;
      CHECK(expected_time(work_of(10'000, 100, 0.5), n, 50, dearer, machine) > base);
    }
    CHECK(expected_time(work_of(10'000, 100, 0.5), n, 25, typical, machine) > base);
  }
}

TEST_CASE("workers that take all items in one chunk are expected to be no faster than a loop") {
  const workload work = work_of(1'000, 1e6);
  CHECK(expected_time(work, 4, 1'000, typical, {4, 4}) >=
        expected_time(work, 1, 1, typical, {4, 4}));
}

TEST_CASE("ties go to fewer threads") {
  // Four siblings of two cores: from two workers on, each adds a fraction of a core.
  const workload large = work_of(1'000'000, 1'000);
  CHECK(best_workers(large, 0, typical, {4, 4}) == 4);
  for (const int n : {2, 4, 8}) {
    const sharing_costs free{};
    const capacity one_core{n, 1};
    const double serial = expected_time(large, 1, 1, free, one_core);
    const double shared = expected(large, n, free, one_core);
    // Where sharing gains less than 3 %, nobody is called.
    CHECK((best_workers(large, 0, free, one_core) == 1) == (shared > 0.97 * serial));
  }
  // Costs that leave a gain of 1 % only.
  const workload work = work_of(1'000'000, 1'000);
  const double half = expected_time(work, 1, 1, {}, {2, 2}) / 2;
  const sharing_costs nearly_all{0, 0, half * 0.98, 0};
  CHECK(expected(work, 2, nearly_all, {2, 2}) < expected_time(work, 1, 1, nearly_all, {2, 2}));
  CHECK(best_workers(work, 0, nearly_all, {2, 2}) == 1);
}

TEST_CASE("no more workers than items, than the machine has, than one where there is nothing") {
  const capacity machine{64, 64};
  for (const std::size_t items : {0U, 1U, 2U, 3U, 5U, 63U, 64U, 1'000U}) {
    CAPTURE(items);
    const int n = best_workers(work_of(items, 1e9), 0, typical, machine);
    CHECK(n >= 1);
    CHECK(n <= 64);
    CHECK(static_cast<std::size_t>(n) <= std::max<std::size_t>(items, 1));
    if (items >= 2) CHECK(n == static_cast<int>(std::min<std::size_t>(items, 64)));
  }
}

TEST_CASE("the best number of workers beats every other one that is tried, within 3 %") {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> magnitude(0, 5);
  for (int trial = 0; trial < 500; ++trial) {
    const workload work = work_of(static_cast<std::size_t>(std::pow(10, magnitude(random))) + 2,
                                  std::pow(10, magnitude(random)));
    const capacity machine{1 + static_cast<int>(random() % 128),
                           1 + static_cast<int>(random() % 64)};
    const int best = best_workers(work, 0, cold, machine);
    const double time = expected(work, best, cold, machine);
    for (int n = 1; n <= machine.workers && static_cast<std::size_t>(n) <= work.items; n *= 2) {
      REQUIRE(0.96 * time <= expected(work, n, cold, machine));
    }
  }
}

TEST_CASE("work is worth sharing from where two workers take as long as one, less the tie") {
  for (const sharing_costs& costs : {typical, cold, sharing_costs{1, 1, 1, 1}}) {
    const double serial = worth_sharing(costs);
    // T(2), its claims and its tail as one shortest chunk.
    const double two =
        (costs.start + costs.arrive + serial + shortest_chunk(costs.claim)) / 2 + costs.join;
    CHECK(two == doctest::Approx(0.97 * serial));
    const auto items = static_cast<std::size_t>(10'000);
    CHECK(best_workers(work_of(items, 0.7 * serial / 10'000), 0, costs, {2, 2}) == 1);
    CHECK(best_workers(work_of(items, 1.3 * serial / 10'000), 0, costs, {2, 2}) == 2);
  }
}

TEST_CASE("a core's second thread adds part of a core, a whole core adds one") {
  const capacity siblings{8, 4};
  for (int n = 1; n <= 4; ++n) CHECK(effective_workers(n, siblings) == doctest::Approx(n));
  for (int n = 5; n <= 8; ++n) {
    const double added = effective_workers(n, siblings) - effective_workers(n - 1, siblings);
    CHECK(added > 0.1);
    CHECK(added < 0.5);
  }
}

TEST_CASE("confidence is how often a plan is within 10 % of the best when expectations err") {
  std::mt19937 random(9);
  for (const double ratio : {0.8, 0.95, 1.0, 1.1, 1.5}) {
    for (const double log_error : {0.05, 0.15, 0.5}) {
      std::normal_distribution<double> error(0, log_error);
      int within = 0;
      constexpr int trials = 20'000;
      for (int i = 0; i < trials; ++i) {
        // The chosen plan takes 1; the other is expected to take `ratio`, and is off by a factor.
        if (1 <= 1.1 * ratio * std::exp(error(random))) ++within;
      }
      CHECK(confidence_of(1, ratio, log_error) ==
            doctest::Approx(static_cast<double>(within) / trials).epsilon(0.02));
    }
  }
}

TEST_CASE("confidence is a probability, falls with doubt about a clear choice, and needs facts") {
  for (const double other : {1e-9, 0.5, 1.0, 1.2, 1e9}) {
    for (const double log_error : {1e-9, 0.1, 1.0, 1e9}) {
      const double c = confidence_of(1, other, log_error);
      CHECK(c >= 0);
      CHECK(c <= 1);
    }
  }
  CHECK(confidence_of(1, 2, 0.1) > confidence_of(1, 2, 0.5));
  CHECK(confidence_of(1, 2, 0.1) > confidence_of(1, 1.1, 0.1));
  CHECK(confidence_of(0, 1, 0.1) == 0);
  CHECK(confidence_of(1, 0, 0.1) == 0);
  CHECK(confidence_of(1, 1, 0) == 0);
}

TEST_CASE("a core of a slower kind adds less than a fast one, and more than a sibling") {
  const capacity hybrid{16, 12, 16, 8};  // 4 fast cores with siblings, 8 slow ones
  const auto added = [&](int n) {
    return effective_workers(n, hybrid) - effective_workers(n - 1, hybrid);
  };
  for (int n = 2; n <= 4; ++n) CHECK(added(n) == doctest::Approx(1));
  for (int n = 5; n <= 12; ++n) {
    CHECK(added(n) < 0.9);
    CHECK(added(n) > added(13));
  }
  CHECK(added(16) > 0);
}

TEST_CASE("threads beyond the hardware's add nothing, where it is known how many it has") {
  const capacity four_of_two{32, 2, 4};
  CHECK(effective_workers(3, four_of_two) < effective_workers(4, four_of_two));
  CHECK(effective_workers(4, four_of_two) == effective_workers(32, four_of_two));
  const capacity unknown{32, 2};
  CHECK(effective_workers(4, unknown) < effective_workers(32, unknown));
}

TEST_CASE("the last chunk is waited for by all workers but the one that has it") {
  const auto waited = [](int n) {
    const workload work = work_of(1'000, 100);
    return expected_time(work, n, 1, {}, {n, n}) - 1'000 * 100.0 / n;
  };
  CHECK(waited(2) > 0);
  CHECK(waited(4) == doctest::Approx(1.5 * waited(2)));
}

TEST_CASE("where a pinned chunk leaves two of them, two workers are the most that are called") {
  const workload work = work_of(1'000, 1e5);
  const capacity machine{8, 8};
  CHECK(best_workers(work, 0, typical, machine) == 8);
  CHECK(best_workers(work, 500, typical, machine) == 2);
  CHECK(best_workers(work, 1'000, typical, machine) == 1);
}
