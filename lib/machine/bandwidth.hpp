/// How fast one thread reads from memory.
#pragma once

#include "amorsize/machine.hpp"

namespace amorsize::detail {

/// Bytes per second, measured on the calling thread for some 30 ms, with memory of up to 256 MiB
/// that is given back. Zero where the memory cannot be had.
double measure_bandwidth(const machine& m) noexcept;

}  // namespace amorsize::detail
