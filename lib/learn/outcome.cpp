#include "learn/outcome.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "learn/learner.hpp"

namespace amorsize::detail {
namespace {

/// Fewer readings than these tell nothing of how far apart readings are.
constexpr double young = 3;

// Standard deviation of one reading where few were taken, and of what all in a row share: a busy
// neighbour, a warm cache, a clock rate.
constexpr double usual_spread = 0.1;
constexpr double least_error = 0.02;

constexpr double least_surprise_in_doubt = 0.15;
constexpr double agreement = 0.25;  // of two that say that something has changed
constexpr double much_slower = 1;   // late wakes may come twice in a row: three have to say so
constexpr double doubtful_spread = 0.115;
constexpr double most_doubt = 4;
constexpr double of_a_page_fault = 0.15;  // squares, at most, that a doubt without reason leaves

/// What two thirds of all work gets slower or faster by in a month.
constexpr double change_in_a_month = 0.1;
constexpr double month = 30 * 86'400.0;

/// Assumes `usual_spread` as if three readings had shown it.
double spread_of(const outcome& o) {
  return std::sqrt((o.squares + 3 * usual_spread * usual_spread) / (std::max(o.count, 1.0) + 2));
}

/// A last reading that was far from the others, and is all that is known of it.
bool is_in_doubt(const outcome& o) { return o.count <= 3 && spread_of(o) > doubtful_spread; }

void restart(outcome& o, double reading) {
  o.count = 1;
  o.mean = reading;
  o.squares = 0;
}

/// How far that reading was from the others.
double doubt_of(const outcome& o) { return std::sqrt(o.squares * o.count / (o.count - 1)); }

/// What slowed one configuration, somebody else's work or a narrow bus, slows those of as many
/// threads or more as much, and those of fewer the less. Only a wrong record is off by more than
/// `much_slower`: that says nothing of others.
double change_of(const configuration& other, const configuration& by, double change) {
  const double fewer = std::log(std::max<double>(by.n_jobs, 1) / std::max(other.n_jobs, 1));
  const double size = std::min(std::abs(change), much_slower) - std::max(fewer, 0.0);
  return std::copysign(std::max(size, 0.0), change);
}

/// What was lost to learn before a change is forgotten, so that a call's time can be spent at once.
void forgive(sized_record& of) {
  if (!(of.calls > 0)) return;
  const double room = share_to_learn * of.wall_ns - of.wall_ns / of.calls;
  of.explored_ns = std::min(of.explored_ns, std::max(room, 0.0));
}

/// Winsorised: one page fault would otherwise decide what is chosen next.
void doubt(outcome& o, double distance, double farthest, double count) {
  const double step = std::copysign(farthest, distance) / (o.count + 1);
  o.mean += step;
  fade(o, count - 1);
  o.count += 1;
  const double still = std::min(std::abs(distance - step), most_doubt);
  o.squares += still * still * (o.count - 1) / o.count;
}

}  // namespace

void fade(outcome& o, double count) noexcept {
  if (o.count <= count) return;
  o.squares *= count / o.count;
  o.count = count;
}

bool observe(outcome& o, double wall_ns_per_item, std::int64_t now_s) noexcept {
  if (!(wall_ns_per_item > 0) || !std::isfinite(wall_ns_per_item)) return false;
  o.last_seen = std::max(o.last_seen, now_s);
  const double reading = std::log(wall_ns_per_item);
  // Disturbed calls are slow, not fast: a reading of less than half of the first ones says that
  // these were.
  const bool were_disturbed = o.count < young && reading < o.mean - std::numbers::ln2;
  if (!(o.count > 0) || were_disturbed) {
    restart(o, reading);
    return false;
  }
  const double distance = reading - o.mean;
  const bool was_in_doubt = is_in_doubt(o);
  const double farthest =
      was_in_doubt ? least_surprise_in_doubt
                   : std::clamp(surprise * spread_of(o), least_surprise, std::numbers::ln2);
  if (o.count >= 1 && std::abs(distance) > farthest) {
    const double apart = std::abs(std::abs(distance) - doubt_of(o));
    const bool agrees = was_in_doubt && apart < std::max(agreement, std::abs(distance) / 4);
    if (agrees && (distance < much_slower || o.count <= 2)) {
      restart(o, reading);
      o.count = 2;  // one far from the others, and this
      return true;
    }
    if (was_in_doubt) o.squares = 0;
    doubt(o, distance, farthest, agrees ? 2 : 3);
    return false;
  }
  if (was_in_doubt) o.squares = std::min(o.squares, of_a_page_fault);  // or readings vary
  fade(o, most_readings - 1);
  o.count += 1;
  o.mean += distance / o.count;
  o.squares += distance * distance * (o.count - 1) / o.count;
  return false;
}

void observe(sized_record& of, const configuration& by, double wall_ns_per_item,
             std::int64_t now_s) {
  auto place = std::find_if(of.outcomes.begin(), of.outcomes.end(),
                            [&](const outcome& o) { return o.by == by; });
  if (place == of.outcomes.end()) place = of.outcomes.insert(place, {.by = by});
  const double before = place->mean;
  if (!observe(*place, wall_ns_per_item, now_s)) return;
  for (outcome& other : of.outcomes) {
    if (&other == &*place) continue;
    other.mean += change_of(other.by, by, place->mean - before);
    make_stale(other);
  }
  forgive(of);
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
  return std::max(spread_of(o) / std::sqrt(std::max(o.count, 0.05)), least_error);
}

double log_error_of(const outcome& o, const sized_record& among) noexcept {
  std::int64_t newest = o.last_seen;
  for (const outcome& other : among.outcomes) newest = std::max(newest, other.last_seen);
  const double age = static_cast<double>(newest) - static_cast<double>(o.last_seen);
  return std::hypot(log_error_of(o), change_in_a_month * std::sqrt(age / month));
}

}  // namespace amorsize::detail
