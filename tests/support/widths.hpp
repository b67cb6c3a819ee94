/// The widths that api tests run at, and a runtime that really has the threads for them.
#pragma once

#include <amorsize/amorsize.hpp>
#include <array>
#include <cstddef>

namespace support {

inline constexpr std::array widths{1, 2, 3, 8};
inline constexpr int widest = 8;

inline amorsize::runtime& wide() {
  static amorsize::runtime only(amorsize::runtime_options{.max_n_jobs = widest});
  return only;
}

/// This many threads, no more and no fewer.
inline amorsize::batch_options at_width(int n_jobs) { return {.n_jobs = n_jobs, .on = &wide()}; }

/// The same, an item at a time.
inline amorsize::batch_options one_by_one(int n_jobs) {
  return {.n_jobs = n_jobs, .chunksize = 1, .on = &wide()};
}

inline std::size_t count(int n) { return static_cast<std::size_t>(n); }

}  // namespace support
