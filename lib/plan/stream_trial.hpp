/// Whether a stream shares, and how long its items take of late: what is seen later counts.
/// Arithmetic only; times are nanoseconds.
#pragma once

#include <cstddef>

namespace amorsize::detail {

/// Items and the time that they took.
struct items_seen {
  double items = 0;
  double elapsed = 0;

  void add(double more, double took) {
    items += more;
    elapsed += took;
  }
  double item_ns() const { return items > 0 ? elapsed / items : 0; }
};

/// Item time over the chunks of late: long or unlike first items are soon forgotten.
class recent_items {
 public:
  void observe(double items, double elapsed) {
    seen_.items *= kept;
    seen_.elapsed *= kept;
    seen_.add(1, elapsed / items);  // by chunks: those of other items may have had many
  }
  double item_ns() const { return seen_.item_ns(); }  ///< zero: not known

 private:
  static constexpr double kept = 1 - 1.0 / 32;  // by one chunk
  items_seen seen_;
};

/// Finds out whether sharing pays, by trying: streams differ in what source, function and consumer
/// take, and only the time from result to result counts. It runs items alone, then shared for a
/// while, keeps what was faster, and tries the other again much later, or once items take much more
/// or less time than they did.
class stream_trial {
 public:
  enum class phase { alone, shared };

  /// \param may_share  else it stays alone
  /// \param is_known  the first phase is known to be the better one: the other is tried much later
  stream_trial(bool may_share, phase first, bool is_known = false);

  phase now() const { return now_; }

  /// `items` were delivered, and it took `elapsed` since the last time this was called. Returns
  /// whether the phase changes.
  /// \param ran_alone  else they are of chunks: left from before, where the consumer is alone now
  bool advance(double items, double elapsed, bool ran_alone = true);

  const items_seen& alone() const { return all_[index(phase::alone)]; }
  const items_seen& shared() const { return all_[index(phase::shared)]; }

 private:
  static std::size_t index(phase p) { return p == phase::alone ? 0 : 1; }
  items_seen& of(phase p) { return seen_[index(p)]; }
  void enter(phase next);
  bool is_clearly_worse(phase other);
  bool has_changed(double items, double elapsed);

  const bool may_share_;
  phase now_;
  items_seen seen_[2];  // since it last had to be measured anew
  items_seen all_[2];
  items_seen late_;   // since it last looked for a change
  int unlike_ = 0;    // looks in a row that found one
  double since_ = 0;  // in this phase
  double limit_;      // of this phase
  double back_off_;
};

}  // namespace amorsize::detail
