#include "learn/learner.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

namespace amorsize::detail {
namespace {

constexpr double worth_changing = 0.97;
constexpr double least_log_error = 0.01;

/// Priors are never moved farther by what other arms took: where one took ten times as long as
/// expected, the reason is its own.
constexpr double most_bias = std::numbers::ln2;

/// Of the logarithm of an arm's time: normal, with a weight that is one over the variance.
struct estimate {
  double mean = 0;
  double weight = 0;  // zero: nothing is known
};

bool is_time(double ns) { return ns > 0 && std::isfinite(ns); }
bool has_prior(const arm& a) { return is_time(a.prior); }
bool is_measured(const arm& a) { return a.count > 0 && is_time(a.measured); }

double weight_of(double log_error) {
  const double error = std::max(log_error, least_log_error);
  return 1 / (error * error);
}

/// How far what one arm shows is true of another: half as much for each doubling of threads, and
/// half again between one thread, which shares nothing, and several.
double likeness(const arm& a, const arm& b) {
  const int lesser = std::max(std::min(a.by.n_jobs, b.by.n_jobs), 1);
  const int greater = std::max({a.by.n_jobs, b.by.n_jobs, 1});
  return (lesser == 1 && greater > 1 ? 0.5 : 1.0) * lesser / greater;
}

/// What the prior of an arm is off by, as a logarithm: the mean of what the measured arms show, the
/// more like this one the more, as if a further one, as uncertain as a prior, had shown nothing.
double bias_of(const arm& of, std::span<const arm> arms, double prior_log_error) {
  double sum = 0;
  double weights = weight_of(prior_log_error);
  for (const arm& a : arms) {
    if (!has_prior(a) || !is_measured(a)) continue;
    const double weight = likeness(of, a) * weight_of(std::hypot(prior_log_error, a.log_error));
    sum += weight * std::log(a.measured / a.prior);
    weights += weight;
  }
  return std::clamp(sum / weights, -most_bias, most_bias);
}

/// Prior and measurement, each by its weight.
estimate estimate_of(const arm& a, std::span<const arm> arms, double prior_log_error) {
  estimate e;
  double sum = 0;
  if (has_prior(a)) {
    e.weight = weight_of(prior_log_error);
    sum = e.weight * (std::log(a.prior) + bias_of(a, arms, prior_log_error));
  }
  if (is_measured(a)) {
    const double weight = weight_of(a.log_error);
    e.weight += weight;
    sum += weight * std::log(a.measured);
  }
  if (e.weight > 0) e.mean = sum / e.weight;
  return e;
}

/// The chance that the one is not over 10 % slower than the other.
double chance_of(const estimate& chosen, const estimate& other) {
  const double margin = std::log(1.1) + other.mean - chosen.mean;
  return 0.5 * std::erfc(-margin / std::sqrt(2 * (1 / chosen.weight + 1 / other.weight)));
}

}  // namespace

choice choose_arm(std::span<const arm> arms, double prior_log_error) noexcept {
  arms = arms.first(std::min(arms.size(), most_arms));
  std::array<estimate, most_arms> estimates;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < arms.size(); ++i) {
    estimates[i] = estimate_of(arms[i], arms, prior_log_error);
    if (estimates[i].weight > 0) least = std::min(least, estimates[i].mean);
  }
  const std::span<const estimate> known(estimates.data(), arms.size());
  const auto best = std::find_if(known.begin(), known.end(), [&](const estimate& e) {
    return e.weight > 0 && e.mean + std::log(worth_changing) <= least;
  });
  if (best == known.end()) return {};

  choice chosen{static_cast<std::size_t>(best - known.begin()), std::exp(best->mean), 1};
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i != chosen.arm && known[i].weight > 0) chosen.confidence *= chance_of(*best, known[i]);
  }
  return chosen;
}

double purse(const sized_record& known) noexcept {
  constexpr double first_grant = 200'000;
  constexpr double share = 0.03;
  return first_grant + share * known.wall_ns - known.explored_ns;
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
