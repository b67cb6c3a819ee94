#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include "learn/learner.hpp"
#include "learn/outcome.hpp"

#include "choose_known.hpp"

using namespace amorsize::detail;

namespace {

constexpr double usual_error = 0.25;
constexpr double items = 1'000;

/// Threads 1, 2, 4, 8 and chunks of three durations, as the prior expects and as they are.
struct place {
  std::vector<arm> arms;
  std::vector<double> truth;
  sized_record known;
  std::vector<choice> made{};

  void add(configuration by, double prior, double is) {
    arms.push_back({by, prior, 0, 0, 0});
    truth.push_back(is);
  }

  void run(int runs, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(0, 0.05);
    for (int i = 0; i < runs; ++i) {
      const choice c = support::choose_known(&known, arms, items, usual_error);
      made.push_back(c);
      if (c.is_exploration) CHECK(c.expected_loss <= std::max(purse(known), 0.0));
      take(c, truth[c.arm] * std::exp(noise(random)));
    }
  }

  void take(const choice& c, double wall) {
    observe(known, arms[c.arm].by, wall / items, 0);
    known.calls += 1;
    known.items += items;
    known.wall_ns += wall;
    if (c.is_exploration) known.explored_ns += std::max(wall - c.best, 0.0);
  }

  choice frozen() const {
    sized_record same = known;
    same.calls = 0;
    return support::choose_known(&same, arms, items, usual_error);
  }

  double time() const {
    double sum = 0;
    for (const choice& c : made) sum += truth[c.arm];
    return sum;
  }
};

/// `slower`: what truly is of the prior's expectation, by threads.
place threads(const std::vector<double>& slower) {
  place p;
  int n = 1;
  for (const double factor : slower) {
    p.add({.n_jobs = n}, 1e7 / n, factor * 1e7 / n);
    n *= 2;
  }
  return p;
}

}  // namespace

TEST_CASE("a wrong prior is found out: the best threads are chosen after thirty runs") {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    CAPTURE(seed);
    place p = threads({1, 1.1, 1.3, 4});
    p.run(30, seed);
    CHECK(p.arms[p.frozen().arm].by.n_jobs == 4);
  }
}

TEST_CASE("where the prior is right, learning costs no more than the purse") {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    place p = threads({1, 1, 1, 1});
    p.run(30, seed);
    CHECK(p.frozen().arm == 3);
    CHECK(p.time() < 1.04 * 30 * p.truth[3]);
  }
}

TEST_CASE("a better chunk is found") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    place p;
    for (const int rung : {0, 1, 2, 3}) {
      p.add({.n_jobs = 4, .chunk_rung = rung}, 1e6, rung == 2 ? 8e5 : 1e6);
    }
    p.run(30, seed);
    CHECK(p.frozen().arm == 2);
  }
}

TEST_CASE("only neighbours of the best, what was measured before and serial are tried") {
  place p = threads({1, 1, 1, 1, 1, 1, 1.2});
  p.run(60, 1);
  int widest = 0;
  for (std::size_t i = 0; i < p.made.size(); ++i) {
    const int n = p.arms[p.made[i].arm].by.n_jobs;
    if (i == 0) widest = n;
    CHECK((n == 1 || (n >= widest / 2 && n <= widest * 2)));
  }
}

TEST_CASE("nothing is tried that the purse cannot pay") {
  place p = threads({1, 1, 1, 1});
  p.run(10, 1);
  p.known.explored_ns = p.known.wall_ns;
  REQUIRE(purse(p.known) < 0);
  CHECK_FALSE(support::choose_known(&p.known, p.arms, items, usual_error).is_exploration);
}

TEST_CASE("an exploration says what it is expected to lose, and what the best would take") {
  place p;
  for (const int rung : {0, 1, 2, 3}) p.add({.n_jobs = 4, .chunk_rung = rung}, 1e6, 1e6);
  bool any = false;
  for (int run = 0; run < 60; ++run) {
    const choice c = support::choose_known(&p.known, p.arms, items, usual_error);
    if (c.is_exploration) {
      any = true;
      CHECK(c.expected_loss <= purse(p.known));
      CHECK(c.best > 0);
    } else {
      CHECK(c.expected_loss == 0);
      CHECK(c.best == c.expected);
    }
    p.take(c, p.truth[c.arm]);
  }
  CHECK(any);
}

TEST_CASE("a wrong record is left within three runs, and confidence falls at the first") {
  for (const double noted : {1.0, 3.0, 10.0, 64.0}) {
    place p = threads({1, 1.06, 4, 40});
    p.known.outcomes.push_back({p.arms[3].by, noted, std::log(2e6 / items), 0, 0});
    p.known.calls = noted;
    p.known.wall_ns = noted * 2e6;
    const choice before = p.frozen();
    CHECK(before.arm == 3);
    p.run(1, 1);
    CHECK(p.frozen().confidence < before.confidence);
    p.run(2, 2);
    CHECK(p.frozen().arm != 3);
    CHECK(std::count_if(p.made.begin(), p.made.end(), [](const choice& c) { return c.arm == 3; }) <=
          3);
  }
}

TEST_CASE("where all are equal, what is held to be best changes little and costs nothing") {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    place p;
    for (const int n : {1, 2, 4, 8}) p.add({.n_jobs = n}, 1e6, 1e6);
    p.run(30, seed);
    int switches = 0;
    for (int run = 0; run < 70; ++run) {
      const std::size_t before = p.frozen().arm;
      p.run(1, seed * 1'000 + static_cast<unsigned>(run));
      if (p.frozen().arm != before) ++switches;
    }
    CHECK(switches <= 4);
  }
}

