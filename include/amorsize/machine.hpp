/// The machine as this process may use it.
#pragma once

#include <cstddef>

namespace amorsize {

/// Counts are at least 1; sizes are bytes, zero where the system does not tell.
struct machine {
  int usable_processors = 1;  ///< hardware threads that this process may run on
  int usable_cores = 1;       ///< physical cores that these belong to
  int processors = 1;         ///< hardware threads of the whole machine
  int cores = 1;              ///< physical cores of the whole machine
  int packages = 1;
  int numa_nodes = 1;
  std::size_t l2_bytes = 0;  ///< of one level 2 cache
  std::size_t l3_bytes = 0;  ///< of one level 3 cache
};

}  // namespace amorsize
