/// The index: the names of a folder as one sorted file, good for as long as the folder is
/// unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/names.hpp"

namespace amorsize::detail {

inline constexpr std::size_t most_index_bytes = std::size_t{1} << 20U;

/// `modified_ns`: of the folder, when these sorted names were all it had.
std::string encode_index(std::span<const training_name> names, std::int64_t modified_ns);

/// Empty where it is damaged, or of another state of the folder.
std::optional<std::vector<training_name>> decode_index(std::string_view text,
                                                       std::int64_t modified_ns);

}  // namespace amorsize::detail
