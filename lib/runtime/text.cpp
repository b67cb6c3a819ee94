#include "runtime/text.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace amorsize::detail {

std::string number(double value) {
  std::array<char, 64> text{};
  const double size = std::abs(value);
  const char* format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.3g";
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string to_text(duration time) {
  const double ns = time.count();
  if (std::abs(ns) < 1e3) return number(ns) + " ns";
  if (std::abs(ns) < 1e6) return number(ns / 1e3) + " us";
  if (std::abs(ns) < 1e9) return number(ns / 1e6) + " ms";
  return number(ns / 1e9) + " s";
}

}  // namespace amorsize::detail
