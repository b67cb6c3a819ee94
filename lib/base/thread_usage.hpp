/// What the kernel gave a thread, and took from it.
#pragma once

namespace amorsize::detail {

struct thread_usage {
  double processor_ns = 0;  ///< on a processor
  long waits = 0;           ///< times that it gave the processor up to wait for something
  long preemptions = 0;     ///< times that it lost the processor to others

  /// The calling thread's, so far. Two system calls: a microsecond.
  static thread_usage now() noexcept;
};

/// Whether others took more than a tenth of the time between two readings that are `wall_ns` apart.
/// A thread that waits more often than it is interrupted has not lost what it was off its
/// processor.
bool was_disturbed(const thread_usage& before, const thread_usage& after, double wall_ns) noexcept;

}  // namespace amorsize::detail
