/// The machine's topology, by hwloc.
#pragma once

#include <optional>
#include <string>

#include "amorsize/machine.hpp"

namespace amorsize::detail {

/// This machine; takes some milliseconds. Where hwloc fails, what the affinity mask tells.
machine read_machine();

/// A made-up machine, such as "package:2 core:4 pu:2", all of it usable. Empty where hwloc takes
/// the description for none.
std::optional<machine> synthetic_machine(const std::string& description);

}  // namespace amorsize::detail
