#include "plan/stream_trial.hpp"

namespace amorsize::detail {
namespace {

constexpr double first_ns = 100'000;

// Sharing has just begun: helpers are still on their way, and memory is new.
constexpr double settling_ns = 300'000;
constexpr double trial_ns = 800'000;
constexpr double first_back_off_ns = 20'000'000;
constexpr double known_ns = 100'000'000;
constexpr double most_back_off = 4;
constexpr double worth_switching = 0.95;

// So much slower, for so long, needs no longer trial.
constexpr double clearly_worse = 1.4;
constexpr double clear_ns = 250'000;

// Item times that differ so much, at several looks in a row, are of other items. No more often than
// this, since a trial costs up to a millisecond.
constexpr double much_changed = 2;
constexpr double look_ns = 1'000'000;
constexpr int looks = 3;
constexpr double between_changes_ns = 10'000'000;

}  // namespace

stream_trial::stream_trial(bool may_share, phase first, bool is_known)
    : may_share_(may_share),
      now_(first),
      limit_(is_known ? known_ns : first_ns),
      back_off_(first_back_off_ns) {}

bool stream_trial::advance(double items, double elapsed, bool ran_alone) {
  if (now_ == phase::alone && !ran_alone) return false;
  since_ += elapsed;
  if (now_ == phase::shared && since_ < settling_ns) return false;
  const phase other = now_ == phase::alone ? phase::shared : phase::alone;
  const bool is_other_work = has_changed(items, elapsed);
  of(now_).add(items, elapsed);
  all_[index(now_)].add(items, elapsed);
  if (!may_share_) return false;
  if (is_other_work) {
    back_off_ = first_back_off_ns;
    enter(other);
    return true;
  }
  if (since_ < limit_ && !is_clearly_worse(other)) return false;
  const double here = of(now_).item_ns();
  const double there = of(other).item_ns();
  const double needed = now_ == phase::shared ? worth_switching * there : there / worth_switching;
  if (there > 0 && here < needed) {
    // What is better goes on; the other is tried again, ever more seldom.
    limit_ = since_ + back_off_;
    back_off_ *= most_back_off;
    of(other) = {};
    return false;
  }
  enter(other);
  return true;
}

/// Where the other was measured: a trial is on.
bool stream_trial::is_clearly_worse(phase other) {
  const double there = of(other).item_ns();
  return there > 0 && of(now_).elapsed >= clear_ns && of(now_).item_ns() > clearly_worse * there;
}

/// Whether items take much more or less time than they did in this phase.
bool stream_trial::has_changed(double items, double elapsed) {
  late_.add(items, elapsed);
  if (late_.elapsed < look_ns) return false;
  const double before = of(now_).item_ns();
  const double now = late_.item_ns();
  const bool differs = now > much_changed * before || before > much_changed * now;
  unlike_ = before > 0 && differs ? unlike_ + 1 : 0;
  late_ = {};
  if (unlike_ < looks || since_ < between_changes_ns) return false;
  of(now_) = {};  // it is of other items
  return true;
}

void stream_trial::enter(phase next) {
  now_ = next;
  of(next) = {};
  since_ = 0;
  late_ = {};
  unlike_ = 0;
  limit_ = next == phase::shared ? settling_ns + trial_ns : trial_ns / 4;
}

}  // namespace amorsize::detail
