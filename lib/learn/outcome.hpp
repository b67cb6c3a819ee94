/// Outcomes: what calls of one configuration took, added up reading by reading.
#pragma once

#include <cstdint>

#include "learn/record.hpp"

namespace amorsize::detail {

/// Adds a call. What is not finite or not positive is no reading, and is ignored. Old readings
/// fade: no more than the last 64 or so count. A reading far from the others is moved towards them
/// and makes the memory shorter, so that one page fault decides nothing, but a change that lasts is
/// believed within some readings.
void observe(outcome& o, double wall_ns_per_item, std::int64_t now_s) noexcept;

/// As if the readings of both had been taken together; of two with the same configuration.
void add(outcome& to, const outcome& other) noexcept;

/// Standard deviation of the error of `mean`. Of few readings, the spread is mostly assumed.
double log_error_of(const outcome& o) noexcept;

}  // namespace amorsize::detail
