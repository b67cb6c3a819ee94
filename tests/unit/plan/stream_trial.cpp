#include "plan/stream_trial.hpp"

#include <initializer_list>

#include "doctest/doctest.h"

using amorsize::detail::recent_items;
using amorsize::detail::stream_trial;
using phase = stream_trial::phase;

namespace {

constexpr double step_ns = 10'000;

/// Runs a stream whose items take so long in either phase; returns the time spent sharing.
double run(stream_trial& trial, double alone_ns, double shared_ns, double for_ns) {
  double shared = 0;
  for (double at = 0; at < for_ns; at += step_ns) {
    const bool shares = trial.now() == phase::shared;
    if (shares) shared += step_ns;
    trial.advance(step_ns / (shares ? shared_ns : alone_ns), step_ns);
  }
  return shared;
}

/// Nanoseconds until the phase changes.
double until_change(stream_trial& trial, double item_ns) {
  double took = step_ns;
  while (!trial.advance(step_ns / item_ns, step_ns)) took += step_ns;
  return took;
}

/// Runs a trial over items of known times; returns the share of items run in the better phase.
double share_of_shared(stream_trial& trial, double alone_ns, double shared_ns, double total_ns) {
  double elapsed = 0;
  double items = 0;
  double shared = 0;
  constexpr double each = 100;
  while (elapsed < total_ns) {
    const bool is_shared = trial.now() == phase::shared;
    const double took = each * (is_shared ? shared_ns : alone_ns);
    elapsed += took;
    items += each;
    if (is_shared) shared += each;
    trial.advance(each, took);
  }
  return shared / items;
}

}  // namespace

TEST_CASE("sharing that is clearly slower is given up long before its trial is over") {
  stream_trial slower(true, phase::alone);
  until_change(slower, 2);
  const double clearly = until_change(slower, 4);
  stream_trial alike(true, phase::alone);
  until_change(alike, 2);
  CHECK(clearly < until_change(alike, 2.1) / 2);
  CHECK(slower.now() == phase::alone);
}

TEST_CASE("items that become dear are tried shared soon, however long sharing did not pay") {
  stream_trial trial(true, phase::alone);
  run(trial, 2, 6, 2e9);
  REQUIRE(trial.now() == phase::alone);
  run(trial, 2'000, 1'000, 2e7);
  CHECK(trial.now() == phase::shared);
  CHECK(run(trial, 2'000, 1'000, 1e9) > 0.95e9);
}

TEST_CASE("items that become cheap are tried alone soon, however long sharing paid") {
  stream_trial trial(true, phase::alone);
  run(trial, 100, 55, 2e9);
  REQUIRE(trial.now() == phase::shared);
  run(trial, 2, 6, 2e7);
  CHECK(trial.now() == phase::alone);
}

TEST_CASE("one slow reading is no change") {
  stream_trial trial(true, phase::alone);
  run(trial, 2, 6, 2e9);
  CHECK_FALSE(trial.advance(step_ns / 2, 1000 * step_ns));
  run(trial, 2, 6, 1e7);
  CHECK(trial.now() == phase::alone);
}

TEST_CASE("a first item that takes 1000 times longer or shorter than the rest is soon forgotten") {
  for (const double first : {1000.0, 0.001}) {
    recent_items items;
    items.observe(1, first);
    for (int chunk = 0; chunk < 250; ++chunk) items.observe(1, 1);
    CHECK(items.item_ns() == doctest::Approx(1).epsilon(0.05));
  }
}

