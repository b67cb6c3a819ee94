/// Searching for the best number of threads within one long call.
#pragma once

#include <array>

namespace amorsize::detail {

/// Hill climbing on throughput: the call is cut into windows, and after each of them the search
/// says how many threads the next one should have. A plain state machine on numbers: it has no
/// clock and starts no thread. For one thread at a time.
class width_search {
 public:
  /// Windows should be at least this long, nanoseconds, so that starts and chunks that are under
  /// way when the width changes do not matter.
  static constexpr double least_window_ns = 20e6;

  /// \param width  at first, from 1 to `most`
  /// \param purse_ns  what may be lost to widths that are slower, beyond 3 % of the call's time: a
  ///   window's, for example. A try that is under way may exceed it by as much.
  width_search(int width, int most, double purse_ns) noexcept;

  /// The window ran with `width()` threads. What is no time or has no items is ignored.
  /// \returns the width for the next window
  int next(double items, double window_ns) noexcept;

  int width() const noexcept { return width_; }      ///< of the next window
  int best() const noexcept { return best_; }        ///< where it is when nothing is tried
  double lost_ns() const noexcept { return lost_; }  ///< by windows of slower widths

 private:
  /// Logarithms of items per nanosecond, over windows of one width; old ones fade.
  struct rate {
    double count = 0;
    double mean = 0;
    void observe(double log_rate) noexcept;
  };

  void observe_best(double log_rate, double window_ns) noexcept;
  void observe_tried(double log_rate) noexcept;
  void observe_noise(double distance) noexcept;
  double doubt(const rate& a) const noexcept;
  int candidate(int direction) const noexcept;
  void try_next(double window_ns) noexcept;
  void adopt() noexcept;
  void reject() noexcept;
  void turn() noexcept;
  void restart() noexcept;

  int most_;
  int best_;
  int width_;
  double purse_;
  double step_;                        // factor between widths
  int next_rest_;                      // windows
  double noise_;                       // variance of a window's logarithm
  int direction_ = -1;                 // of the try under way or the next one: fewer threads first
  int rejected_ = 0;                   // directions in a row
  std::array<int, 2> was_rejected_{};  // fewer, more: the last ones; zero: none
  int rest_ = 0;                       // windows before the next try
  int surprises_ = 0;                  // in a row
  rate best_rate_;
  rate tried_rate_;
  double elapsed_ = 0;
  double lost_ = 0;
};

}  // namespace amorsize::detail
