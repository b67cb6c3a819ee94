#include "learning/player.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "../../support/choose_known.hpp"
#include "learn/outcome.hpp"

namespace learning {
namespace {

using namespace amorsize::detail;

constexpr double prior_log_error = 0.25;

/// As the engine does it: the record is all that is kept from one run to the next.
class learner final : public player {
 public:
  learner(const pair& at, sized_record known) : at_(at), known_(std::move(known)) {}

  turn play() override {
    last_ = support::choose_known(&known_, at_.arms, at_.of.items, prior_log_error);
    sized_record frozen = known_;
    frozen.calls = 0;
    const choice best = support::choose_known(&frozen, at_.arms, at_.of.items, prior_log_error);
    return {last_.arm,     best.arm,         best.confidence,
            last_.instead, last_.instead_ns, last_.instead_spread};
  }

  void observe(const turn& made, const executed& what) override {
    amorsize::detail::observe(known_, at_.arms[made.arm].by, what.reading / at_.of.items,
                              static_cast<std::int64_t>(known_.calls));
    known_.calls += 1;
    known_.items += at_.of.items;
    known_.wall_ns += what.wall;
    if (last_.is_exploration) known_.explored_ns += std::max(what.wall - last_.best, 0.0);
  }

 private:
  const pair& at_;
  sized_record known_;
  choice last_;
};

/// Of who does not say how sure it is, and abandons nothing.
turn turn_of(std::size_t arm, std::size_t best) {
  turn t;
  t.arm = arm;
  t.best = best;
  t.confidence = 0.5;
  return t;
}

class fixed final : public player {
 public:
  explicit fixed(std::size_t arm) : arm_(arm) {}
  turn play() override { return turn_of(arm_, arm_); }
  void observe(const turn&, const executed&) override {}

 private:
  std::size_t arm_;
};

std::size_t all_cores(const pair& at) {
  std::size_t widest = 0;
  for (std::size_t i = 0; i < at.arms.size(); ++i) {
    if (at.arms[i].by.n_jobs > at.arms[widest].by.n_jobs) widest = i;
  }
  return widest;
}

/// The rule of the original: runs are remembered as decisions, and the next one is the mean of
/// those nearest, here all of the same work, weighted by the speedup they had. It begins with what
/// three samplings chose.
class averaged final : public player {
 public:
  averaged(const pair& at, std::uint64_t seed) : at_(at), random_(seed) {}

  turn play() override {
    double width = std::log2(at_.arms[at_.prior_choice()].by.n_jobs);
    if (runs_ < 3) width += std::normal_distribution<double>(0, 0.5)(random_);
    if (runs_ >= 3) width = sum_ / weights_;
    std::size_t nearest = 0;
    for (std::size_t i = 0; i < at_.arms.size(); ++i) {
      if (at_.arms[i].by.chunk_rung != 0) continue;
      if (distance(i, width) < distance(nearest, width)) nearest = i;
    }
    return turn_of(nearest, nearest);
  }

  void observe(const turn& made, const executed& what) override {
    const double weight = 1 / what.wall;
    weights_ += weight;
    sum_ += weight * std::log2(at_.arms[made.arm].by.n_jobs);
    ++runs_;
  }

 private:
  double distance(std::size_t i, double width) const {
    return std::abs(std::log2(at_.arms[i].by.n_jobs) - width);
  }

  const pair& at_;
  std::mt19937_64 random_;
  int runs_ = 0;
  double sum_ = 0;
  double weights_ = 0;
};

/// One run in ten by any arm; else by the least mean.
class epsilon_greedy final : public player {
 public:
  epsilon_greedy(const pair& at, std::uint64_t seed)
      : at_(at), random_(seed), sums_(at.arms.size()), counts_(at.arms.size()) {}

  turn play() override {
    std::size_t best = at_.prior_choice();
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      if (counts_[i] == 0 || sums_[i] / counts_[i] >= least) continue;
      least = sums_[i] / counts_[i];
      best = i;
    }
    const bool tries = runs_++ > 0 && random_() % 10 == 0;
    return turn_of(tries ? random_() % sums_.size() : best, best);
  }

  void observe(const turn& made, const executed& what) override {
    sums_[made.arm] += what.wall;
    counts_[made.arm] += 1;
  }

 private:
  const pair& at_;
  std::mt19937_64 random_;
  std::vector<double> sums_;
  std::vector<double> counts_;
  int runs_ = 0;
};

}  // namespace

std::unique_ptr<player> learner_from(const pair& at, sized_record known) {
  return std::make_unique<learner>(at, std::move(known));
}

std::vector<contender> contenders() {
  return {
      {"learner", [](const pair& at, std::uint64_t) { return learner_from(at, {}); }},
      {"prior alone",
       [](const pair& at, std::uint64_t) { return std::make_unique<fixed>(at.prior_choice()); }},
      {"all cores",
       [](const pair& at, std::uint64_t) { return std::make_unique<fixed>(all_cores(at)); }},
      {"mean of choices",
       [](const pair& at, std::uint64_t seed) { return std::make_unique<averaged>(at, seed); }},
      {"epsilon-greedy",
       [](const pair& at, std::uint64_t seed) {
         return std::make_unique<epsilon_greedy>(at, seed);
       }},
  };
}

}  // namespace learning
