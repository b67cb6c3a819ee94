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
      if (spread < 0.2) CHECK(std::sqrt(claimed) > 0.6 * std::sqrt(errors));
      CHECK(std::sqrt(claimed) < 2 * std::max(std::sqrt(errors), 0.05));
    }
  }
}

TEST_CASE("surprises make the mean less certain") {
  outcome o = of(noisy(100, 0.02, 20, 1));
  const double before = log_error_of(o);
  observe(o, 300, 0);
  CHECK(log_error_of(o) > 1.2 * before);
  CHECK(log_error_of(o) > 5 * before);
  observe(o, 100, 0);  // it was nothing
  CHECK(log_error_of(o) < 0.1);
}

TEST_CASE(
    "a second reading in a row that is as far replaces what was known, however much that was") {
  for (const int before : {3, 20, 1'000}) {
    for (const double factor : {0.4, 1.5, 2.5}) {
      outcome o = of(noisy(100, 0.02, before, 1));
      CHECK_FALSE(observe(o, 100 * factor, 0));
      CHECK(typical(o) == doctest::Approx(100).epsilon(0.2));
      CHECK(observe(o, 100 * factor, 0));
      CHECK(typical(o) == doctest::Approx(100 * factor));
    }
  }
}

TEST_CASE("far slower, it takes three: helpers may wake late twice in a row") {
  for (const int before : {3, 20, 1'000}) {
    outcome o = of(noisy(100, 0.02, before, 1));
    CHECK_FALSE(observe(o, 700, 0));
    CHECK_FALSE(observe(o, 800, 0));
    CHECK(typical(o) < 150);
    outcome lasting = o;
    CHECK(observe(lasting, 750, 0));
    CHECK(typical(lasting) == doctest::Approx(750));
    CHECK_FALSE(observe(o, 100, 0));
    CHECK(typical(o) < 130);
    CHECK(log_error_of(o) < 0.13);
  }
}

TEST_CASE("readings that vary are learned to vary, and seldom taken for a change") {
  int changes = 0;
  double spread = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    outcome o;
    for (const double reading : noisy(100, 0.2, 100, seed)) {
      if (observe(o, reading, 0)) ++changes;
    }
    CHECK(typical(o) == doctest::Approx(100).epsilon(0.5));
    spread += std::sqrt(o.squares / o.count) / 20;
  }
  CHECK(changes <= 15);
  CHECK(spread > 0.1);
}

TEST_CASE("of one reading that two others contradict, nothing is left") {
  outcome o = of({100});
  CHECK_FALSE(observe(o, 1'000, 0));
  CHECK(observe(o, 920, 0));
  CHECK(typical(o) == doctest::Approx(920));
}

TEST_CASE("two far readings that do not agree replace nothing") {
  for (const double second : {140.0, 300.0, 1'000.0}) {
    outcome o = of(noisy(100, 0.02, 20, 1));
    CHECK_FALSE(observe(o, 200, 0));
    CHECK_FALSE(observe(o, second, 0));
    CHECK(typical(o) == doctest::Approx(100).epsilon(0.1));
  }
}

TEST_CASE("what one configuration shows to have changed makes the others less certain") {
  sized_record known;
  const configuration two{.n_jobs = 2};
  const configuration four{.n_jobs = 4};
  for (int i = 0; i < 10; ++i) {
    observe(known, two, 100, 0);
    observe(known, four, 60, 0);
  }
  REQUIRE(known.outcomes.size() == 2);
  observe(known, four, 110, 0);
  CHECK(known.outcomes[0].count == 10);
  observe(known, four, 110, 0);
  CHECK(known.outcomes[0].count <= 0.25);
  CHECK(typical(known.outcomes[0]) == doctest::Approx(100));
  CHECK(typical(known.outcomes[1]) == doctest::Approx(110));
  CHECK(log_error_of(known.outcomes[0]) > 3 * log_error_of(known.outcomes[1]));
}

TEST_CASE("a change is taken to be one of as many threads or more, and less of one of fewer") {
  for (const double factor : {2.4, 1 / 2.4}) {
    CAPTURE(factor);
    sized_record known;
    const std::vector<configuration> all{
        {.n_jobs = 1}, {.n_jobs = 4}, {.n_jobs = 8}, {.n_jobs = 8, .chunk_rung = 2}, {.n_jobs = 16},
    };
    for (int i = 0; i < 10; ++i) {
      for (const configuration& by : all) observe(known, by, 100, 0);
    }
    for (int i = 0; i < 2; ++i) observe(known, all[2], 100 * factor, 0);
    CHECK(typical(known.outcomes[0]) == doctest::Approx(100));
    CHECK(typical(known.outcomes[1]) ==
          doctest::Approx(factor > 1 ? 100 * factor / 2 : 100 * factor * 2).epsilon(0.03));
    for (const std::size_t i : {2U, 3U, 4U}) {
      CHECK(typical(known.outcomes[i]) == doctest::Approx(100 * factor).epsilon(0.03));
    }
  }
}

TEST_CASE("after a change a call's time may be spent on learning again, of the time there is") {
  sized_record known;
  known.calls = 100;
  known.wall_ns = 100e6;
  known.explored_ns = 3.1e6;
  for (int i = 0; i < 10; ++i) observe(known, {.n_jobs = 4}, 60, 0);
  observe(known, {.n_jobs = 4}, 110, 0);
  CHECK(known.explored_ns == 3.1e6);
  observe(known, {.n_jobs = 4}, 110, 0);
  CHECK(known.explored_ns == doctest::Approx(2e6));
  known.wall_ns = 1e6;
  observe(known, {.n_jobs = 4}, 60, 0);
  observe(known, {.n_jobs = 4}, 60, 0);
  CHECK(known.explored_ns >= 0);
}

TEST_CASE("of what was measured long before the rest, less is certain") {
  sized_record known;
  observe(known, {.n_jobs = 1}, 100, 0);
  observe(known, {.n_jobs = 2}, 60, 90 * 86'400);
  CHECK(log_error_of(known.outcomes[0], known) > 1.5 * log_error_of(known.outcomes[1], known));
  CHECK(log_error_of(known.outcomes[1], known) == log_error_of(known.outcomes[1]));
}

TEST_CASE("however many readings agree, what all in a row share remains in doubt") {
  CHECK(log_error_of(of(std::vector<double>(1'000, 100.0))) > 0.01);
}
