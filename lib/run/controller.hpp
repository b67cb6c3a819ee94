/// What a job asks at the end of every chunk: numbers in, numbers out. It does not know why.
#pragma once

#include <cstddef>

#include "base/clock.hpp"

namespace amorsize::detail {

struct chunk_report {
  bool by_caller = false;
  std::size_t claimed = 0;  ///< items of the chunk
  std::size_t items = 0;    ///< of these, run: fewer where one failed
  ticks elapsed = 0;        ///< inside the items
  std::size_t left = 0;     ///< items of the job that nobody has claimed
};

class controller {
 public:
  /// The first chunk of a worker that joins; any worker's thread.
  virtual std::size_t first_chunk(std::size_t left) noexcept = 0;

  /// The next chunk of a worker; zero: leave the job. Any worker's thread.
  virtual std::size_t next_chunk(const chunk_report& chunk) noexcept = 0;

  /// After each chunk of the caller and while it waits for others, on its thread. False: skip all
  /// that has not started.
  virtual bool caller_turn(std::size_t done) noexcept = 0;

 protected:
  ~controller() = default;
};

}  // namespace amorsize::detail
