/// What a stream may run, by the memory that its results take.
#include <algorithm>

#include "run/stream_run.hpp"

namespace amorsize::detail {

/// Items that may be claimed now. Those that are being run are expected to be as large as the
/// largest so far. One may always go on, whatever it takes, where nothing else is held.
std::size_t stream_run::claimable() const noexcept {
  constexpr double any = 1e18;
  const std::size_t there = line_.unclaimed();
  if (there == 0) return 0;
  if (result_bytes_ <= 0) return static_cast<double>(held_bytes_) < pace_.bytes ? there : 0;
  const double running = static_cast<double>(running_items_) * result_bytes_;
  const double left = pace_.bytes - static_cast<double>(held_bytes_) - running;
  const auto fit = static_cast<std::size_t>(std::clamp(left / result_bytes_, 0.0, any));
  const bool is_empty = held_bytes_ == 0 && running_ == 0 && given_ == nullptr;
  return std::min(there, std::max<std::size_t>(fit, is_empty ? 1 : 0));
}

}  // namespace amorsize::detail
