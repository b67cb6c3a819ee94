/// The learner on a record alone: what the engine does, without an engine.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "learn/learner.hpp"
#include "learn/outcome.hpp"

namespace support {

/// The configuration for a call of `items` items: what the record (null: nothing) says of arms
/// replaces what they say themselves.
inline amorsize::detail::choice choose_known(const amorsize::detail::sized_record* known,
                                             std::span<const amorsize::detail::arm> arms,
                                             double items, double prior_log_error) {
  using namespace amorsize::detail;
  if (known == nullptr) return choose_arm(arms, prior_log_error);
  std::array<arm, most_arms> informed;
  const std::size_t count = std::min(arms.size(), most_arms);
  for (std::size_t i = 0; i < count; ++i) {
    informed[i] = arms[i];
    for (const outcome& o : known->outcomes) {
      if (!(o.count > 0) || !(o.by == arms[i].by)) continue;
      informed[i].measured = std::exp(o.mean) * items;
      informed[i].count = o.count;
      informed[i].log_error = log_error_of(o, *known);
    }
  }
  return choose_or_explore({informed.data(), count}, prior_log_error, purse(*known), known->calls);
}

}  // namespace support
