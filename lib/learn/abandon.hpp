/// Abandoning: when a configuration is left in the middle of a call.
#pragma once

namespace amorsize::detail {

/// The way that a call is expected to take otherwise, and how it goes by the configuration under
/// way. One stall on the way is not enough. Asked now and then, by one thread.
/// All times are in nanoseconds.
class progress {
 public:
  /// Is never abandoned.
  progress() = default;

  /// \param otherwise  what the whole call is expected to take by the best other configuration
  /// \param spread  standard deviation of the logarithm of that
  /// \param coefficient_of_variation  of items: the dearest may come one after the other
  progress(double otherwise, double spread, double coefficient_of_variation) noexcept;

  /// Whether the items that are left should be done otherwise. How late the call got under way
  /// does not matter: wakes and cold caches are paid for.
  /// \param elapsed  since the call began
  /// \param done, left  items
  bool should_abandon(double elapsed, double done, double left) noexcept;

  /// What the whole call would take by the configuration under way: what was measured of it,
  /// where it was abandoned. Zero: not known.
  double whole(double elapsed, double done, double left) const noexcept;

 private:
  double otherwise_ = 0;
  double variation_ = 0;
  double first_elapsed_ = 0;  // when the call had got under way, or began to be slow
  double first_done_ = 0;     // items, by then; zero: it has not
  bool was_slow_ = false;
};

/// What a call loses by a configuration that is `excess` slower than the best (0.2: by a fifth),
/// and is abandoned by the rule above. In times of the best.
double loss_when_abandoned(double excess) noexcept;

}  // namespace amorsize::detail
