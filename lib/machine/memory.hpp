/// How much memory there is, and how much of it this process may still take.
#pragma once

#include <cstdint>

#include "machine/system_files.hpp"

namespace amorsize::detail {

/// Bytes that can be had without swapping, within the control groups' limits; zero: not known. At
/// least 1 where it is known.
std::uint64_t available_memory(const system_files& files);

/// What memory is like now. Unknown shares are zero.
struct memory_now {
  std::uint64_t available = 0;  ///< bytes, as `available_memory` tells
  double used = 0;     ///< of the machine's memory, or of a control group's limit that is fuller
  double stalled = 0;  ///< of the last ten seconds: some thread waited for memory
};

/// Takes some tens of system calls.
memory_now look_at_memory(const system_files& files);

/// Bytes of the whole machine, whatever this process may take of it; zero: not known.
std::uint64_t total_memory(const system_files& files);

}  // namespace amorsize::detail
