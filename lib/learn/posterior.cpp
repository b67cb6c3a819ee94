#include "learn/posterior.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

namespace amorsize::detail {
namespace {

// Variances of what the prior is off by, in squares of its usual error: of all arms alike, of all
// that share, of each doubling of threads, of a trend along all doublings, of a chunk's duration,
// and of an arm alone.
constexpr double of_all = 0.2;
constexpr double of_sharing = 0.2;
constexpr double of_doubling = 1;
constexpr double of_trend = 0.3;
constexpr double of_chunk = 0.8;
constexpr double of_one = 0.02;

// In a stream: of its buffer, and of its order.
constexpr double of_buffer = 0.3;
constexpr double of_order = 0.2;

constexpr double least_error = 0.01;

// Where measurements surprise, the prior is doubted, and where they do not, it is trusted: the
// usual surprise counts for as many measurements, and one is never taken for more than three
// standard deviations.
constexpr double sureness = 2;
constexpr double usual_surprise = 0.8;
constexpr double most_surprise = 9;

// Of how far a single reading is slower than expected, and at most.
constexpr double maybe_disturbed = 0.3;
constexpr double most_disturbed = 1.5;

/// Of a number of threads.
struct width_place {
  double doublings;
  double trend;  ///< what many threads share, and the prior does not know of, costs the more
};

width_place place_of(const arm& a) {
  const double threads = std::max(a.by.n_jobs, 1);
  return {std::log2(threads), std::sqrt(threads) - 1};
}

/// How alike two durations of chunks err: the adaptive one is as far from each of the others.
double chunk_likeness(int a, int b) {
  if (a == b) return 1;
  return a == 0 || b == 0 ? 0.4 : std::exp(-std::abs(a - b) / 1.5);
}

/// How alike two streams err that share: by factors of two between their buffers, and by order.
double stream_likeness(const configuration& a, const configuration& b) {
  if (a.buffer_size == 0 || b.buffer_size == 0) return 0;
  const auto apart = static_cast<int>(std::bit_width(a.buffer_size)) -
                     static_cast<int>(std::bit_width(b.buffer_size));
  return of_buffer / (1 + std::abs(apart)) + (a.use_ordered == b.use_ordered ? of_order : 0);
}

double likeness(const configuration& a, const width_place& at_a, const configuration& b,
                const width_place& at_b) {
  const double x = at_a.doublings;
  const double y = at_b.doublings;
  double sum = of_all + of_doubling * std::min(x, y) + of_trend * at_a.trend * at_b.trend;
  if (x > 0 && y > 0) {
    const double near = x == y ? 1 : std::exp(-std::abs(x - y) / 2);
    sum += of_sharing + of_chunk * chunk_likeness(a.chunk_rung, b.chunk_rung) * near +
           stream_likeness(a, b);
  }
  return sum + (a == b ? of_one : 0);
}

/// One reading that is far slower than expected may be of a disturbed call.
double error_of(const arm& a, double expected) {
  if (a.count >= 2) return a.log_error;
  const double slower = std::log(a.measured) - expected;
  return std::max(a.log_error, std::min(maybe_disturbed * slower, most_disturbed));
}

}  // namespace

posterior::posterior(std::span<const arm> arms, double prior_log_error) noexcept
    : size_(std::min(arms.size(), most_arms)) {
  arms = arms.first(size_);
  expect(arms, std::max(prior_log_error, least_error));
  for (std::size_t i = 0; i < size_; ++i) {
    const arm& a = arms[i];
    if (has_prior(a) && is_measured(a)) learn(i, std::log(a.measured), error_of(a, means_[i]));
  }
  scale_ = (usual_surprise * sureness + surprises_) / (sureness + learned_);
}

double posterior::variance_of_difference(std::size_t i, std::size_t j) const {
  return std::max(variance(i) + variance(j) - 2 * covariance(i, j), 0.0);
}

/// Arms without a prior share nothing with the others.
void posterior::expect(std::span<const arm> arms, double prior_log_error) noexcept {
  const double scale = prior_log_error * prior_log_error;
  std::array<width_place, most_arms> at;  // as many as there are arms
  for (std::size_t i = 0; i < size_; ++i) {
    const arm& a = arms[i];
    at[i] = place_of(a);
    is_known_[i] = has_prior(a) || is_measured(a);
    means_[i] = !is_known_[i] ? 0 : std::log(has_prior(a) ? a.prior : a.measured);
    for (std::size_t j = 0; j <= i; ++j) {
      const bool is_shared = has_prior(a) && has_prior(arms[j]);
      covariances_[i][j] = covariances_[j][i] =
          is_shared ? scale * likeness(a.by, at[i], arms[j].by, at[j]) : 0;
    }
    if (!has_prior(a)) covariances_[i][i] = a.log_error * a.log_error;
  }
}

/// One step of a Kalman filter.
void posterior::learn(std::size_t which, double log_time, double error) noexcept {
  const auto seen = covariances_[which];
  const double variance = seen[which] + std::max(error * error, least_error * least_error);
  const double surprise = (log_time - means_[which]) / variance;
  surprises_ += std::min(surprise * surprise * variance, most_surprise);
  ++learned_;
  for (std::size_t i = 0; i < size_; ++i) {
    means_[i] += seen[i] * surprise;
    const double gain = seen[i] / variance;
    for (std::size_t j = 0; j < size_; ++j) covariances_[i][j] -= gain * seen[j];
  }
}

}  // namespace amorsize::detail
