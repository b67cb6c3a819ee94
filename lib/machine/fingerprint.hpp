/// A machine as one number: on machines with the same one, measurements mean the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "amorsize/machine.hpp"
#include "machine/system_files.hpp"

namespace amorsize::detail {

/// Of counts, caches, kinds of cores and the model; the same in every process and build; never
/// zero.
std::uint64_t fingerprint_of(const machine& m, std::string_view processor_model);

/// As the system names it, or the part numbers of its kinds of cores; empty where it tells neither.
std::string processor_model(const system_files& files);

}  // namespace amorsize::detail
