/// Numbers as people read them.
#pragma once

#include <string>
#include <string_view>

#include "amorsize/call_site.hpp"
#include "amorsize/plan.hpp"

namespace amorsize::detail {

/// Three digits: 0.0123, 4.56, 789.
std::string number(double value);

/// With the unit that suits: 850 ns, 12.3 us, 4.56 ms, 7.89 s.
std::string to_text(duration time);

/// As decisions are told.
std::string name_of_call(std::string_view name, const call_site& where);

}  // namespace amorsize::detail
