#include "learn/learner.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "learn/outcome.hpp"

#include "choose_known.hpp"

using namespace amorsize::detail;

namespace {

constexpr double usual_error = 0.25;

arm prior_of(int n_jobs, double ns) {
  arm a;
  a.by.n_jobs = n_jobs;
  a.prior = ns;
  return a;
}

arm measured_as(arm a, double ns, double log_error = 0.05) {
  a.measured = ns;
  a.count = 2;  // one reading may have been disturbed
  a.log_error = log_error;
  return a;
}

/// Arms 1, 2, 4, 8 with the expectations given.
std::vector<arm> arms_of(std::initializer_list<double> priors) {
  std::vector<arm> all;
  int n = 1;
  for (const double ns : priors) {
    all.push_back(prior_of(n, ns));
    n *= 2;
  }
  return all;
}

/// Runs what is chosen, `runs` times, at a place where the arms truly take `truth`.
struct trial {
  std::vector<arm> arms;
  std::vector<double> truth;
  std::vector<outcome> outcomes = std::vector<outcome>(arms.size());
  std::vector<std::size_t> chosen{};
  double time = 0;

  void run(int runs, double noise, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> error(0, noise);
    for (int i = 0; i < runs; ++i) {
      const std::size_t best = choose_arm(arms, usual_error).arm;
      note(best, truth[best] * std::exp(error(random)));
      time += truth[best];
      chosen.push_back(best);
    }
  }

  void note(std::size_t which, double ns) {
    observe(outcomes[which], ns, 0);
    arms[which].measured = std::exp(outcomes[which].mean);
    arms[which].count = outcomes[which].count;
    arms[which].log_error = log_error_of(outcomes[which]);
  }

  int switches() const {
    int count = 0;
    for (std::size_t i = 1; i < chosen.size(); ++i) count += chosen[i] != chosen[i - 1] ? 1 : 0;
    return count;
  }
};

}  // namespace

