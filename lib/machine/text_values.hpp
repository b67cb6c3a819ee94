/// Numbers and fields in the system's texts.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace amorsize::detail {

inline constexpr std::string_view blanks = " \t\n";

inline std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// The pieces between the separators, without the empty ones.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    if (end != 0) pieces.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return pieces;
}

/// Empty where the text is anything but digits, or more than 64 bits hold.
inline std::optional<std::uint64_t> whole_number(std::string_view text) {
  text = trimmed(text);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || stopped != end || text.empty()) return std::nullopt;
  return value;
}

/// The rest of the first line that begins with `key` and a blank or a colon.
inline std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(key)) continue;
    const std::string_view rest = line.substr(key.size());
    const std::size_t begin = rest.find_first_not_of(" \t:");
    if (begin == 0 || begin == std::string_view::npos) continue;
    return trimmed(rest.substr(begin));
  }
  return std::nullopt;
}

}  // namespace amorsize::detail
