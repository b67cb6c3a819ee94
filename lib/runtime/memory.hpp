/// The memory of one workload: what its calls measured, in this process and in the store.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "amorsize/workload.hpp"
#include "learn/record.hpp"
#include "plan/measured_widths.hpp"
#include "plan/planner.hpp"

namespace amorsize::detail {

/// What a configuration took: all of a call, or what it took per item until it was left.
struct reading {
  configuration by;
  duration item{};  ///< wall time over items
};

/// Of one call; the last one of each configuration.
struct readings {
  static constexpr std::size_t most = 8;
  std::array<reading, most> all{};
  std::size_t count = 0;

  void add(const reading& one) {
    auto* const end = all.data() + count;
    auto* const same =
        std::find_if(all.data(), end, [&](const reading& other) { return other.by == one.by; });
    if (same == all.data() + most) return;
    *same = one;
    if (same == end) ++count;
  }
  const reading* begin() const { return all.data(); }
  const reading* end() const { return all.data() + count; }
};

/// What a call measured.
struct measurement {
  workload work;        ///< with the time of its items as they ran
  readings outcomes;    ///< of configurations that it ran by for long enough to tell
  duration wall{};      ///< of the whole call
  duration explored{};  ///< lost of it, to learn; negative: gained
  bool waits = false;   ///< the items wait more than they compute
};

using hints = std::shared_ptr<const std::vector<hint>>;

/// What is known of work before it runs.
struct recalled {
  measured_widths widths;
  hints similar;       ///< what similar work took; null: nothing is known
  double item_ns = 0;  ///< zero: not known
  double coefficient_of_variation = 0;
  bool waits = false;
  std::size_t items = 0;  ///< of the calls that were measured, typically
};

/// What is known of a stream before it runs.
struct recalled_stream {
  sized_record known;  ///< no calls: nothing of this stream
  hints similar;
};

/// Whether to wait for what another thread is at, or to do without.
enum class patience { none, full };

/// Any thread. On a caller's way nothing waits for a lock for longer than it is usually held: what
/// another thread is at is not recalled, or not recorded, this time. It never moves and never goes.
class memory {
 public:
  /// \param key  its number within this process
  memory(std::uint64_t key, std::string identity, bool is_streaming = false);

  std::uint64_t key() const noexcept { return key_; }
  std::uint64_t hash() const noexcept { return hash_; }  ///< of the identity
  const std::string& identity() const noexcept { return identity_; }
  bool is_streaming() const noexcept { return is_streaming_; }

  /// What is known of this size, or of one not much smaller or larger.
  std::optional<recalled> recall(std::size_t items, patience has = patience::none) noexcept;

  /// Of the size that was measured most.
  std::optional<recalled> recall_typical(patience has) noexcept;

  /// All that is known of a stream: of so many items, or of no number (zero) as it usually is.
  std::optional<recalled_stream> recall_stream(std::size_t items, patience has);

  /// Mean serial time of one item, by calls of this size on one thread; zero: none was.
  double serial_item_ns(std::size_t items) noexcept;

  /// What calls of this size may be made to learn.
  learning_budget budget(std::size_t items) noexcept;

  /// Whether a call of this size is to be run with so many threads, to measure what that takes.
  bool should_probe(std::size_t items, int n_jobs, duration probe, duration chosen) noexcept;

  /// Has the store looked up, some time soon.
  void want_look() noexcept { wants_look_.store(true, std::memory_order_relaxed); }

  void observe(const measurement& measured, patience has = patience::none) noexcept;

  /// What similar work took, for as long as little is known of this one.
  void keep(hints similar);

  /// All that is known.
  std::vector<sized_record> known();

  // For the store, by one thread at a time:
  bool wants_look() const noexcept {
    return wants_look_.load(std::memory_order_relaxed) && !is_looked_up();
  }
  bool is_dirty() const noexcept { return is_dirty_.load(std::memory_order_acquire); }
  bool is_looked_up() const noexcept { return is_looked_up_.load(std::memory_order_acquire); }
  void set_looked_up() noexcept { is_looked_up_.store(true, std::memory_order_release); }
  void add_known(const std::vector<sized_record>& sizes);
  std::vector<sized_record> take_unsaved();
  void give_back(const std::vector<sized_record>& unsaved);

 private:
  struct sized {
    sized_record known;    // the store's and this process's
    sized_record unsaved;  // of it, what the store does not have
  };
  sized& of_class(int size_class);
  const sized_record* nearest(std::size_t items, int& distance) const;
  std::vector<sized>::const_iterator typical() const;
  std::unique_lock<std::mutex> take_lock(patience has = patience::none) noexcept;

  const std::uint64_t key_;
  const std::string identity_;
  const std::uint64_t hash_;
  const bool is_streaming_;
  std::atomic<bool> is_looked_up_{false};
  std::atomic<bool> wants_look_{false};
  std::atomic<bool> is_dirty_{false};
  std::mutex mutex_;
  std::vector<sized> sizes_;
  hints similar_;
};

}  // namespace amorsize::detail
