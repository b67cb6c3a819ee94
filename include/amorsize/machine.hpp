/// The machine as this process may use it.
#pragma once

#include <cstddef>

namespace amorsize {

/// Counts are at least 1; sizes are bytes, zero where the system does not tell.
struct machine {
  int usable_processors = 1;  ///< hardware threads that this process may run on
  int usable_cores = 1;       ///< physical cores that these belong to
  int usable_fast_cores = 1;  ///< of these, the ones of the fastest kind: all, unless hybrid
  int processors = 1;         ///< hardware threads of the whole machine
  int cores = 1;              ///< physical cores of the whole machine
  int packages = 1;
  int numa_nodes = 1;
  std::size_t l2_bytes = 0;  ///< of one level 2 cache
  std::size_t l3_bytes = 0;  ///< of one level 3 cache
  int core_kinds = 1;        ///< more than 1: a hybrid machine
  std::size_t memory_bytes = 0;
};

}  // namespace amorsize
