/// The identity of work that outlives a process: a text, and its hash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "amorsize/call_site.hpp"

namespace amorsize::detail {

/// The same in every process and build; never zero.
std::uint64_t stable_hash(std::string_view text) noexcept;

/// The name, which programs share on purpose; without one the program, the place and the types.
/// \param types  as `batch_call` has it; null: not told
std::string identity_of(std::string_view name, const call_site& where, const char* (*types)());

}  // namespace amorsize::detail
