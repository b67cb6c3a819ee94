/// What a thread knows of the work it is in the middle of.
#pragma once

#include <cstddef>

namespace amorsize::detail {

struct thread_state {
  std::size_t worker = 0;     ///< index within the running job
  std::size_t failed_at = 0;  ///< the item whose exception is on its way
  int depth = 0;              ///< jobs that this thread is inside of
};

// initial-exec: a plain offset from the thread pointer also in a shared library. Small enough for
// the room that the loader keeps for libraries opened later.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit thread_state this_thread;

/// This thread as the only worker of items that are run without a job.
class lone_worker {
 public:
  lone_worker() noexcept : outer_(this_thread.worker) { this_thread.worker = 0; }
  ~lone_worker() { this_thread.worker = outer_; }
  lone_worker(const lone_worker&) = delete;
  lone_worker& operator=(const lone_worker&) = delete;

 private:
  const std::size_t outer_;
};

}  // namespace amorsize::detail
