/// The planner of streams: from what is asked, known and measured to chunk and buffer. Arithmetic
/// only; times are nanoseconds.
#pragma once

#include <cstddef>

namespace amorsize::detail {

/// What a stream is like, as far as it is known; zero: not known.
struct stream_facts {
  double item_ns = 0;  ///< inside `f`, on one thread
  double coefficient_of_variation = 0;
  double buffered_bytes = 0;     ///< of one result, with what it holds
  double memory_limit = 0;       ///< bytes; zero: none
  std::size_t least_buffer = 1;  ///< items, however little memory they leave
  int workers = 1;
};

/// What the user has decided; zero: nothing.
struct stream_pins {
  std::size_t chunksize = 0;
  std::size_t buffer_size = 0;
};

/// Items that take long enough to be worth claiming together, and no more than leaves each worker
/// some of the buffer.
std::size_t stream_chunk_size(const stream_facts& facts, const stream_pins& pins,
                              std::size_t buffer_size);

/// Enough to hide the spread of item times: while one worker is at an item that takes long, the
/// others go on, by as many items as the square of the coefficient of variation tells.
std::size_t stream_buffer_size(const stream_facts& facts, const stream_pins& pins);

/// Bytes of results that this would be without a limit; zero: not known.
double stream_bytes_wanted(const stream_facts& facts, const stream_pins& pins);

}  // namespace amorsize::detail
