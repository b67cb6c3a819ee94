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

  void observe_start(bool awake, double ns) noexcept { of(awake).start.follow(ns); }
  void observe_arrive(bool awake, double ns) noexcept { of(awake).arrive.follow(ns); }
  void observe_join(double ns) noexcept { join_.follow(ns); }
  void observe_claim(double ns) noexcept { claim_.follow(ns); }

 private:
  class running_mean {
   public:
    explicit constexpr running_mean(double first) : value_(first) {}
    double load() const noexcept { return value_.load(std::memory_order_relaxed); }
    void follow(double reading) noexcept {
      const double old = load();
      // Winsorised: a helper that lost its processor on the way would otherwise say that none pays.
      const double next = old + (std::clamp(reading, old / 4, old * 4) - old) / 8;
      value_.store(next, std::memory_order_relaxed);
    }

   private:
    std::atomic<double> value_;
  };
  struct state {
    running_mean start;
    running_mean arrive;
  };

  state& of(bool awake) noexcept { return awake ? awake_ : asleep_; }
  const state& of(bool awake) const noexcept { return awake ? awake_ : asleep_; }

  // Nanoseconds, of a typical server: the first calls of a process plan by them.
  state awake_{running_mean(300), running_mean(900)};
  state asleep_{running_mean(13'000), running_mean(60'000)};
  running_mean join_{500};
  running_mean claim_{80};
};

}  // namespace amorsize::detail
