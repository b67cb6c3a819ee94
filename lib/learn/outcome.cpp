#include "learn/outcome.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace amorsize::detail {
namespace {

constexpr double most_count = 64;

/// Fewer readings than these tell nothing of how far apart readings are.
constexpr double young = 3;

// Standard deviation of one reading where few were taken, and of what all in a row share: a busy
// neighbour, a warm cache, a clock rate.
constexpr double usual_spread = 0.1;
constexpr double least_error = 0.02;

/// Assumes `usual_spread` as if three readings had shown it.
double spread_of(const outcome& o) {
  return std::sqrt((o.squares + 3 * usual_spread * usual_spread) / (std::max(o.count, 1.0) + 2));
}

/// Makes earlier readings count as `count` ones.
void fade(outcome& o, double count) {
  if (o.count <= count) return;
  o.squares *= count / o.count;
  o.count = count;
}

}  // namespace

void observe(outcome& o, double wall_ns_per_item, std::int64_t now_s) noexcept {
  if (!(wall_ns_per_item > 0) || !std::isfinite(wall_ns_per_item)) return;
  o.last_seen = std::max(o.last_seen, now_s);
  const double reading = std::log(wall_ns_per_item);
  // Disturbed calls are slow, not fast: a reading of less than half of the first ones says that
  // these were.
  if (o.count < young && reading < o.mean - std::numbers::ln2) fade(o, 0);

  // Winsorised: one page fault would otherwise decide what is chosen next.
  const double farthest = std::clamp(4 * spread_of(o), 0.25, std::numbers::ln2);
  double distance = o.count > 0 ? reading - o.mean : 0;
  if (std::abs(distance) > farthest) {
    distance = std::copysign(farthest, distance);
    fade(o, std::max(o.count / 2, 2.0));
  }
  fade(o, most_count - 1);
  if (o.count <= 0) o.mean = reading;
  o.count += 1;
  o.mean += distance / o.count;
  o.squares += distance * distance * (o.count - 1) / o.count;
}

void add(outcome& to, const outcome& other) noexcept {
  to.last_seen = std::max(to.last_seen, other.last_seen);
  if (!(other.count > 0)) return;
  if (!(to.count > 0)) to.count = to.squares = 0;
  const double count = to.count + other.count;
  const double distance = to.count > 0 ? other.mean - to.mean : 0;
  to.mean = to.count > 0 ? to.mean + distance * other.count / count : other.mean;
  to.squares += other.squares + distance * distance * to.count * other.count / count;
  to.count = count;
}

double log_error_of(const outcome& o) noexcept {
  return std::max(spread_of(o) / std::sqrt(std::max(o.count, 1.0)), least_error);
}

}  // namespace amorsize::detail
