#include "learn/transfer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "learn/learner.hpp"

using namespace amorsize::detail;

namespace {

constexpr shared_work usual{10'000, 1'000, 8, 20'000};

/// Of a cost model that expects all threads to do their part.
std::vector<arm> arms_of(int most, int rungs = 1) {
  std::vector<arm> all;
  for (int n = 1; n <= most; n *= 2) {
    for (int rung = 0; rung < (n == 1 ? 1 : rungs); ++rung) {
      arm a;
      a.by = {.n_jobs = n, .chunk_rung = rung};
      a.prior = 1e7 / n + 1'000 * n;
      all.push_back(a);
    }
  }
  return all;
}

hint hint_of(int n_jobs, double speedup, int chunk_rung = 0, double log_error = 0.05) {
  return {n_jobs, chunk_rung, -std::log(speedup), log_error, 0.1, 5, 1};
}

configuration chosen(const std::vector<arm>& arms) { return arms[choose_arm(arms, 0.25).arm].by; }

}  // namespace

TEST_CASE("everybody expects cores to do their part, siblings a third, and wakes to be paid") {
  const auto speedup = [](const shared_work& work, int n) {
    return std::exp(-usual_log_ratio(work, n));
  };
  CHECK(speedup(usual, 1) == doctest::Approx(1));
  CHECK(speedup(usual, 4) == doctest::Approx(4).epsilon(0.01));
  CHECK(speedup(usual, 8) == doctest::Approx(8).epsilon(0.02));
  CHECK(speedup(usual, 16) == doctest::Approx(10.4).epsilon(0.05));
  CHECK(speedup({10, 1e6, 8, 20'000}, 8) == doctest::Approx(5).epsilon(0.02));  // two shares of ten
  CHECK(speedup({10, 1'000, 8, 20'000}, 8) < 1);  // worth less than a wake
}

TEST_CASE("a number of threads is brought to as large a part of other cores") {
  CHECK(translated(8, 16, 8) == 4);
  CHECK(translated(16, 16, 8) == 8);
  CHECK(translated(4, 4, 32) == 32);
  CHECK(translated(2, 4, 32) == 16);
  CHECK(translated(32, 16, 8) == 16);  // siblings
  CHECK(translated(8, 12, 8) == 4);    // of 2, 4, 8, 16
  CHECK(translated(16, 16, 12) == 12);
  CHECK(translated(2, 32, 4) == 2);
  for (const double to : {1.0, 2.0, 12.0, 128.0}) CHECK(translated(1, 8, to) == 1);
  for (const int n : {1, 3, 6, 12}) CHECK(translated(n, 12, 12) == n);
}

TEST_CASE("other work, another machine, distance and doublings each make all less alike") {
  const unlikeness same = unlikeness_of(0, 0, true, true);
  for (const unlikeness& other :
       {unlikeness_of(0.1, 0, true, true), unlikeness_of(0, 1, true, true),
        unlikeness_of(0, -1, true, true), unlikeness_of(0, 0, false, true),
        unlikeness_of(0, 0, true, false)}) {
    CHECK(other.of_level > same.of_level);
    CHECK(other.of_width > same.of_width);
    CHECK(other.of_chunk > same.of_chunk);
    CHECK(other.of_level > other.of_width);
  }
  CHECK(same.of_chunk > 0);
}

TEST_CASE("who is slower in all ways does not make what only it tried look slow") {
  consensus all;
  const unlikeness alike = unlikeness_of(0, 0, false, true);
  all.add(std::vector<consensus::statement>{{4, 0, -1.2, 0.03, 5}, {8, 0, -1.5, 0.03, 5}}, alike,
          1);
  all.add(std::vector<consensus::statement>{{8, 0, -0.5, 0.03, 5}, {16, 0, -0.7, 0.03, 5}}, alike,
          0.5);
  const std::vector<hint> said = all.hints();
  REQUIRE(said.size() == 3);
  CHECK(said[1].log_ratio - said[0].log_ratio == doctest::Approx(-0.3));
  CHECK(said[2].log_ratio - said[1].log_ratio == doctest::Approx(-0.2));
  CHECK(said[1].log_ratio == doctest::Approx(-1.0));  // of all alike, the mean
  CHECK(said[0].similarity == doctest::Approx(1));
  CHECK(said[1].similarity == doctest::Approx(0.75));
  CHECK(said[1].count == 10);
}

TEST_CASE("without a hint no prior moves") {
  std::vector<arm> arms = arms_of(16, 3);
  const std::vector<arm> before = arms;
  move_priors(arms, {}, 1e7, 0.25);
  const std::vector<hint> elsewhere{hint_of(32, 4)};
  move_priors(arms, elsewhere, 1e7, 0.25);
  for (std::size_t i = 0; i < arms.size(); ++i) {
    CHECK(arms[i].prior == doctest::Approx(before[i].prior));
    CHECK(arms[i].count == 0);
  }
}

TEST_CASE("hints make the choice where the cost model is wrong") {
  std::vector<arm> arms = arms_of(16);
  CHECK(chosen(arms).n_jobs == 16);
  const std::vector<hint> saturated{hint_of(1, 1), hint_of(4, 3.5), hint_of(16, 2.5)};
  move_priors(arms, saturated, 1e7, 0.25);
  CHECK(chosen(arms).n_jobs == 4);
  CHECK(arms[2].prior == doctest::Approx(1e7 / 3.5).epsilon(0.15));
  CHECK(arms[3].prior > 1e7 / 4);  // 8, of which nobody said anything, is between the two
}

TEST_CASE("what is uncertain moves a prior by less, and one measurement here outweighs it") {
  hint sure = hint_of(8, 4);
  hint unsure = sure;
  unsure.width_error = 0.6;
  std::vector<arm> one = arms_of(8);
  std::vector<arm> other = one;
  const double before = one[3].prior;
  move_priors(one, std::vector{sure}, 1e7, 0.25);
  move_priors(other, std::vector{unsure}, 1e7, 0.25);
  CHECK(one[3].prior > other[3].prior);
  CHECK(other[3].prior > 1.02 * before);

  one[3].measured = 1e7 / 7;
  one[3].count = 1;
  one[3].log_error = 0.1;
  CHECK(choose_arm(one, 0.25).expected == doctest::Approx(1e7 / 7).epsilon(0.2));
  CHECK(chosen(one).n_jobs == 8);
}

TEST_CASE("a duration of chunks that others did well by is chosen among those of as many threads") {
  std::vector<arm> arms = arms_of(8, 4);
  const std::vector<hint> said{hint_of(8, 5, 0), hint_of(8, 5, 1), hint_of(8, 6, 2)};
  move_priors(arms, said, 1e7, 0.25);
  CHECK(chosen(arms) == configuration{.n_jobs = 8, .chunk_rung = 2});
  const auto prior = [&](int rung) {
    for (const arm& a : arms) {
      if (a.by == configuration{.n_jobs = 8, .chunk_rung = rung}) return a.prior;
    }
    return 0.0;
  };
  CHECK(prior(2) < 0.9 * prior(0));
  CHECK(prior(0) == doctest::Approx(prior(1)));
}

TEST_CASE("an arm without a prior stays without one") {
  std::vector<arm> arms = arms_of(4);
  arms[1].prior = 0;
  const std::vector<hint> said{hint_of(2, 1.5), hint_of(4, 2)};
  move_priors(arms, said, 1e7, 0.25);
  CHECK(arms[1].prior == 0);
  CHECK(arms[2].prior > 1e7 / 4);
  move_priors({}, said, 1e7, 0.25);
}

TEST_CASE("one thread is what the others are measured by: that these are slow makes it no slower") {
  consensus all;
  const unlikeness alike = unlikeness_of(0, 0, false, true);
  for (const double slow : {0.0, 1.0}) {
    all.add(std::vector<consensus::statement>{{1, 0, 0, 0.03, 5}, {8, 0, slow - 1.5, 0.03, 5}},
            alike, 1);
  }
  REQUIRE(all.hints().size() == 2);
  CHECK(all.hints()[0].log_ratio == doctest::Approx(0));
  CHECK(all.hints()[1].log_ratio == doctest::Approx(-1));
}
