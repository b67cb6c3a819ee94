/// How much memory a value holds.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

namespace amorsize::detail {

template <class T>
concept tells_size = requires(const T& value) {
  { amorsize_size_bytes(value) } -> std::convertible_to<std::size_t>;
};

/// Memory beyond the value's own bytes, which all values of a type have alike.
template <class T>
struct held_bytes {
  static constexpr bool is_any = tells_size<T>;
  static std::size_t of(const T& value) {
    if constexpr (tells_size<T>) {
      const std::size_t all = amorsize_size_bytes(value);
      return all > sizeof(T) ? all - sizeof(T) : 0;
    } else {
      return 0;
    }
  }
};

template <class Char, class Traits, class Allocator>
struct held_bytes<std::basic_string<Char, Traits, Allocator>> {
  static constexpr bool is_any = true;
  static std::size_t of(const std::basic_string<Char, Traits, Allocator>& text) {
    const auto* const begin = static_cast<const void*>(text.data());
    const auto* const self = static_cast<const void*>(&text);
    const bool is_inside = begin >= self && begin < static_cast<const void*>(&text + 1);
    return is_inside ? 0 : (text.capacity() + 1) * sizeof(Char);
  }
};

template <class T, class Allocator>
struct held_bytes<std::vector<T, Allocator>> {
  static constexpr bool is_any = true;
  static std::size_t of(const std::vector<T, Allocator>& all) {
    std::size_t bytes = all.capacity() * sizeof(T);
    if constexpr (held_bytes<T>::is_any) {
      for (const T& one : all) bytes += held_bytes<T>::of(one);
    }
    return bytes;
  }
};

template <class Allocator>
struct held_bytes<std::vector<bool, Allocator>> {
  static constexpr bool is_any = true;
  static std::size_t of(const std::vector<bool, Allocator>& all) { return all.capacity() / 8; }
};

}  // namespace amorsize::detail
