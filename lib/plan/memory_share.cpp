#include "plan/memory_share.hpp"

#include <algorithm>
#include <limits>

namespace amorsize::detail {
namespace {

constexpr double share = 0.1;
constexpr double most_used = 0.95;
constexpr double most_stalled = 0.05;
constexpr double growth = 1.1;  // a look

}  // namespace

bool is_scarce(const memory_now& now) { return now.used > most_used || now.stalled > most_stalled; }

void memory_share::look(const memory_now& now, double filled) {
  const double fair = now.available > 0 ? share * static_cast<double>(now.available)
                                        : std::numeric_limits<double>::infinity();
  if (is_scarce(now)) {
    bytes_ = std::min(fair, filled / 2);
  } else {
    bytes_ = is_known_ ? std::min(fair, growth * bytes_) : fair;
  }
  is_known_ = true;
}

}  // namespace amorsize::detail
