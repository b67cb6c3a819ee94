/// How much of the memory a stream may fill with results that wait, as memory gets scarce and comes
/// back. Arithmetic only; sizes are bytes.
#pragma once

#include <algorithm>

#include "machine/memory.hpp"

namespace amorsize::detail {

/// A tenth of what is available, where the user has not set a limit. Under pressure it is less at
/// each look, and when that is over it comes back more slowly than it went.
class memory_share {
 public:
  /// No matter for any machine: as much as may be had without a look.
  static constexpr double small = 1 << 24;

  double bytes() const { return bytes_; }

  /// Whether memory should be looked at for who would fill so much of it.
  bool is_in_question(double wanted) const { return wanted > std::min(small, bytes_); }

  /// \param filled  as much as there may be as it is, whatever the share: under pressure, less
  void look(const memory_now& now, double filled);

 private:
  double bytes_ = small;
  bool is_known_ = false;
};

bool is_scarce(const memory_now& now);

}  // namespace amorsize::detail