TEST_CASE("items that change after very many are seen as what they are now") {
  recent_items items;
  for (int chunk = 0; chunk < 100'000; ++chunk) items.observe(700, 700 * 20);
  for (int chunk = 0; chunk < 150; ++chunk) items.observe(1, 20'000);
  CHECK(items.item_ns() > 10'000);
}

TEST_CASE("a trial keeps sharing where that is faster, and stays alone where it is not") {
  stream_trial gains(true, phase::alone);
  CHECK(share_of_shared(gains, 100, 55, 1e9) > 0.95);
  stream_trial loses(true, phase::alone);
  CHECK(share_of_shared(loses, 20, 60, 1e9) < 0.05);
}

TEST_CASE("a trial measures what an item takes in both phases") {
  stream_trial trial(true, phase::alone);
  while (trial.now() == phase::alone) trial.advance(10, 10 * 100);
  CHECK(trial.alone().item_ns() == doctest::Approx(100));
  share_of_shared(trial, 100, 60, 1e6);
  CHECK(trial.now() == phase::shared);
  CHECK(trial.shared().item_ns() == doctest::Approx(60));
}

TEST_CASE("a trial that may not share never does") {
  stream_trial trial(false, phase::alone);
  CHECK(share_of_shared(trial, 100, 1, 1e9) == 0);
  CHECK(trial.now() == phase::alone);
}

TEST_CASE("gains too small to be sure of do not decide for sharing") {
  stream_trial trial(true, phase::alone);
  CHECK(share_of_shared(trial, 100, 98, 1e9) < 0.05);
}

TEST_CASE("a trial follows a stream that changes") {
  stream_trial trial(true, phase::alone);
  share_of_shared(trial, 20, 60, 1e8);
  CHECK(trial.now() == phase::alone);
  CHECK(share_of_shared(trial, 100, 55, 1e10) > 0.9);
  CHECK(trial.now() == phase::shared);
}

TEST_CASE("what a trial loses in the worse phase is bounded by a small share of the time") {
  for (const double worse : {1.1, 2.0, 10.0}) {
    stream_trial trial(true, phase::alone);
    double elapsed = 0;
    double lost = 0;
    while (elapsed < 1e9) {
      const double took = 100 * (trial.now() == phase::shared ? 50 * worse : 50);
      if (trial.now() == phase::shared) lost += took - 100 * 50;
      elapsed += took;
      trial.advance(100, took);
    }
    CHECK(lost < 0.05 * elapsed);
  }
}

TEST_CASE("a trial's first readings of sharing, while helpers are on their way, do not count") {
  stream_trial trial(true, phase::alone);
  while (!trial.advance(100, 100 * 100)) {
  }
  REQUIRE(trial.now() == phase::shared);
  trial.advance(1, 100'000);  // nobody has come yet
  CHECK(trial.shared().item_ns() == 0);
  for (int i = 0; i < 100 && trial.shared().item_ns() == 0; ++i) trial.advance(100, 100 * 55);
  CHECK(trial.shared().item_ns() == doctest::Approx(55));
}

TEST_CASE("results left from sharing say nothing of a consumer that is alone now") {
  stream_trial trial(true, phase::shared, true);
  run(trial, 50, 30, 99e6);
  REQUIRE(trial.now() == phase::shared);
  until_change(trial, 30);
  REQUIRE(trial.now() == phase::alone);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(trial.advance(1'000, 1'000, false));  // 1 ns each
  CHECK(trial.alone().items == 0);
  until_change(trial, 50);
  CHECK(trial.now() == phase::shared);
  CHECK(trial.alone().item_ns() == doctest::Approx(50));
}

TEST_CASE("a trial tells of all the time that a stream was run in either way") {
  stream_trial trial(true, phase::alone);
  const double shared = run(trial, 50, 30, 1e9);
  CHECK(trial.shared().item_ns() == doctest::Approx(30));
  CHECK(trial.alone().item_ns() == doctest::Approx(50));
  // But for some settling each time, all of it.
  CHECK(trial.shared().elapsed > 0.99 * shared);
  CHECK(trial.alone().elapsed + trial.shared().elapsed > 0.99e9);
}

TEST_CASE("what is known to be better is left only after a long time") {
  for (const phase known : {phase::alone, phase::shared}) {
    stream_trial trial(true, known, true);
    CHECK(until_change(trial, 40) >= 50e6);
  }
}
