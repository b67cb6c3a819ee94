/// Numbers as people read them.
#pragma once

#include <string>

#include "amorsize/plan.hpp"

namespace amorsize::detail {

/// Three digits: 0.0123, 4.56, 789.
std::string number(double value);

/// With the unit that suits: 850 ns, 12.3 us, 4.56 ms, 7.89 s.
std::string to_text(duration time);

}  // namespace amorsize::detail
