/// When to wake a helper that no single call would pay for.
#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace amorsize::detail {

/// The ski-rental rule: calls that follow each other closely would each gain if a helper were
/// awake; once they have missed as much as waking one costs, it is woken, and the next calls find
/// it awake. At worst that loses twice what knowing the future would (Karlin et al., "Competitive
/// snoopy caching", 1988). All in ticks; any thread, and readings that race cost a wake more or
/// less.
class wake_credit {
 public:
  /// A call that ended at `now` without a helper, and would have taken `gain` less with one awake.
  /// Only calls closer than `awake_for` count: the helper of the one would be awake for the next.
  void missed(ticks now, double gain, double awake_for) noexcept {
    const bool is_close = is_near(now, awake_for);
    last_.store(now, std::memory_order_relaxed);
    credit_.store(is_close ? credit_.load(std::memory_order_relaxed) + gain : 0,
                  std::memory_order_relaxed);
  }

  /// Whether a call that begins at `now` should wake a helper.
  bool pays(ticks now, double wake, double awake_for) const noexcept {
    return credit_.load(std::memory_order_relaxed) >= wake && is_near(now, awake_for);
  }

  void spend() noexcept { credit_.store(0, std::memory_order_relaxed); }

 private:
  bool is_near(ticks now, double awake_for) const noexcept {
    return static_cast<double>(now - last_.load(std::memory_order_relaxed)) < awake_for;
  }

  std::atomic<ticks> last_{0};
  std::atomic<double> credit_{0};
};

}  // namespace amorsize::detail
