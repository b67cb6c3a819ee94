/// The helpers of a runtime, and the board where callers put the jobs that helpers may join.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "run/helper_arena.hpp"
#include "run/job.hpp"
#include "run/slots.hpp"

namespace amorsize::detail {

/// A helper that comes looks for any open job with room, works, looks again, and goes when it finds
/// none. So one that comes late harms nobody, and no more are ever on their way than could be used.
class helper_pool {
 public:
  /// At most `helpers` at work at any time, for all callers together.
  explicit helper_pool(int helpers);
  ~helper_pool();
  helper_pool(const helper_pool&) = delete;
  helper_pool& operator=(const helper_pool&) = delete;

  /// A place on the board with its job, which no other caller has until it is given back.
  struct place {
    std::size_t index = slots::none;  ///< none: all are taken
    job* here = nullptr;
  };
  place take_job() noexcept;
  void give_back(place finished) noexcept;

  /// Puts the job on the board: helpers, up to `room` at a time, may join.
  void open(place p, unsigned room) noexcept;
  void close(place p) noexcept;

  /// Calls up to `count` helpers that are neither at work nor on their way; some microseconds for
  /// one that sleeps. Returns how many it called.
  int call(int count) noexcept;

  /// Keeps up to `count` helpers that have not come yet off the caller's processor: before they are
  /// called, or afterwards, which moves those that wait there. A system call each, of microseconds.
  void keep_off_this_processor(int count) noexcept;

  /// Helpers that are awake with nothing to do.
  int awake() const noexcept {
    return present_.load(std::memory_order_relaxed) - at_work_.load(std::memory_order_relaxed);
  }
  int at_work() const noexcept { return at_work_.load(std::memory_order_relaxed); }

  /// Where it can be destroyed: no helper is at work or on its way.
  bool is_idle() const noexcept { return tasks_.load(std::memory_order_acquire) == 0; }

 private:
  static constexpr std::size_t most_jobs = 256;
  static constexpr std::size_t word_bits = 64;

  bool start(helper_task task) noexcept;
  void entered() noexcept;
  void left() noexcept;
  void help() noexcept;
  enum class look { nothing, helped, no_place };
  look help_once() noexcept;
  void help_while_asked() noexcept;
  bool is_anything_open() const noexcept;
  place find_and_join() noexcept;
  void take_off_board(place p) noexcept;

  const int helpers_;
  slots taken_{most_jobs};
  std::array<std::atomic<job*>, most_jobs> jobs_{};
  std::array<std::atomic<std::uint64_t>, most_jobs / word_bits> open_{};
  slots workers_;  // one for each helper at work: no more can be, and each has an index of its own
  alignas(64) std::atomic<int> engaged_{0};  // called, and not counted out since
  alignas(64) std::atomic<int> present_{0};  // threads in the arena
  std::atomic<int> at_work_{0};              // inside a job
  std::atomic<int> tasks_{0};                // called, and have not gone yet
  std::mutex calling_;
  std::optional<helper_arena> arena_;
};

}  // namespace amorsize::detail
