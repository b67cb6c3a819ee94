/// The machine's topology, by hwloc.
#pragma once

#include <optional>
#include <string>

#include "amorsize/machine.hpp"
#include "machine/system_files.hpp"

namespace amorsize::detail {

/// This machine; takes some milliseconds. Where hwloc fails, what the affinity mask tells. The size
/// of the memory is read from `files`: hwloc's can be wrong in a virtual machine.
machine read_machine(const system_files& files = system_files());

/// A made-up machine, such as "package:2 core:4 pu:2", all of it usable. Empty where hwloc takes
/// the description for none.
std::optional<machine> synthetic_machine(const std::string& description);

/// A machine that hwloc exported as XML; what it allows is usable. Empty where hwloc takes it for
/// none.
std::optional<machine> machine_from_xml(const std::string& xml);

}  // namespace amorsize::detail
