#include "learn/learner.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numbers>
#include <optional>

#include "learn/abandon.hpp"
#include "learn/posterior.hpp"

namespace amorsize::detail {
namespace {

constexpr double log_worth_changing = 0.03;

/// Of one more reading, as a logarithm.
constexpr double usual_noise = 0.07;

// Work is expected to come back as often as it came; a gain counts for that many calls.
constexpr double least_horizon = 10;
constexpr double most_horizon = 60;

constexpr double doubtful_error = 0.12;
constexpr double chance_of_disturbance = 0.92;

/// The prior is off by so much more where what it does not know of has changed.
constexpr double error_after_change = 2;

/// What a gain has to exceed its price by: some are tried for each that is found.
constexpr double worth_trying = 0.4;

/// Alternatives are many, but not independent, and the prior is right more often than a normal
/// distribution of its errors has it: so says the table of reliability in tests/bench/learning.
double calibrated(double chance) { return 1 - 0.42 * (1 - chance); }

/// The last reading was far from those before (see `observe`): the next one says whether it was
/// disturbed, or what was known is not so any more.
bool is_in_doubt(const arm& a) {
  return is_measured(a) && a.count <= 3 && a.log_error > doubtful_error;
}

double density(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); }
double below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

/// The mean of max(x, 0), x normal.
double mean_gain(double mean, double deviation) {
  if (deviation <= 0) return std::max(mean, 0.0);
  const double z = mean / deviation;
  return deviation * density(z) + mean * below(z);
}

bool is_step(int a, int b) { return std::abs(a - b) <= 1; }

/// Something was found to have changed (see `observe`), and this was not measured since.
bool is_stale(const arm& a) { return is_measured(a) && a.count < 1; }

bool has_changed(std::span<const arm> arms) {
  return std::any_of(arms.begin(), arms.end(), is_stale);
}

/// Of the same chunk, no more arms lie between them than one after a change, and none else.
bool are_next_widths(std::span<const arm> arms, const arm& a, const arm& b) {
  const int lesser = std::min(a.by.n_jobs, b.by.n_jobs);
  const int greater = std::max(a.by.n_jobs, b.by.n_jobs);
  const auto between = std::count_if(arms.begin(), arms.end(), [&](const arm& c) {
    return c.by.n_jobs > lesser && c.by.n_jobs < greater && c.by.chunk_rung == b.by.chunk_rung;
  });
  return between == 0 || (between == 1 && has_changed(arms));
}

/// One step along one ladder; from the adaptive chunk, which is on none, to all others. Serial is a
/// neighbour of all.
bool are_neighbours(std::span<const arm> arms, const arm& a, const arm& b) {
  if (b.by.n_jobs == 1 || a.by.n_jobs == 1) {
    return b.by.n_jobs == 1 || (b.by.chunk_rung == 0 && are_next_widths(arms, a, b));
  }
  if (a.by.n_jobs == b.by.n_jobs) {
    return is_step(a.by.chunk_rung, b.by.chunk_rung) || a.by.chunk_rung == 0 ||
           b.by.chunk_rung == 0;
  }
  return a.by.chunk_rung == b.by.chunk_rung && are_next_widths(arms, a, b);
}

/// Chooses by a posterior.
class chooser {
 public:
  chooser(std::span<const arm> arms, double prior_log_error)
      : arms_(arms.first(std::min(arms.size(), most_arms))),
        believed_(arms_, prior_log_error * (has_changed(arms_) ? error_after_change : 1)) {}

  /// Of the arms measured, or of all where none is, the one with most measurements that is as good
  /// as the best: what won yesterday is not left for less than 3 %. Then a neighbour, if it is
  /// expected to gain more than that.
  std::optional<std::size_t> best() const {
    const auto first = best_measured();
    if (!first) return most_measured(false);
    std::size_t best = *first;
    for (std::size_t i = 0; i < arms_.size(); ++i) {
      if (!believed_.is_known(i) || !are_neighbours(arms_, arms_[*first], arms_[i])) continue;
      const double margin = best == *first ? log_worth_changing : 0;
      if (believed_.mean(i) < believed_.mean(best) - margin) best = i;
    }
    return best;
  }

  /// Null: none was measured.
  std::optional<std::size_t> best_measured() const {
    const bool any = std::any_of(arms_.begin(), arms_.end(), is_measured);
    return any ? most_measured(true) : std::nullopt;
  }

  struct trial {
    std::size_t arm = 0;
    double loss = 0;   // in times of the best
    double worth = 0;  // likewise
  };

  /// The neighbour worth trying most, of those whose expected loss can be paid.
  std::optional<trial> worth_trying_most(std::size_t best, double payable, double calls) const {
    const double horizon = std::clamp(calls, least_horizon, most_horizon);
    std::optional<trial> most;
    for (std::size_t i = 0; i < arms_.size(); ++i) {
      if (i == best || !believed_.is_known(i)) continue;
      if (!is_measured(arms_[i]) && !are_neighbours(arms_, arms_[best], arms_[i])) continue;
      const trial t = trial_of(i, best, horizon);
      if (t.loss <= payable && t.worth > 0 && (!most || t.worth > most->worth)) most = t;
    }
    return most;
  }

