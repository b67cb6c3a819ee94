#include "runtime/memory.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <new>
#include <utility>

#include "base/pause.hpp"
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

// Work that took less in all, and that no outcome is known of, is planned by its first items.
constexpr double worth_saving_ns = 1e6;

// Sizes farther off than this, in powers of two, say nothing.
constexpr int near = 2;

/// Weighted by calls; zero: not known.
void follow(double& mean, double calls, double reading) {
  if (reading > 0) mean = mean > 0 ? mean + (reading - mean) / (calls + 1) : reading;
}

/// As `add` of learn/merge.hpp adds one call: that one is for records, and this on a caller's way.
void add_call(sized_record& to, const measurement& measured, std::int64_t now_s) {
  const workload& work = measured.work;
  const auto items = static_cast<double>(work.items);
  follow(to.item_ns, to.calls, work.estimated_item_time.count());
  follow(to.coefficient_of_variation, to.calls, work.coefficient_of_variation);
  follow(to.item_bytes, to.calls, static_cast<double>(work.item_bytes));
  follow(to.result_bytes, to.calls, static_cast<double>(work.result_bytes));
  if (to.calls <= 1) to.waits = measured.waits || (to.calls == 1 && to.waits);
  to.calls += 1;
  to.items += items;
  to.wall_ns += measured.wall.count();
  to.explored_ns += measured.explored.count();
  if (measured.wall < worth_recording) return;
  for (const reading& one : measured.outcomes) observe(to, one.by, one.item.count(), now_s);
}

double typical_items(const sized_record& known) {
  return known.calls >= 1 ? known.items / known.calls : 0;
}

recalled recalled_from(const sized_record& known, int distance) {
  return {measured_widths(known, distance),
          {},
          known.item_ns,
          known.coefficient_of_variation,
          known.waits,
          static_cast<std::size_t>(typical_items(known))};
}

}  // namespace

memory::memory(std::uint64_t key, std::string identity, bool is_streaming)
    : key_(key),
      identity_(std::move(identity)),
      hash_(stable_hash(identity_)),
      is_streaming_(is_streaming) {}

memory::sized& memory::of_class(int size_class) {
  for (sized& s : sizes_) {
    if (s.known.size_class == size_class) return s;
  }
  sized& made = sizes_.emplace_back();
  made.known.size_class = made.unsaved.size_class = size_class;
  return made;
}

const sized_record* memory::nearest(std::size_t items, int& distance) const {
  constexpr double far = 1 << near;
  const auto wanted = static_cast<double>(items);
  const sized_record* best = nullptr;
  distance = near + 1;
  for (const sized& s : sizes_) {
    const int off = std::abs(s.known.size_class - site_key::size_class(items));
    const double typical = typical_items(s.known);
    if (off < distance && wanted <= far * typical && typical <= far * wanted) {
      distance = off;
      best = &s.known;
    }
  }
  return best;
}

/// Not in a forked child: the lock may be held there, by a thread of the parent.
std::unique_lock<std::mutex> memory::take_lock(patience has) noexcept {
  if (process::is_forked()) return {};
  if (has == patience::full) return std::unique_lock(mutex_);
  constexpr int tries = 32;  // some microseconds: who holds it does so for less than one
  std::unique_lock lock(mutex_, std::try_to_lock);
  for (int i = 1; !lock && i < tries; ++i) {
    for (int wait = 0; wait < 4; ++wait) pause();
    static_cast<void>(lock.try_lock());
  }
  return lock;
}

std::optional<recalled> memory::recall(std::size_t items, patience has) noexcept {
  const auto lock = take_lock(has);
  if (!lock) return std::nullopt;
  int distance = 0;
  const sized_record* const known = nearest(items, distance);
  if (known == nullptr) return std::nullopt;
  recalled found = recalled_from(*known, distance);
  found.similar = similar_;
  return found;
}

std::optional<recalled> memory::recall_typical(patience has) noexcept {
  const auto lock = take_lock(has);
  if (!lock || sizes_.empty()) return std::nullopt;
  return recalled_from(typical()->known, 0);
}

std::vector<memory::sized>::const_iterator memory::typical() const {
  return std::max_element(sizes_.begin(), sizes_.end(), [](const sized& a, const sized& b) {
    return a.known.calls < b.known.calls;
  });
}

std::optional<recalled_stream> memory::recall_stream(std::size_t items, patience has) {
  const auto lock = take_lock(has);
  if (!lock || (sizes_.empty() && !similar_)) return std::nullopt;
  recalled_stream found;
  found.similar = similar_;
  int distance = 0;
  const sized_record* known = items != 0 ? nearest(items, distance) : nullptr;
  if (known == nullptr && !sizes_.empty()) known = &typical()->known;
  if (known != nullptr) found.known = *known;
  return found;
}

double memory::serial_item_ns(std::size_t items) noexcept {
  const auto lock = take_lock();
  if (!lock) return 0;
  int distance = 0;
  const sized_record* const known = nearest(items, distance);
  if (known == nullptr || distance != 0) return 0;
  for (const outcome& o : known->outcomes) {
    if (o.by == configuration{} && o.count >= 1) return std::exp(o.mean);
  }
  return 0;
}

learning_budget memory::budget(std::size_t items) noexcept {
  const auto lock = take_lock();
  if (!lock) return {};
  int distance = 0;
  const sized_record* const known = nearest(items, distance);
  if (known == nullptr || distance != 0) return {};
  return {duration(purse(*known)), known->calls};
}

bool memory::should_probe(std::size_t items, int n_jobs, duration probe, duration chosen) noexcept {
  const auto lock = take_lock();
  if (!lock) return false;
  int distance = 0;
  const sized_record* const known = nearest(items, distance);
  return known != nullptr && distance == 0 &&
         detail::should_probe(*known, n_jobs, probe.count(), chosen.count());
}

void memory::observe(const measurement& measured, patience has) noexcept {
  const auto lock = take_lock(has);
  if (!lock || measured.work.items == 0) return;
  try {
    sized& size = of_class(site_key::size_class(measured.work.items));
    const std::int64_t now_s = std::time(nullptr);
    add_call(size.known, measured, now_s);
    size.known.explored_ns = std::max(size.known.explored_ns, 0.0);
    add_call(size.unsaved, measured, now_s);
  } catch (const std::bad_alloc&) {
    return;  // learning never fails a call
  }
  is_dirty_.store(true, std::memory_order_release);  // pairs with the acquire in `is_dirty`
}

void memory::keep(hints similar) {
  if (const auto lock = take_lock()) similar_ = std::move(similar);
}

std::vector<sized_record> memory::known() {
  std::vector<sized_record> all;
  const std::lock_guard lock(mutex_);
  for (const sized& size : sizes_) all.push_back(size.known);
  return all;
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
    if (size.unsaved.outcomes.empty() && size.unsaved.wall_ns < worth_saving_ns) continue;
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
