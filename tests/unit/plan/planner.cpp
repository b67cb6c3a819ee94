#include "plan/planner.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "machine/topology.hpp"

using namespace amorsize::detail;
using amorsize::batch_plan;
using amorsize::duration;
using amorsize::plan_source;

namespace {

planning_input known(std::size_t items, double item_ns, capacity machine) {
  planning_input in;
  in.work.items = items;
  in.work.estimated_item_time = duration(item_ns);
  in.source = plan_source::sampled;
  in.log_error = 0.25;
  in.machine = machine;
  in.costs = {300, 900, 500, 80};
  return in;
}

double chance(const planning_input& in) { return confidence(in, choose(in)); }

}  // namespace

TEST_CASE("what the user pinned is the plan, whatever is known") {
  planning_input in = known(1'000, 1, {8, 8});
  in.by_user = {3, 17};
  const batch_plan plan = choose(in);
  CHECK(plan.n_jobs == 3);
  CHECK(plan.chunksize == 17);
  CHECK(plan.min_chunksize == 17);
  CHECK(plan.max_chunksize == 17);
  CHECK_FALSE(plan.adaptive_chunking);
  CHECK(plan.source == plan_source::requested);
}

TEST_CASE("a pinned number of threads is kept up to what the machine allows") {
  for (const int asked : {1, 2, 8, 9, 4'000}) {
    for (const double item_ns : {0.0, 1.0, 1e6}) {
      planning_input in = known(1'000, item_ns, {8, 8});
      in.by_user.n_jobs = asked;
      CHECK(choose(in).n_jobs == std::min(asked, 8));
    }
  }
}

TEST_CASE("a pinned chunk leaves the number of threads to be chosen, from the source it is") {
  planning_input in = known(10'000, 1e4, {4, 4});
  in.by_user.chunksize = 5;
  const batch_plan plan = choose(in);
  CHECK(plan.n_jobs == 4);
  CHECK(plan.chunksize == 5);
  CHECK(plan.source == plan_source::sampled);
}

TEST_CASE("unknown work gets all that may be used and has items for, an item at a time") {
  planning_input in = known(100, 0, {8, 8});
  in.source = plan_source::fallback;
  const batch_plan plan = choose(in);
  CHECK(plan.n_jobs == 8);
  CHECK(plan.chunksize == 1);
  CHECK(chance(in) == 0);
  CHECK(plan.source == plan_source::fallback);
  CHECK(plan.expected_serial.count() == 0);
  in.work.items = 3;
  CHECK(choose(in).n_jobs == 3);
  in.work.items = 0;
  CHECK(choose(in).n_jobs == 1);
}

TEST_CASE("tiny work is a plain loop in one chunk, and expected to take what a loop takes") {
  const batch_plan plan = choose(known(100, 5, {8, 8}));
  CHECK(plan.n_jobs == 1);
  CHECK(plan.chunksize == 100);
  CHECK(plan.expected_serial.count() == doctest::Approx(500));
  CHECK(plan.expected_parallel.count() == doctest::Approx(500));
  CHECK(chance(known(100, 5, {8, 8})) > 0.95);
}

TEST_CASE("large work is shared between all, in chunks that are a small part of a share") {
  const batch_plan plan = choose(known(100'000, 1'000, {8, 8}));
  CHECK(plan.n_jobs == 8);
  CHECK(plan.chunksize >= 1);
  CHECK(plan.chunksize <= 100'000 / 8 / 8);
  CHECK(plan.expected_parallel < plan.expected_serial / 7);
  CHECK(plan.adaptive_chunking);
}

TEST_CASE("a plan is sure of itself far from the break-even, and in doubt near to it") {
  const capacity two{2, 2};
  const double even = worth_sharing({300, 900, 500, 80});
  const double tiny = chance(known(1'000, even / 1e5, two));
  const double near = chance(known(1'000, even / 1e3, two));
  const double large = chance(known(1'000, even, two));
  CHECK(near < tiny);
  CHECK(near < large);
  CHECK(near > 0.4);
  CHECK(large > 0.9);
}

TEST_CASE("where there is nothing else to choose, there is no doubt") {
  CHECK(chance(known(1'000, 1e6, {1, 1})) == 1);
}

TEST_CASE("what is known of the work is in the plan") {
  planning_input in = known(1'000, 250, {2, 2});
  in.work.coefficient_of_variation = 0.75;
  in.work.result_bytes = 24;
  in.source = plan_source::predicted;
  const batch_plan plan = choose(in);
  CHECK(plan.estimated_item_time.count() == 250);
  CHECK(plan.coefficient_of_variation == 0.75);
  CHECK(plan.result_bytes == 24);
  CHECK(plan.source == plan_source::predicted);
  CHECK(plan.expected_serial.count() == doctest::Approx(250'000));
}

TEST_CASE("on machines from a laptop to two sockets, no plan exceeds what is usable") {
  for (const char* synthetic :
       {"package:1 core:2 pu:1", "package:1 core:4 pu:2", "package:2 numa:1 core:32 pu:2"}) {
    CAPTURE(std::string(synthetic));
    const auto made = synthetic_machine(synthetic);
    REQUIRE(made.has_value());
    const capacity machine{made->usable_processors, made->usable_cores};
    for (double item_ns = 1; item_ns < 1e8; item_ns *= 10) {
      for (std::size_t items = 1; items <= 1'000'000; items *= 10) {
        const batch_plan plan = choose(known(items, item_ns, machine));
        REQUIRE(plan.n_jobs >= 1);
        REQUIRE(plan.n_jobs <= machine.workers);
        REQUIRE(static_cast<std::size_t>(plan.n_jobs) <= items);
        REQUIRE(plan.chunksize >= 1);
        REQUIRE(plan.chunksize <= items);
        const double sure = chance(known(items, item_ns, machine));
        REQUIRE(sure >= 0);
        REQUIRE(sure <= 1);
      }
    }
    CHECK(choose(known(1'000'000, 1e5, machine)).n_jobs == machine.workers);
  }
}

namespace {

/// Calls of 1,000 items that took so long with each number of threads, each measured 10 times.
planning_input measured(std::initializer_list<std::pair<int, double>> widths, capacity machine) {
  planning_input in = known(1'000, 1e5, machine);
  in.source = plan_source::predicted;
  in.measured.similarity = 1;
  for (const auto& [n, ns] : widths) in.measured.add({n, 0, std::log(ns / 1'000), 0.03, 10});
  return in;
}

}  // namespace

TEST_CASE(
    "what was measured wins over what the cost model expects, and swapped it swaps the plan") {
  // 100 ms of work: the model would take all eight.
  CHECK(choose(measured({{1, 100e6}, {2, 60e6}, {4, 40e6}, {8, 20e6}}, {8, 8})).n_jobs == 8);
  CHECK(choose(measured({{1, 20e6}, {2, 40e6}, {4, 60e6}, {8, 100e6}}, {8, 8})).n_jobs == 1);
  CHECK(choose(measured({{1, 100e6}, {2, 20e6}, {4, 60e6}, {8, 90e6}}, {8, 8})).n_jobs == 2);
}

TEST_CASE("a number of threads off the ladder is chosen where it was measured to be best") {
  CHECK(choose(measured({{1, 100e6}, {2, 90e6}, {3, 10e6}, {4, 90e6}, {8, 95e6}}, {8, 8})).n_jobs ==
        3);
}

TEST_CASE("what was measured with more threads than may be used now is not chosen") {
  for (const int most : {1, 2, 3, 4, 7}) {
    const batch_plan plan =
        choose(measured({{1, 100e6}, {2, 60e6}, {8, 5e6}, {64, 1e6}}, {most, most}));
    CHECK(plan.n_jobs <= most);
  }
}

TEST_CASE("a plan from measurements expects what was measured and tells on how many calls") {
  const planning_input in = measured({{1, 100e6}, {2, 55e6}}, {2, 2});
  const batch_plan plan = choose(in);
  CHECK(plan.n_jobs == 2);
  CHECK(plan.measurements == 20);
  CHECK(plan.similarity == 1);
  CHECK(plan.source == plan_source::predicted);
  CHECK(plan.expected_serial.count() == doctest::Approx(100e6));
  CHECK(plan.expected_parallel.count() == doctest::Approx(55e6));
  // Of twice as many items, twice as much.
  planning_input twice = in;
  twice.work.items = 2'000;
  CHECK(choose(twice).expected_parallel.count() == doctest::Approx(110e6));
}

TEST_CASE("measured outcomes that are far apart leave no doubt, and close ones do") {
  const auto chance_of = [](double serial, double shared) {
    planning_input in = measured({{1, serial}, {2, shared}}, {2, 2});
    in.by_user.chunksize = 10;  // other chunks, that nobody has tried, are always in doubt
    return chance(in);
  };
  const double far = chance_of(100e6, 30e6);
  const double close = chance_of(33e6, 30e6);
  CHECK(far > 0.99);
  CHECK(close > 0.5);
  CHECK(close < far);
}

TEST_CASE("what the user pinned wins over what was measured") {
  planning_input in = measured({{1, 20e6}, {2, 60e6}}, {2, 2});
  in.by_user.n_jobs = 2;
  CHECK(choose(in).n_jobs == 2);
  CHECK(choose(in).source == plan_source::requested);
}

TEST_CASE("what was chosen already is the plan, within what may be used now") {
  planning_input in = measured({{1, 100e6}, {2, 55e6}}, {2, 2});
  in.chosen = proposal{};
  CHECK(choose(in).n_jobs == 1);
  CHECK(choose(in).expected_parallel.count() == doctest::Approx(100e6));
  in.chosen = proposal{.by = {.n_jobs = 8, .chunk_rung = 2}};
  CHECK(configure(in) == configuration{.n_jobs = 2, .chunk_rung = 2});
  in.by_user.n_jobs = 1;
  CHECK(choose(in).n_jobs == 1);
}

TEST_CASE("a duration of chunks that was measured to be best is the plan's") {
  planning_input in = measured({{1, 100e6}, {2, 70e6}}, {2, 2});
  in.measured.add({2, 4, std::log(52e6 / 1'000), 0.03, 10});
  const configuration by = configure(in);
  CHECK(by == configuration{.n_jobs = 2, .chunk_rung = 4});
  CHECK(choose(in).expected_parallel.count() == doctest::Approx(52e6));
  CHECK(choose(in).adaptive_chunking);
  CHECK(chunk_of(in, by) == 5);  // of 0.1 ms, in 512 us
  // By the user's chunk, there is no ladder.
  in.by_user.chunksize = 7;
  CHECK(configure(in).chunk_rung == 0);
}

TEST_CASE("of durations that are the same number of items, one is offered") {
  planning_input in = measured({{1, 100e6}, {2, 51e6}}, {2, 2});
  // Items of 0.1 ms: 8, 32 and 128 us are one of them.
  for (const int rung : {1, 4, 5}) in.measured.add({2, rung, std::log(51e3), 0.03, 10});
  for (const int rung : {2, 3}) in.measured.add({2, rung, std::log(10e3), 0.03, 10});
  CHECK(configure(in).chunk_rung != 2);
  CHECK(configure(in).chunk_rung != 3);
}

TEST_CASE("chunks that would leave a worker less than eight are not offered") {
  planning_input in = measured({{1, 1.2e6}, {2, 0.61e6}}, {2, 2});
  in.work.estimated_item_time = duration(1.2e3);
  // 0.6 ms a worker: 128 us and more are too long.
  in.measured.add({2, 1, std::log(630), 0.03, 10});
  in.measured.add({2, 2, std::log(620), 0.03, 10});
  for (const int rung : {3, 4, 5}) in.measured.add({2, rung, std::log(100), 0.03, 10});
  CHECK(configure(in).chunk_rung == 0);
  in.measured.add({2, 2, std::log(100), 0.03, 10});
  CHECK(configure(in).chunk_rung == 2);
}

TEST_CASE("widths that were tried between the powers of two leave room for all others") {
  planning_input in = measured({{1, 640e6}}, {64, 64});
  in.work.items = 64'000;
  in.work.estimated_item_time = duration(1e4);
  for (const int n : {3, 5, 6, 7, 9, 11, 13, 23, 45}) {
    in.measured.add({n, 0, std::log(1.1e4 / n), 0.1, 1});
  }
  in.measured.add({64, 0, std::log(1e4 / 64), 0.02, 20});
  CHECK(configure(in).n_jobs == 64);
}

TEST_CASE("nothing is tried on an empty purse, and what is tried is told from what is best") {
  planning_input in = measured({{1, 100e6}}, {8, 8});
  const proposal poor = propose(in, {duration(-1), 10});
  CHECK_FALSE(poor.is_trial);
  CHECK(poor.by == configure(in));
  CHECK(poor.best.count() > 0);
  const proposal rich = propose(in, {duration(1e9), 10});
  CHECK(rich.is_trial);
  CHECK_FALSE(rich.by == configure(in));
  CHECK(rich.best.count() == doctest::Approx(poor.best.count()));
}

TEST_CASE("the less certain what was measured is, the less sure is a plan by it") {
  const auto chance_of = [](double log_error) {
    planning_input in = measured({}, {2, 2});
    in.by_user.chunksize = 10;
    in.measured.add({1, 0, std::log(100e6 / 1'000), log_error, 10});
    in.measured.add({2, 0, std::log(80e6 / 1'000), log_error, 10});
    return chance(in);
  };
  CHECK(chance_of(0.03) > chance_of(0.1));
  CHECK(chance_of(0.1) > chance_of(0.2));
}

TEST_CASE("all that may be used is among what is chosen from, also where it is no power of two") {
  for (const int most : {3, 5, 6, 7}) {
    const planning_input in = measured({{1, 100e6}, {2, 50e6}, {4, 25e6}}, {most, most});
    CHECK(choose(in).n_jobs == most);
  }
}

TEST_CASE("a pinned chunk is what items travel in, by any number of workers") {
  planning_input in = known(10'000, 1e3, {8, 8});
  in.by_user.chunksize = 7;
  for (const int n : {1, 2, 8}) CHECK(chunk_of(in, {.n_jobs = n, .chunk_rung = 2}) == 7);
  planning_input one_chunk = in;
  one_chunk.by_user.chunksize = 10'000;
  CHECK(expected(one_chunk, {.n_jobs = 8}) > 4 * expected(in, {.n_jobs = 8}));
}

TEST_CASE("a plan is the less sure, the nearer the next number of workers is to it") {
  // Of 64 workers, one less is 2 % slower; of two, half as fast.
  CHECK(chance(known(1'000'000, 1e5, {64, 64})) < 0.8);
  CHECK(chance(known(1'000'000, 1e5, {8, 8})) < 0.95);
  CHECK(chance(known(1'000'000, 1e5, {2, 2})) > 0.99);
}

TEST_CASE("an item can be faster by all workers that slowed it, and by half for what differs") {
  CHECK(least_item_ns(known(1'000, 1'600, {8, 8})) == doctest::Approx(100));
  CHECK(least_item_ns(known(1'000, 1'600, {1, 1})) == doctest::Approx(800));
  CHECK(least_item_ns(known(1'000, 1'600, {0, 0})) == doctest::Approx(800));
}

TEST_CASE("what similar work took decides where the cost model alone would be wrong, and is told") {
  planning_input in = known(1'000, 1e5, {8, 8});
  REQUIRE(choose(in).n_jobs == 8);
  const auto took = [](int n_jobs, double of_serial, double similarity) {
    return hint{n_jobs, 0, std::log(of_serial), 0.05, 0.05, 4, similarity};
  };
  in.similar = std::make_shared<const std::vector<hint>>(
      std::vector<hint>{took(1, 1, 0.8), took(2, 0.5, 0.9), took(4, 1, 0.8), took(8, 2, 0.7)});
  const batch_plan plan = choose(in);
  CHECK(plan.n_jobs == 2);
  CHECK(plan.measurements == 16);
  CHECK(plan.similarity == 0.9);
  // Where this work itself was measured, the plan rests on that.
  in.measured.similarity = 1;
  in.measured.add({2, 0, std::log(5.1e4), 0.03, 10});
  CHECK(choose(in).n_jobs == 2);
  CHECK(choose(in).measurements == 10);
  CHECK(choose(in).similarity == 1);
}

TEST_CASE("a proposal says what to go on with where it turns out to be worse") {
  const planning_input in = measured({{1, 100e6}, {2, 55e6}}, {2, 2});
  const proposal best = propose(in, {duration(-1), 10});
  REQUIRE(best.by.n_jobs == 2);
  CHECK(best.instead.n_jobs == 1);
  CHECK(best.otherwise.count() == doctest::Approx(100e6).epsilon(0.05));
  CHECK(best.spread > 0.05);
  const proposal trial = propose(in, {duration(1e9), 60});
  REQUIRE(trial.is_trial);
  CHECK(trial.instead == best.by);
  CHECK(trial.otherwise == trial.best);
}
