/// Where a thread runs: the two processors of a benchmark, and pinning to one of them.
#pragma once

#include <sched.h>

#include <optional>

namespace bench {

/// Two processors that this process may use. Made before any thread is pinned.
struct processors {
  cpu_set_t all{};
  unsigned of_caller = 0;
  unsigned of_worker = 0;

  static const processors& of_process() {
    static const processors only;
    return only;
  }

  /// Keeps the calling thread on one processor.
  static void pin(unsigned processor) {
    cpu_set_t one{};
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    sched_setaffinity(0, sizeof one, &one);
  }

  /// Lets the calling thread run where the process may.
  void release() const { sched_setaffinity(0, sizeof all, &all); }

  bool are_two() const { return of_caller != of_worker; }

 private:
  processors() {
    sched_getaffinity(0, sizeof all, &all);
    int found = 0;
    for (unsigned i = 0; i < CPU_SETSIZE && found < 2; ++i) {
      if (!CPU_ISSET(i, &all)) continue;
      if (found++ == 0) of_caller = i;
      of_worker = i;
    }
  }
};

}  // namespace bench
