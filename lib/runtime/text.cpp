#include "runtime/text.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace amorsize::detail {

std::string number(double value) {
  const char* format = std::abs(value) >= 99.95 ? "%.0f" : "%.3g";
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string to_text(duration time) {
  constexpr std::array<std::pair<double, const char*>, 3> units{
      {{1.0, " ns"}, {1e3, " us"}, {1e6, " ms"}}};
  for (const auto& [size, name] : units) {
    // What would be rounded to a thousand is one of the next unit.
    if (std::abs(time.count()) < 999.5 * size) return number(time.count() / size) + name;
  }
  return number(time.count() / 1e9) + " s";
}

std::string name_of_call(std::string_view name, const call_site& where) {
  if (!name.empty()) return std::string(name);
  return std::string(where.file) + ":" + std::to_string(where.line);
}

}  // namespace amorsize::detail
