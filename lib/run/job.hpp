/// A job: one call's items, shared between its caller and the helpers that come in time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <span>
#include <stop_token>
#include <utility>

#include "base/clock.hpp"
#include "base/interval.hpp"
#include "run/claims.hpp"
#include "run/controller.hpp"
#include "run/team.hpp"

namespace amorsize::detail {

/// The user's loop over items [first, last).
struct job_body {
  void (*run)(void* context, std::size_t first, std::size_t last) = nullptr;
  void* context = nullptr;
};

/// What the caller's call brings; all of it outlives the call's close.
struct job_order {
  job_body body;
  std::size_t items = 0;
  std::span<const interval> sample;
  std::stop_token stop;
  controller* control = nullptr;
  bool counts_done = false;  ///< whether `caller_turn` is told how many items are finished
  team* helped = nullptr;    ///< not null: helpers work for it, and there are no items
};

/// Pooled: a helper may look at it at any time, and joins only through the gate, which says whether
/// there is work and room. What the caller wrote before `open` is seen by who joins, and what a
/// helper wrote before `leave` is seen by the caller after `close`.
class job {
 public:
  void prepare(const job_order& order);
  void open(unsigned room) noexcept;       ///< lets helpers in, up to `room` at a time
  void set_room(unsigned room) noexcept;   ///< caller only, while open
  bool try_join() noexcept;                ///< helper; true: `work`, then `leave`
  void leave() noexcept;                   ///< helper
  void work(std::size_t worker) noexcept;  ///< until nothing is left to claim
  void forget() noexcept { order_ = {}; }  ///< caller: what the call brought, when all is over
  void close() noexcept;                   ///< caller: no more joins; returns when all have left

  // Once closed:
  bool was_stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }
  std::exception_ptr take_failure() noexcept { return std::exchange(failure_, {}).what; }
  std::size_t items_run() const noexcept { return run_.load(std::memory_order_relaxed); }
  ticks busy() const noexcept { return busy_.load(std::memory_order_relaxed); }
  int joined() const noexcept { return joined_.load(std::memory_order_relaxed); }
  ticks first_join() const noexcept { return first_join_.load(std::memory_order_relaxed); }

  /// Mean time that a helper needed from one chunk to the next; zero: no helper took one.
  double claim_time() const noexcept {
    const auto claimed = static_cast<double>(claimed_.load(std::memory_order_relaxed));
    const auto claiming = static_cast<double>(claiming_.load(std::memory_order_relaxed));
    return claimed > 0 ? claiming / claimed : 0;
  }

  // Any time:
  std::size_t left() const noexcept { return claims_.left(); }
  /// By who is inside: whether nobody else need come.
  bool is_used_up() const noexcept { return order_.helped == nullptr && left() == 0; }
  bool has_failed() const noexcept {
    return failed_item_.load(std::memory_order_relaxed) != nowhere;
  }
  int inside() const noexcept {
    return static_cast<int>(gate_.load(std::memory_order_relaxed) & inside_mask);
  }
  std::size_t done() const noexcept { return done_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

  // The gate: how many helpers are inside, how many may be, whether it is open, and whether the
  // caller sleeps until the last one leaves.
  static constexpr std::uint64_t inside_one = 1;
  static constexpr std::uint64_t inside_mask = 0xFFFF;
  static constexpr unsigned room_shift = 16;
  static constexpr std::uint64_t room_mask = std::uint64_t{0xFFFF} << room_shift;
  static constexpr std::uint64_t is_open = std::uint64_t{1} << 32U;
  static constexpr std::uint64_t is_awaited = std::uint64_t{1} << 33U;

  struct failure {
    std::size_t item = nowhere;
    std::exception_ptr what;
  };

  bool has_work() const noexcept {
    return order_.helped != nullptr ? order_.helped->has_work() : left() != 0;
  }
  std::size_t run_chunk(interval places, failure& mine) noexcept;
  bool is_cancelled(interval places) noexcept;
  void lower_failure(std::size_t item) noexcept;
  void keep_lowest(failure mine) noexcept;
  void await_last_helper() noexcept;

  claims claims_;
  job_order order_;
  std::atomic<std::uint64_t> gate_{0};
  std::atomic<std::size_t> failed_item_{nowhere};  // the lowest so far
  std::atomic<bool> stopped_{false};
  std::atomic<ticks> busy_{0};
  std::atomic<std::size_t> run_{0};  // items, added by each worker at its end
  std::atomic<ticks> claiming_{0};
  std::atomic<std::size_t> claimed_{0};
  std::atomic<std::size_t> done_{0};
  std::atomic<int> joined_{0};        // helpers that came, each time they did
  std::atomic<ticks> first_join_{0};  // zero: nobody came
  std::mutex mutex_;                  // of `failure_`, and of sleeping in `close`
  std::condition_variable empty_;
  failure failure_;
};

}  // namespace amorsize::detail