TEST_CASE("never slower than serial on tiny work: sharing that was slow once is left at once") {
  trial tiny{arms_of({1'000, 900, 950}), {1'000, 5'000, 9'000}};
  tiny.run(20, 0.1, 1);
  CHECK(tiny.chosen.back() == 0);
  CHECK(std::count(tiny.chosen.begin(), tiny.chosen.end(), 1) <= 1);
  CHECK(tiny.time < 1.3 * 20 * 1'000);
}

TEST_CASE("one slow reading among good ones changes no choice") {
  for (const double slow : {3.0, 10.0, 1'000.0}) {
    trial t{arms_of({1'000, 550, 400}), {1'000, 550, 400}};
    t.note(0, 1'000);
    t.run(8, 0.05, 2);
    CHECK(t.chosen.back() == 2);
    t.note(2, 400 * slow);
    CHECK(choose_arm(t.arms, usual_error).arm == 2);
  }
}

TEST_CASE("a wrong record is left at once when outcomes say so") {
  // Noted as five times as fast as a loop on 8 threads; truly five times as slow.
  trial t{arms_of({1'000, 520, 300, 200}), {1'000, 560, 1'500, 5'000}};
  t.arms[3] = measured_as(t.arms[3], 200);
  const choice before = choose_arm(t.arms, usual_error);
  CHECK(before.arm == 3);
  t.arms[3] = measured_as(t.arms[3], 5'000);
  const choice after = choose_arm(t.arms, usual_error);
  CHECK(after.arm != 3);
  CHECK(after.confidence < before.confidence);
  t.run(10, 0.03, 3);
  CHECK(std::count(t.chosen.begin(), t.chosen.end(), 3) == 0);
}

TEST_CASE("swapped outcomes swap the choice") {
  std::vector<arm> arms = arms_of({1'000, 700});
  arms[0] = measured_as(arms[0], 1'000);
  arms[1] = measured_as(arms[1], 600);
  CHECK(choose_arm(arms, usual_error).arm == 1);
  std::swap(arms[0].measured, arms[1].measured);
  CHECK(choose_arm(arms, usual_error).arm == 0);
}

TEST_CASE("one clean measurement decides against a prior that is 20 % off") {
  std::vector<arm> arms = arms_of({1'000, 900});
  arms[0] = measured_as(arms[0], 1'000);
  arms[1] = measured_as(arms[1], 1'080);
  CHECK(choose_arm(arms, usual_error).arm == 0);
  arms = arms_of({900, 1'000});
  arms[0] = measured_as(arms[0], 1'080);
  arms[1] = measured_as(arms[1], 900);
  CHECK(choose_arm(arms, usual_error).arm == 1);
}

TEST_CASE("without measurements the prior decides, and is what is expected") {
  const choice c = choose_arm(arms_of({1'000, 600, 400, 500}), usual_error);
  CHECK(c.arm == 2);
  CHECK(c.expected == doctest::Approx(400));
}

TEST_CASE("a measured arm that is worse than another's prior loses to it") {
  std::vector<arm> arms = arms_of({1'000, 500, 250});
  arms[2] = measured_as(arms[2], 1'500);
  CHECK(choose_arm(arms, usual_error).arm != 2);
}

TEST_CASE("what all arms share moves those that were not measured along") {
  // Items are twice as dear as expected: that is no reason to leave two threads.
  std::vector<arm> arms = arms_of({1'000, 600});
  arms[1] = measured_as(arms[1], 1'000);
  CHECK(choose_arm(arms, usual_error).arm == 1);
  arms[1].prior = 0;  // nothing is shared
  arms[1] = measured_as(arms[1], 1'050);
  CHECK(choose_arm(arms, usual_error).arm == 0);
}

TEST_CASE("where sharing took a hundred times what was expected, one thread is not thought to") {
  std::vector<arm> arms = arms_of({1'000, 20, 15});
  arms[1] = measured_as(arms[1], 2'500);
  arms[2] = measured_as(arms[2], 2'400);
  CHECK(choose_arm(arms, usual_error).arm == 0);
}

TEST_CASE("a time without a measurement behind it is none") {
  std::vector<arm> arms = arms_of({1'000, 500});
  arms[1].measured = 5'000;
  CHECK(choose_arm(arms, usual_error).arm == 1);
  CHECK(choose_arm(arms, usual_error).expected == doctest::Approx(500));
}

TEST_CASE("ties, within 3 %, go to fewer threads") {
  CHECK(choose_arm(arms_of({100, 98, 97.5}), usual_error).arm == 0);
  CHECK(choose_arm(arms_of({100, 96, 95}), usual_error).arm == 1);
  CHECK(choose_arm(arms_of({100, 96, 90}), usual_error).arm == 2);
}

TEST_CASE("where all arms are equal the choice is stable") {
  int switches = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    trial t{arms_of({1'000, 1'000, 1'000, 1'000}), {1'000, 1'000, 1'000, 1'000}};
    t.run(50, 0.05, seed);
    CHECK(t.switches() <= 10);
    switches += t.switches();
  }
  CHECK(switches <= 40);
}

TEST_CASE("confidence is how often the choice is within 10 % of the best") {
  std::mt19937 random(4);
  std::normal_distribution<double> normal(0, 1);
  double claimed = 0;
  double scored = 0;
  constexpr int trials = 3'000;
  for (int i = 0; i < trials; ++i) {
    std::vector<arm> arms = arms_of({1'000, 800, 700});
    std::vector<double> truth;
    for (arm& a : arms) {
      truth.push_back(a.prior * std::exp(usual_error * normal(random)));
      if (random() % 2 == 0) a = measured_as(a, truth.back() * std::exp(0.05 * normal(random)));
    }
    const choice c = choose_arm(arms, usual_error);
    claimed += c.confidence / trials;
    const double best = *std::min_element(truth.begin(), truth.end());
    scored += (truth[c.arm] <= 1.1 * best ? 1.0 : 0.0) / trials;
  }
  CHECK(claimed == doctest::Approx(scored).epsilon(0.15));
}

TEST_CASE("between two arms as good, confidence is the greater the better the prior is") {
  const auto of_error = [](double error) {
    return choose_arm(arms_of({1'000, 1'000}), error).confidence;
  };
  CHECK(of_error(0.05) > of_error(0.25));
  CHECK(of_error(0.25) > of_error(1));
}

TEST_CASE("confidence grows with what is measured and falls with close alternatives") {
  std::vector<arm> arms = arms_of({1'000, 500});
  const double guessed = choose_arm(arms, usual_error).confidence;
  arms[0] = measured_as(arms[0], 1'000);
  arms[1] = measured_as(arms[1], 500);
  const double known = choose_arm(arms, usual_error).confidence;
  CHECK(known > guessed);
  CHECK(known > 0.99);
  CHECK(known <= 1);
  CHECK(choose_arm(arms_of({1'000, 900}), usual_error).confidence < guessed);
  CHECK(choose_arm(arms_of({1'000, 500, 500, 500}), usual_error).confidence < guessed);
  CHECK(choose_arm(arms_of({1'000}), usual_error).confidence == 1);
}

TEST_CASE("arms of which nothing is known are never chosen; of none there is no choice") {
  CHECK(choose_arm({}, usual_error).expected == 0);
  CHECK(choose_arm({}, usual_error).confidence == 0);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double unknown : {0.0, -1.0, nan, std::numeric_limits<double>::infinity()}) {
    CHECK(choose_arm(arms_of({unknown}), usual_error).expected == 0);
    std::vector<arm> arms = arms_of({unknown, 500, unknown});
    const choice c = choose_arm(arms, usual_error);
    CHECK(c.arm == 1);
    CHECK(c.confidence == 1);
    arms[2] = measured_as(arms[2], unknown);
    CHECK(choose_arm(arms, usual_error).arm == 1);
  }
}

TEST_CASE(
    "the serial time is probed where the purse pays, ever more rarely, never twice in a row") {
  sized_record known;
  known.outcomes.resize(2);
  known.outcomes[0].by.n_jobs = 1;
  known.outcomes[1].by.n_jobs = 2;
  std::vector<int> probes;
  for (int call = 0; call < 1'000; ++call) {
    const bool probe = should_probe(known, 1, 1e5, 6e4);
    if (probe) {
      probes.push_back(call);
      known.explored_ns += 4e4;
    }
    observe(known.outcomes[probe ? 0 : 1], probe ? 100 : 60, 0);
    known.wall_ns += probe ? 1e5 : 6e4;
    known.calls += 1;
  }
  CHECK(probes.front() == 1);
  CHECK(probes.size() >= 7);
  CHECK(probes.size() <= 10);
  for (std::size_t i = 1; i < probes.size(); ++i) CHECK(probes[i] > probes[i - 1] + 1);
}

TEST_CASE("a probe is never dearer than the purse: the first grant and 3 % of what was spent") {
  sized_record known;
  known.calls = 10;
  known.wall_ns = 1e7;
  CHECK(purse(known) == doctest::Approx(500'000));
  CHECK(should_probe(known, 1, 1.49e6, 1e6));
  CHECK_FALSE(should_probe(known, 1, 1.51e6, 1e6));
  known.explored_ns = 4e5;
  CHECK(should_probe(known, 1, 1.09e6, 1e6));
  CHECK_FALSE(should_probe(known, 1, 1.11e6, 1e6));
  known.explored_ns = 1e6;
  CHECK_FALSE(should_probe(known, 1, 1e6, 1e6));
}

TEST_CASE("the first grant is no more than a call's time, nor than 0.2 ms") {
  sized_record known;
  CHECK(purse(known) == 0);
  known.calls = 1;
  known.wall_ns = 1e5;
  CHECK(purse(known) == doctest::Approx(103'000));
  known.wall_ns = 1e6;
  CHECK(purse(known) == doctest::Approx(230'000));
}

TEST_CASE("no probe before anything is known, nor right after one that surprised") {
  CHECK_FALSE(should_probe({}, 1, 1e5, 6e4));
  sized_record known;
  known.calls = 100;
  known.wall_ns = 1e9;
  CHECK_FALSE(should_probe(known, 1, 0, 6e4));
  CHECK_FALSE(should_probe(known, 1, 1e5, 0));
  known.outcomes.resize(2);
  known.outcomes[0].count = 2;
  known.outcomes[0].last_seen = 1'001;
  known.outcomes[1].by.n_jobs = 2;
  known.outcomes[1].count = 64;
  known.outcomes[1].last_seen = 1'000;
  CHECK_FALSE(should_probe(known, 1, 1e5, 6e4));
  known.outcomes[1].last_seen = 1'002;
  CHECK(should_probe(known, 1, 1e5, 6e4));
}

TEST_CASE("what was measured badly is tried again, ever more rarely, where the purse pays") {
  sized_record known;
  known.calls = 40;
  known.wall_ns = 40e6;
  for (const auto& [n, count] : {std::pair{1, 36.0}, std::pair{2, 4.0}}) {
    outcome o;
    o.by.n_jobs = n;
    o.count = count;
    known.outcomes.push_back(o);
  }
  CHECK(should_probe(known, 2, 1.5e6, 1e6));
  CHECK_FALSE(should_probe(known, 2, 3e6, 1e6));
  known.outcomes[1].count = 5;
  CHECK_FALSE(should_probe(known, 2, 1.5e6, 1e6));
  known.calls = 63;
  CHECK(should_probe(known, 2, 1.5e6, 1e6));
}

TEST_CASE("serial is chosen from any number of threads where it is expected to be faster") {
  std::vector<arm> arms = arms_of({1'000, 3'000, 3'000, 1'500});
  arms[3] = measured_as(arms[3], 1'500);
  CHECK(choose_arm(arms, usual_error).arm == 0);
}

TEST_CASE("after a change one looks a step farther, and believes the prior less") {
  std::vector<arm> arms = arms_of({1'000, 1'000, 1'000, 1'000, 200});
  arms[2] = measured_as(arms[2], 1'000);
  arms[1] = measured_as(arms[1], 1'000, 0.3);
  CHECK(choose_arm(arms, usual_error).arm != 4);
  arms[1].count = 0.25;  // what is left of a count after a change
  CHECK(choose_arm(arms, usual_error).arm == 4);

  std::vector<arm> two = arms_of({1'000, 800});
  two[0] = measured_as(two[0], 1'000, 0.3);
  two[1] = measured_as(two[1], 800);
  const double before = choose_arm(two, usual_error).confidence;
  two[0].count = 0.25;
  CHECK(choose_arm(two, usual_error).confidence < before);
}

TEST_CASE("which duration of chunks is best is no less sure where there are more threads") {
  const auto confidence_at = [](int n_jobs) {
    std::vector<arm> arms{prior_of(n_jobs, 1'000), prior_of(n_jobs, 1'200)};
    arms[0].by.chunk_rung = 1;
    arms[1].by.chunk_rung = 4;
    return choose_arm(arms, usual_error).confidence;
  };
  CHECK(confidence_at(64) == doctest::Approx(confidence_at(2)).epsilon(0.01));
}

TEST_CASE("a choice says what to go on with: the best with other threads, or else nothing") {
  std::vector<arm> arms{prior_of(2, 1'500), prior_of(4, 1'000), prior_of(4, 1'010),
                        prior_of(8, 1'200)};
  arms[2].by.chunk_rung = 2;
  arms[1] = measured_as(arms[1], 1'000);
  const choice c = choose_arm(arms, usual_error);
  REQUIRE(c.arm == 1);
  CHECK(c.instead == 3);
  CHECK(c.instead_ns == doctest::Approx(1'200).epsilon(0.1));
  CHECK(c.instead_spread > 0.05);
  CHECK(choose_arm({arms.data() + 1, 2}, usual_error).instead_ns == 0);
}

TEST_CASE("of all that may be tried, what is worth most is, and says what it is expected to lose") {
  std::vector<arm> arms;
  for (const double ns : {1e6, 1.08e6, 1.01e6, 1.05e6}) {
    arms.push_back(prior_of(4, ns));
    arms.back().by.chunk_rung = static_cast<int>(arms.size()) - 1;
  }
  arms[0] = measured_as(arms[0], 1e6);
  const choice c = choose_or_explore(arms, usual_error, 1e9, 60);
  REQUIRE(c.is_exploration);
  CHECK(c.arm == 2);
  CHECK(c.best == doctest::Approx(1e6).epsilon(0.03));
  CHECK(c.expected_loss > 0.01 * c.best);
  CHECK(c.expected_loss < 0.2 * c.best);
  CHECK(c.instead == 0);
  CHECK(c.instead_ns == c.best);
}

TEST_CASE("the older a measurement is than the rest, the less sure is a choice by it") {
  const auto confidence_of = [](std::int64_t age_s) {
    sized_record known;
    known.outcomes.resize(2);
    for (std::size_t i = 0; i < 2; ++i) {
      known.outcomes[i].by.n_jobs = i == 0 ? 1 : 2;
      known.outcomes[i].count = 20;
      known.outcomes[i].mean = std::log(i == 0 ? 1'000 : 900);
      known.outcomes[i].last_seen = 100'000'000 - (i == 0 ? age_s : 0);
    }
    return support::choose_known(&known, arms_of({1'000, 900}), 1, usual_error).confidence;
  };
  CHECK(confidence_of(365 * 86'400) < confidence_of(0));
}
