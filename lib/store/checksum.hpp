/// A checksum against accidents, not against malice.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace amorsize::detail {

inline std::uint64_t checksum(std::string_view text) noexcept {
  // The multiply and fold of wyhash (Wang Yi, public domain).
  const auto mix = [](std::uint64_t x) {
    __extension__ using wide = unsigned __int128;
    const wide product = wide{x ^ 0x9E3779B97F4A7C15ULL} * wide{0xBF58476D1CE4E5B9ULL};
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  };
  std::uint64_t sum = text.size();
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = text.size() < 8 ? text.size() : 8;
    std::memcpy(&word, text.data(), size);
    sum = mix(sum ^ word) + word;
    text.remove_prefix(size);
  }
  return mix(sum);
}

}  // namespace amorsize::detail
