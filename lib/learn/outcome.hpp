/// Outcomes: what calls of one configuration took, added up reading by reading.
#pragma once

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

/// Standard deviation of the error of `mean`. Of few readings, the spread is mostly assumed.
double log_error_of(const outcome& o) noexcept;

/// Of an outcome of that record: the older it is than the newest, the less certain.
double log_error_of(const outcome& o, const sized_record& among) noexcept;

}  // namespace amorsize::detail