TEST_CASE("what most measurements speak for is not left for less than 3 %") {
  place p = threads({1, 1});
  p.arms[0].prior = p.arms[1].prior = 1e6;
  p.known.outcomes.push_back({p.arms[0].by, 50, std::log(1e6 / items), 0.02, 0});
  p.known.outcomes.push_back({p.arms[1].by, 60, std::log(1.02e6 / items), 0.02, 0});
  CHECK(p.frozen().arm == 1);
  p.known.outcomes[1].mean = std::log(1.08e6 / items);
  CHECK(p.frozen().arm == 0);
}

TEST_CASE("what is promised far from the best is come to step by step") {
  place p = threads({1, 1, 1, 1, 1, 1, 1});
  p.arms[2].prior = 1e5;
  p.known.outcomes.push_back({p.arms[6].by, 20, std::log(3e5 / items), 0.02, 0});
  p.known.calls = 20;
  p.known.wall_ns = 20 * 3e5;
  CHECK(support::choose_known(&p.known, p.arms, items, usual_error).arm != 2);
}

TEST_CASE("the same record gives the same choice, and none what the prior says") {
  place p = threads({1, 1.2, 1.4, 2});
  CHECK(support::choose_known(nullptr, p.arms, items, usual_error).arm == 3);
  CHECK_FALSE(support::choose_known(nullptr, p.arms, items, usual_error).is_exploration);
  p.run(5, 1);
  const choice once = support::choose_known(&p.known, p.arms, items, usual_error);
  const choice again = support::choose_known(&p.known, p.arms, items, usual_error);
  CHECK(once.arm == again.arm);
  CHECK(once.confidence == again.confidence);
}

TEST_CASE("swapped outcomes of a record swap the choice") {
  place p = threads({1, 1.4});
  p.known.outcomes.push_back({p.arms[0].by, 20, std::log(1e7 / items), 0.02, 0});
  p.known.outcomes.push_back({p.arms[1].by, 20, std::log(7e6 / items), 0.02, 0});
  CHECK(p.frozen().arm == 1);
  std::swap(p.known.outcomes[0].by, p.known.outcomes[1].by);
  CHECK(p.frozen().arm == 0);
}

namespace {

/// Threads 1, 2, 4, 8, 16 as the prior expects them; some are measured.
std::vector<arm> widths(const std::vector<double>& priors) {
  std::vector<arm> all;
  int n = 1;
  for (const double prior : priors) {
    all.push_back({{.n_jobs = n}, prior, 0, 0, 0});
    n *= 2;
  }
  return all;
}

void measure(arm& a, double ns, double count, double error) {
  a.measured = ns;
  a.count = count;
  a.log_error = error;
}

constexpr double rich = 1e9;

}  // namespace

TEST_CASE("after a change, what lies behind a worse neighbour is tried too") {
  std::vector<arm> arms = widths({8e6, 4e6, 0.9e6, 1e6, 0.5e6});
  measure(arms[4], 1e6, 3, 0.03);
  measure(arms[3], 1.5e6, 3, 0.03);
  measure(arms[0], 8e6, 3, 0.03);
  CHECK(choose_or_explore(arms, usual_error, rich, 30).arm != 2);
  arms[0].count = 0.25;
  const choice c = choose_or_explore(arms, usual_error, rich, 30);
  CHECK(c.arm == 2);
  CHECK(c.is_exploration);
}

TEST_CASE("after a change, the prior is doubted more") {
  std::vector<arm> arms = widths({4e6, 2.1e6, 2e6});
  measure(arms[2], 2e6, 5, 0.03);
  measure(arms[0], 4e6, 1, 0.2);
  const double before = choose_arm(arms, usual_error).confidence;
  arms[0].count = 0.25;
  CHECK(choose_arm(arms, usual_error).confidence < before - 0.02);
}

TEST_CASE("a trial is expected to lose less than all it is slower by: it can be abandoned") {
  std::vector<arm> arms = widths({4e6, 1.5e6, 1e6});
  measure(arms[2], 1e6, 5, 0.03);
  const choice c = choose_or_explore(arms, 3 * usual_error, rich, 60);
  REQUIRE(c.is_exploration);
  REQUIRE(c.arm == 1);
  CHECK(c.expected_loss > 0);
  CHECK(c.expected_loss < 0.6 * (c.expected - c.best));
  CHECK(c.instead == 2);
  CHECK(c.instead_ns == c.best);
  CHECK(c.instead_spread > 0);
}

TEST_CASE("where the best goes slowly, the best with other threads comes instead") {
  std::vector<arm> arms = widths({4e6, 2e6, 1e6});
  arms.push_back({{.n_jobs = 4, .chunk_rung = 1}, 1.01e6, 0, 0, 0});
  const choice c = choose_arm(arms, usual_error);
  CHECK(c.arm == 2);
  CHECK(c.instead == 1);
  CHECK(c.instead_ns > c.expected);
  CHECK(choose_arm(widths({1e6}), usual_error).instead_ns == 0);
}

TEST_CASE("alternatives that are as good as the best do not make it a coin toss") {
  const double confidence = choose_arm(widths({1e6, 1e6}), 2 * usual_error).confidence;
  CHECK(confidence > 0.75);
  CHECK(confidence < 0.95);
}
