/// Where helpers run: not on the processor of the caller that wakes them.
///
/// The kernel likes to wake a thread on the processor of the one that wakes it. A helper so placed
/// waits until the caller's time slice ends, some milliseconds, though another processor is idle.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>

#include "base/guarded.hpp"

namespace amorsize::detail {

/// Knows the threads that were ever seen in an arena of ours. They are the host's, too: one is kept
/// off a processor only until it comes in, before it runs anything; or, where it found something
/// else to do, until another one leaves.
class placement {
 public:
  static placement& of_process() noexcept;

  void entered() noexcept;  ///< by a helper's thread that comes into an arena
  void left() noexcept;     ///< by the same, when it goes

  /// Keeps up to `count` threads that are not in an arena off the processor of the calling thread.
  void keep_off_this_processor(int count) noexcept;

  /// Ends what `keep_off_this_processor` began, for all.
  void restore_all() noexcept;

 private:
  static constexpr std::size_t most_threads = 256;
  static constexpr std::size_t nowhere = most_threads;

  struct helper {
    pid_t thread = 0;  // zero: free
    bool is_inside = false;
    bool is_kept_off = false;
    cpu_set_t before{};
    cpu_set_t since{};
  };
  struct helpers {
    std::array<helper, most_threads> all{};
    std::size_t used = 0;  // entries from here on were never used
    helper* begin() noexcept { return all.data(); }
    helper* end() noexcept { return all.data() + used; }
  };

  struct registration {
    std::size_t index = nowhere;
    ~registration();
  };

  static void restore(helper& h) noexcept;
  static registration& of_this_thread() noexcept;

  guarded<helpers> helpers_;
};

}  // namespace amorsize::detail