  /// The chance that no arm is over 10 % faster than this.
  double confidence(std::size_t best) const {
    double least = 1;
    for (std::size_t i = 0; i < arms_.size(); ++i) {
      if (i == best || !believed_.is_known(i)) continue;
      const double margin = std::log(1.1) + believed_.mean(i) - believed_.mean(best);
      const double variance = believed_.variance_of_difference(i, best);
      const double chance = variance > 0 ? below(margin / std::sqrt(variance)) : margin >= 0;
      least = std::min(least, chance);
    }
    return calibrated(least) * (is_in_doubt(arms_[best]) ? chance_of_disturbance : 1);
  }

  double expected(std::size_t i) const { return std::exp(believed_.mean(i)); }

  /// The best of those with other threads: what slows an arm does so whatever its chunks are.
  std::optional<std::size_t> instead_of(std::size_t arm) const {
    std::optional<std::size_t> least;
    for (std::size_t i = 0; i < arms_.size(); ++i) {
      if (arms_[i].by.n_jobs == arms_[arm].by.n_jobs || !believed_.is_known(i)) continue;
      if (!least || believed_.mean(i) < believed_.mean(*least)) least = i;
    }
    return least;
  }

  double spread(std::size_t i) const {
    return std::sqrt(believed_.variance(i) + usual_noise * usual_noise);
  }

 private:
  std::optional<std::size_t> most_measured(bool any) const {
    double least = std::numeric_limits<double>::infinity();
    const auto counts = [&](std::size_t i) {
      return believed_.is_known(i) && (!any || is_measured(arms_[i]));
    };
    for (std::size_t i = 0; i < arms_.size(); ++i) {
      if (counts(i)) least = std::min(least, believed_.mean(i));
    }
    std::optional<std::size_t> most;
    for (std::size_t i = 0; i < arms_.size(); ++i) {
      if (!counts(i) || believed_.mean(i) > least + log_worth_changing) continue;
      if (!most || arms_[i].count > arms_[*most].count) most = i;
    }
    return most;
  }

  /// The value of one more reading (knowledge gradient): what it may lower the expectation of the
  /// best by, as often as work like this may come, less what it is expected to cost.
  trial trial_of(std::size_t i, std::size_t best, double horizon) const {
    const double slower = believed_.mean(i) - believed_.mean(best);
    const double variance = believed_.variance_of_difference(i, best);
    const double told = std::abs(believed_.variance(i) - believed_.covariance(i, best)) /
                        std::sqrt(believed_.variance(i) + usual_noise * usual_noise);
    trial t;
    t.arm = i;
    t.loss = loss_when_abandoned(std::expm1(slower + variance / 2));
    t.worth = horizon * mean_gain(-slower - log_worth_changing, told) - worth_trying * t.loss;
    return t;
  }

  std::span<const arm> arms_;
  posterior believed_;
};

void set_instead(choice& c, const chooser& among, std::size_t other) {
  c.instead = other;
  c.instead_ns = among.expected(other);
  c.instead_spread = among.spread(other);
}

}  // namespace

choice choose_or_explore(std::span<const arm> arms, double prior_log_error, double purse,
                         double calls) noexcept {
  const chooser among(arms, prior_log_error);
  const auto best = among.best();
  if (!best) return {};
  choice c;
  c.arm = *best;
  c.best = c.expected = among.expected(*best);
  c.confidence = among.confidence(*best);
  if (const auto other = among.instead_of(*best)) set_instead(c, among, *other);
  if (!(purse > 0) || calls < 1) return c;
  const auto trial = among.worth_trying_most(*best, purse / c.expected, calls);
  if (!trial) return c;
  set_instead(c, among, *best);
  c.arm = trial->arm;
  c.is_exploration = true;
  c.expected_loss = trial->loss * c.expected;
  c.expected = among.expected(trial->arm);
  c.confidence = among.confidence(trial->arm);
  return c;
}

choice choose_arm(std::span<const arm> arms, double prior_log_error) noexcept {
  return choose_or_explore(arms, prior_log_error, 0, 0);
}

double purse(const sized_record& known) noexcept {
  constexpr double most_granted = 200'000;
  const double call = known.calls > 0 ? known.wall_ns / known.calls : 0;
  return std::min(most_granted, call) + share_to_learn * known.wall_ns - known.explored_ns;
}

bool should_probe(const sized_record& known, int n_jobs, double probe_ns,
                  double chosen_ns) noexcept {
  if (!is_time(probe_ns) || !is_time(chosen_ns)) return false;
  if (probe_ns - chosen_ns > purse(known)) return false;
  double probes = 0;
  std::int64_t last_probe = 0;
  std::int64_t last_other = 0;
  for (const outcome& o : known.outcomes) {
    std::int64_t& last = o.by.n_jobs == n_jobs ? last_probe : last_other;
    last = std::max(last, o.last_seen);
    if (o.by.n_jobs == n_jobs) probes += o.count;
  }
  // A reading that surprised makes the count of probes fall: without this, the next call would
  // probe again.
  const bool is_just_done = last_probe > last_other;
  // Whole numbers of probes, so that at least as many calls pass between two as before the first.
  return !is_just_done && probes < std::floor(std::log2(1 + known.calls));
}

}  // namespace amorsize::detail
