/// Outcomes: what calls of one configuration took, added up reading by reading.
#pragma once

#include <algorithm>
#include <cstdint>

#include "learn/record.hpp"

namespace amorsize::detail {

/// Adds a call. What is not finite or not positive is no reading, and is ignored. Old readings
/// fade: no more than the last 64 or so count. One reading far from the others moves the mean by
/// little, but makes it uncertain; a second one in a row that agrees with it replaces what was
/// known before. If they are several times as slow, it takes a third. \returns whether it did: what
/// was known of this is not so any more
bool observe(outcome& o, double wall_ns_per_item, std::int64_t now_s) noexcept;

/// Adds a call that was made by a configuration. Where it shows that what was known is not so any
/// more, others are taken to have changed likewise, the less the fewer threads they have, and what
/// is known of them counts for little; a call's time may be spent on learning again. Throws
/// `std::bad_alloc`.
void observe(sized_record& of, const configuration& by, double wall_ns_per_item,
             std::int64_t now_s);

/// As if the readings of both had been taken together; of two with the same configuration.
void add(outcome& to, const outcome& other) noexcept;

/// Old readings fade: no more than these count.
inline constexpr double most_readings = 64;

/// What readings count for at most, once another configuration was found to have changed.
inline constexpr double stale_readings = 0.25;

/// Nearer readings, or means, never surprise; nor do those within so many standard deviations.
inline constexpr double least_surprise = 0.2;
inline constexpr double surprise = 3.5;

/// Makes the readings count as `count` ones, if they are more.
void fade(outcome& o, double count) noexcept;

/// Makes an outcome stale: something else was found to have changed since.
inline void make_stale(outcome& o) noexcept { fade(o, std::min(o.count / 4, stale_readings)); }

/// Standard deviation of the error of `mean`. Of few readings, the spread is mostly assumed.
double log_error_of(const outcome& o) noexcept;

/// Of an outcome of that record: the older it is than the newest, the less certain.
double log_error_of(const outcome& o, const sized_record& among) noexcept;

}  // namespace amorsize::detail
