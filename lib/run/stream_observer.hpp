/// What a stream tells of itself as it runs, and what it is told in return: numbers. It does not
/// know why.
#pragma once

#include <cstddef>
#include <limits>

#include "base/clock.hpp"

namespace amorsize::detail {

inline double nanoseconds(ticks t) noexcept {
  return tick_clock::nanoseconds(static_cast<double>(t));
}

/// How a stream goes on from here.
struct stream_pace {
  std::size_t batch = 1;   ///< items that are read at a time
  std::size_t chunk = 1;   ///< items that are run at a time
  std::size_t window = 1;  ///< items read and not delivered, at most
  double bytes = std::numeric_limits<double>::infinity();  ///< of results that wait, at most
  std::size_t alone =
      0;               ///< items that a consumer reads and runs by itself, if nobody else is here
  bool shares = true;  ///< helpers may come
  bool tells_each = true;  ///< the consumer tells of each result, rather than of some together
};

struct chunk_run {
  bool by_consumer = false;
  std::size_t items = 0;
  std::size_t kept = 0;
  std::size_t bytes = 0;  ///< of the results kept
  ticks elapsed = 0;
};

struct items_timed {
  std::size_t items = 0;
  ticks elapsed = 0;
};

/// Under the stream's lock: arithmetic.
class stream_observer {
 public:
  virtual void has_run(const chunk_run& chunk, stream_pace& pace) noexcept = 0;
  virtual void has_read(const items_timed& batch, stream_pace& pace) noexcept = 0;

  /// The consumer by itself, what it did with the results included.
  virtual void has_run_alone(const items_timed& batch, stream_pace& pace) noexcept = 0;

  /// The consumer is back for more: all that was delivered since it last was, and the time between.
  virtual void has_delivered(const items_timed& batch, stream_pace& pace) noexcept = 0;

 protected:
  ~stream_observer() = default;
};

}  // namespace amorsize::detail
