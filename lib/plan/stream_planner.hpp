/// The planner of streams: from what is asked, known and measured to chunk and buffer, and whether
/// to share at all. Arithmetic only; times are nanoseconds.
#pragma once

#include <cstddef>

namespace amorsize::detail {

/// What a stream is like, as far as it is known; zero: not known.
struct stream_facts {
  double item_ns = 0;  ///< inside `f`, on one thread
  double coefficient_of_variation = 0;
  double buffered_bytes = 0;  ///< of one result, with what it holds
  double memory_limit = 0;    ///< bytes; zero: none
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

/// Finds out whether sharing pays, by trying: streams differ in what source, function and consumer
/// take, and only the time from result to result counts. It runs items alone, then shared for a
/// while, keeps what was faster, and tries the other again much later.
class stream_trial {
 public:
  enum class phase { alone, shared };

  /// \param may_share  else it stays alone
  stream_trial(bool may_share, phase first) : may_share_(may_share), now_(first) {}

  phase now() const { return now_; }

  /// `items` were delivered, and it took `elapsed` since the last time this was called. Returns
  /// whether the phase changes.
  bool advance(double items, double elapsed);

  double alone_ns() const { return rate_[0].item_ns(); }   ///< an item; zero: not known
  double shared_ns() const { return rate_[1].item_ns(); }  ///< an item; zero: not known

 private:
  struct rate {
    double items = 0;
    double elapsed = 0;
    double item_ns() const { return items > 0 ? elapsed / items : 0; }
  };
  rate& of(phase p) { return rate_[p == phase::alone ? 0 : 1]; }
  void enter(phase next);

  const bool may_share_;
  phase now_;
  rate rate_[2];
  double since_ = 0;        // in this phase
  double limit_ = 100'000;  // of this phase
  double back_off_ = 20'000'000;
};

}  // namespace amorsize::detail
