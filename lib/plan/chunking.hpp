/// The adaptive chunk: claimed, not dealt; sized by time, from what every finished chunk took.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace amorsize::detail {

/// Below this a claim costs more than some percents of the chunk it is for.
constexpr double shortest_chunk(double claim) { return 16 * claim; }

/// The ladder of chunk durations, in nanoseconds; the first rung is the rule's own, by what is
/// left.
inline constexpr std::array chunk_rungs{0.0, 8e3, 32e3, 128e3, 512e3, 2e6};

/// Chunks that a worker's share has to have for their duration to be worth trying: few are not
/// evenly shared, and nothing can leave a long one early.
inline constexpr double least_chunks = 8;

/// Times are in one unit of the user's choice, as long as it is the same in all of them.
struct chunk_rule {
  double claim = 100;      ///< time to claim a chunk
  double longest = 1e6;    ///< time after which stop, progress and errors should be looked at
  double target = 0;       ///< time that a chunk should take; zero: by what is left
  std::size_t pinned = 0;  ///< items; not zero: the chunk is this, always
  std::size_t least = 1;   ///< items
  std::size_t most = 0;    ///< items; zero: no bound

  /// The chunk to begin with. An eighth of what would do if all items were alike, since the first
  /// ones may be dearer than the rest; it grows at once where they are not.
  std::size_t first(std::size_t left, int workers, double item_time) const {
    if (pinned != 0) return pinned;
    return bounded(wanted(left, workers, item_time) / 8, fair_part(left, workers));
  }

  /// The chunk to begin with, where a plan says one.
  std::size_t planned(std::size_t chunk, std::size_t left, int workers) const {
    if (pinned != 0) return pinned;
    return bounded(static_cast<double>(chunk), fair_part(left, workers));
  }

  /// The chunk in the middle of work whose items are all alike.
  std::size_t usual(std::size_t left, int workers, double item_time) const {
    if (pinned != 0) return pinned;
    return bounded(wanted(left, workers, item_time), fair_part(left, workers));
  }

  /// The chunk after one of `done` items that took `elapsed`.
  std::size_t next(std::size_t done, double elapsed, std::size_t left, int workers) const {
    if (pinned != 0) return pinned;
    const auto items = static_cast<double>(done);
    const double item_time = std::max(elapsed, 1e-3) / items;
    // One slow reading may not decide: no more than doubled or halved at a time.
    // Half of a fair share is enough, or what is not worth another claim.
    const auto most_items = std::max(fair_part(left, workers), shortest_chunk(claim) / item_time);
    return bounded(std::clamp(wanted(left, workers, item_time), items / 2, items * 2), most_items);
  }

 private:
  /// Items whose time is a small part of a worker's share of what is left, so that workers end
  /// together, within the bounds that claims and responses set.
  double wanted(std::size_t left, int workers, double item_time) const {
    const double share = static_cast<double>(left) * item_time / workers;
    const double time = target > 0 ? target : std::min(share / 8, longest);
    return std::max(time, shortest_chunk(claim)) / item_time;
  }

  static double fair_part(std::size_t left, int workers) {
    const auto items = static_cast<double>(left);
    return workers == 1 ? items : items / (2.0 * workers);
  }

  std::size_t bounded(double items, double most_items) const {
    auto chunk = static_cast<std::size_t>(std::min(items, most_items));
    if (most != 0) chunk = std::min(chunk, most);
    return std::max({chunk, least, std::size_t{1}});
  }
};

}  // namespace amorsize::detail
