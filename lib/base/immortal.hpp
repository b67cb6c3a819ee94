/// A value that is made at first use and never destroyed, without memory from the heap.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace amorsize::detail {

/// For what threads may still need when static destructors run. `T` must not throw as it is made.
template <class T>
T& immortal() noexcept {
  alignas(T) static std::array<std::byte, sizeof(T)> room;
  static T& only = *::new (static_cast<void*>(room.data())) T;
  return only;
}

}  // namespace amorsize::detail
