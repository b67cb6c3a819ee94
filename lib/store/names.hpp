/// The names of the store's files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace amorsize::detail {

/// Of `ml_training_{hash}_{timestamp}.json`, or `ml_training_streaming_...`.
struct training_name {
  std::uint64_t hash = 0;
  std::uint64_t timestamp = 0;  ///< milliseconds since 1970; below `timestamp_limit`
  bool is_streaming = false;

  auto operator<=>(const training_name&) const = default;
  std::string text() const;
};

inline constexpr std::uint64_t timestamp_limit = 1'000'000'000'000'000'000;

/// Empty for every other name, also for one that only means the same.
std::optional<training_name> parse_training_name(std::string_view name);

std::string machine_name(std::uint64_t fingerprint);

std::string hex16(std::uint64_t value);
std::optional<std::uint64_t> parse_hex16(std::string_view text);

inline constexpr std::string_view temporary_prefix = ".tmp-";

}  // namespace amorsize::detail
