/// The identity of work within this process, as one number.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "amorsize/call_site.hpp"

namespace amorsize::detail {

/// Never zero. A name is the whole identity; without one it is the place and the types.
class site_key {
 public:
  site_key(std::string_view name, const call_site& where, const char* (*types)()) noexcept
      : value_(name.empty() ? of_place(where, types) : of_name(name)) {}

  std::uint64_t value() const noexcept { return value_; }  ///< at any size

  /// Work of about as many items: sizes are told apart by powers of two.
  std::uint64_t with_size(std::size_t items) const noexcept {
    return with_class(size_class(items));
  }
  std::uint64_t with_class(int size) const noexcept {
    return mix(value_ + static_cast<std::uint64_t>(size)) | 1;
  }

  static int size_class(std::size_t items) noexcept {
    return static_cast<int>(std::bit_width(items));
  }

 private:
  // The multiply and fold of wyhash (Wang Yi, public domain).
  static std::uint64_t mix(std::uint64_t x, std::uint64_t y = 0xBF58476D1CE4E5B9ULL) noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product = wide{x ^ 0x9E3779B97F4A7C15ULL} * wide{y};
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  }

  static std::uint64_t of_name(std::string_view name) noexcept {
    // Spread over the word, so that no short name plus its size is another one.
    std::uint64_t hash = name.size() * 0x9E3779B97F4A7C15ULL;
    for (; name.size() > 8; name.remove_prefix(8)) {
      std::uint64_t word = 0;
      std::memcpy(&word, name.data(), 8);
      hash = mix(hash ^ word);
    }
    return mix(hash ^ last_word(name));
  }

  /// The last 1 to 8 characters, without a call to copy them.
  static std::uint64_t last_word(std::string_view name) noexcept {
    const char* const text = name.data();
    const std::size_t size = name.size();
    if (size >= 4) {
      std::uint32_t low = 0;
      std::uint32_t high = 0;
      std::memcpy(&low, text, 4);
      std::memcpy(&high, text + size - 4, 4);
      return low | (std::uint64_t{high} << 32U);
    }
    const auto at = [text](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(text[i])};
    };
    return at(0) | (at(size / 2) << 8U) | (at(size - 1) << 16U);
  }

  static std::uint64_t of_place(const call_site& where, const char* (*types)()) noexcept {
    // One place may have several texts of its file's name in one process, and is then several
    // sites: that costs a sample each, and comparing texts would cost every call.
    return mix(reinterpret_cast<std::uintptr_t>(where.file) + (std::uint64_t{where.line} << 48U),
               reinterpret_cast<std::uintptr_t>(types));
  }

  std::uint64_t value_;
};

}  // namespace amorsize::detail
