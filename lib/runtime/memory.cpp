#include "runtime/memory.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <new>
#include <utility>

#include "learn/learner.hpp"
#include "learn/merge.hpp"
#include "learn/outcome.hpp"
#include "run/process.hpp"
#include "workload/identity.hpp"
#include "workload/site_key.hpp"

namespace amorsize::detail {
namespace {

// Shorter calls tell more of wakes than of the work.
constexpr duration worth_recording{1e5};

// Sizes farther off than this, in powers of two, say nothing.
constexpr int near = 2;

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// One call, as if it were all that is known.
sized_record record_of(const measurement& measured) {
  sized_record one;
  one.size_class = site_key::size_class(measured.work.items);
  one.calls = 1;
  one.items = static_cast<double>(measured.work.items);
  one.item_ns = measured.work.estimated_item_time.count();
  one.coefficient_of_variation = measured.work.coefficient_of_variation;
  one.item_bytes = static_cast<double>(measured.work.item_bytes);
  one.result_bytes = static_cast<double>(measured.work.result_bytes);
  one.wall_ns = measured.wall.count();
  one.explored_ns = measured.explored.count();
  one.waits = measured.waits;
  return one;
}

void add_call(sized_record& to, const sized_record& one, const measurement& measured) {
  add(to, one);
  if (measured.n_jobs == 0 || measured.wall < worth_recording) return;
  const configuration by{.n_jobs = measured.n_jobs};
  auto place = std::find_if(to.outcomes.begin(), to.outcomes.end(),
                            [&](const outcome& o) { return o.by == by; });
  if (place == to.outcomes.end()) {
    to.outcomes.push_back({.by = by});
    place = to.outcomes.end() - 1;
  }
  observe(*place, measured.wall.count() / one.items, seconds_now());
}

recalled recalled_from(const sized_record& known, int distance) {
  return {measured_widths(known, distance), known.item_ns, known.coefficient_of_variation,
          known.waits, static_cast<std::size_t>(known.items)};
}

}  // namespace

memory::memory(std::uint64_t key, std::string identity)
    : key_(key), identity_(std::move(identity)), hash_(stable_hash(identity_)) {}

memory::sized& memory::of_class(int size_class) {
  for (sized& s : sizes_) {
    if (s.known.size_class == size_class) return s;
  }
  sized& made = sizes_.emplace_back();
  made.known.size_class = made.unsaved.size_class = size_class;
  return made;
}

const sized_record* memory::nearest(int size_class, int& distance) const {
  const sized_record* best = nullptr;
  distance = near + 1;
  for (const sized& s : sizes_) {
    const int off = std::abs(s.known.size_class - size_class);
    if (off < distance && s.known.calls > 0) {
      distance = off;
      best = &s.known;
    }
  }
  return best;
}

/// Not in a forked child: the lock may be held there, by a thread of the parent.
std::unique_lock<std::mutex> memory::try_lock() noexcept {
  return process::is_forked() ? std::unique_lock<std::mutex>()
                              : std::unique_lock(mutex_, std::try_to_lock);
}

std::optional<recalled> memory::recall(std::size_t items) noexcept {
  const auto lock = try_lock();
  if (!lock) return std::nullopt;
  int distance = 0;
  const sized_record* const known = nearest(site_key::size_class(items), distance);
  if (known == nullptr) return std::nullopt;
  return recalled_from(*known, distance);
}

std::optional<recalled> memory::recall_typical() noexcept {
  const auto lock = try_lock();
  if (!lock || sizes_.empty()) return std::nullopt;
  const auto most = std::max_element(
      sizes_.begin(), sizes_.end(),
      [](const sized& a, const sized& b) { return a.known.calls < b.known.calls; });
  return recalled_from(most->known, 0);
}

double memory::serial_item_ns(std::size_t items) noexcept {
  const auto lock = try_lock();
  if (!lock) return 0;
  int distance = 0;
  const sized_record* const known = nearest(site_key::size_class(items), distance);
  if (known == nullptr || distance != 0) return 0;
  for (const outcome& o : known->outcomes) {
    if (o.by == configuration{} && o.count >= 1) return std::exp(o.mean);
  }
  return 0;
}

bool memory::should_probe_serial(std::size_t items, duration serial, duration chosen) noexcept {
  const auto lock = try_lock();
  if (!lock) return false;
  int distance = 0;
  const sized_record* const known = nearest(site_key::size_class(items), distance);
  return known != nullptr && distance == 0 &&
         detail::should_probe_serial(*known, serial.count(), chosen.count());
}

void memory::observe(const measurement& measured) noexcept {
  const auto lock = try_lock();
  if (!lock || measured.work.items == 0) return;
  try {
    const sized_record one = record_of(measured);
    sized& size = of_class(one.size_class);
    add_call(size.known, one, measured);
    add_call(size.unsaved, one, measured);
  } catch (const std::bad_alloc&) {
    return;  // learning never fails a call
  }
  is_dirty_.store(true, std::memory_order_release);  // pairs with the acquire in `is_dirty`
}

void memory::add_known(const std::vector<sized_record>& sizes) {
  const std::lock_guard lock(mutex_);
  for (const sized_record& size : sizes) add(of_class(size.size_class).known, size);
}

std::vector<sized_record> memory::take_unsaved() {
  std::vector<sized_record> taken;
  const std::lock_guard lock(mutex_);
  taken.reserve(sizes_.size());
  for (sized& size : sizes_) {
    if (size.unsaved.calls == 0) continue;
    taken.push_back(std::exchange(size.unsaved, {}));
    size.unsaved.size_class = size.known.size_class;
  }
  is_dirty_.store(false, std::memory_order_relaxed);
  return taken;
}

void memory::give_back(const std::vector<sized_record>& unsaved) {
  const std::lock_guard lock(mutex_);
  for (const sized_record& size : unsaved) add(of_class(size.size_class).unsaved, size);
  is_dirty_.store(true, std::memory_order_relaxed);
}

}  // namespace amorsize::detail
