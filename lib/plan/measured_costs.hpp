/// The constants of the cost model, as measured here: they begin as typical values and follow every
/// call that shares work.
#pragma once

#include <algorithm>
#include <atomic>

#include "plan/cost_model.hpp"

namespace amorsize::detail {

/// Any thread; readings race, and any of them will do.
class measured_costs {
 public:
  /// By whether a helper is awake or all sleep.
  sharing_costs now(bool awake) const noexcept {
    const state& s = of(awake);
    return {s.start.load(), s.arrive.load(), join_.load(), claim_.load()};
  }

  /// What earlier processes measured on this machine; zero: they did not. It replaces what is
  /// typical, and what this process had come to so far.
  void assume(const sharing_costs& awake, const sharing_costs& asleep) noexcept {
    awake_.start.assume(awake.start);
    awake_.arrive.assume(awake.arrive);
    asleep_.start.assume(asleep.start);
    asleep_.arrive.assume(asleep.arrive);
    join_.assume(awake.join);
    claim_.assume(awake.claim);
  }

  void observe_start(bool awake, double ns) noexcept { of(awake).start.follow(ns); }
  void observe_arrive(bool awake, double ns) noexcept { of(awake).arrive.follow(ns); }
  void observe_join(double ns) noexcept { join_.follow(ns); }
  void observe_claim(double ns) noexcept { claim_.follow(ns); }

  /// A call that was not shared, as these costs would have it. What is not shared is not measured:
  /// without this, costs that a busy hour drove up would stay up.
  void doubt(bool awake) noexcept {
    of(awake).start.doubt();
    of(awake).arrive.doubt();
    join_.doubt();
    claim_.doubt();
  }

 private:
  /// Follows the median of its readings, in steps of an eighth: a helper that loses its processor
  /// on the way takes a thousand times as long, and would carry any mean away.
  class running_median {
   public:
    explicit constexpr running_median(double typical) : typical_(typical), value_(typical) {}
    double load() const noexcept { return value_.load(std::memory_order_relaxed); }

    void follow(double reading) noexcept {
      const double old = load();
      const double step =
          reading > old ? std::min(old * 1.125, reading) : std::max(old / 1.125, reading);
      value_.store(std::min(step, most * typical_), std::memory_order_relaxed);
    }

    /// Within what readings could have led to.
    void assume(double known) noexcept {
      if (!(known > 0)) return;
      value_.store(std::clamp(known, typical_ / most, most * typical_), std::memory_order_relaxed);
    }

    void doubt() noexcept {
      if (const double old = load(); old > typical_) {
        value_.store(old + (typical_ - old) / 256, std::memory_order_relaxed);
      }
    }

   private:
    static constexpr double most = 16;
    const double typical_;
    std::atomic<double> value_;
  };
  struct state {
    running_median start;
    running_median arrive;
  };

  state& of(bool awake) noexcept { return awake ? awake_ : asleep_; }
  const state& of(bool awake) const noexcept { return awake ? awake_ : asleep_; }

  // Nanoseconds, of a typical server: the first calls of a process plan by them.
  state awake_{running_median(300), running_median(900)};
  state asleep_{running_median(13'000), running_median(60'000)};
  running_median join_{500};
  running_median claim_{80};
};

}  // namespace amorsize::detail
