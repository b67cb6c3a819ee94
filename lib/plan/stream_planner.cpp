#include "plan/stream_planner.hpp"

#include <algorithm>
#include <utility>

namespace amorsize::detail {
namespace {

// Many times what it costs to claim and deliver a chunk.
constexpr double chunk_ns = 15'000;
constexpr double most_items = 1U << 16U;

// Chunks in the buffer for each worker: what others go on with while one is late.
constexpr double chunks_each = 16;

// Before anything is known of their spread, items may differ this much. More than the most is seen
// where a worker lost its processor, not in items.
constexpr double usual_variation = 1;
constexpr double most_variation = 4;
constexpr double items_each = 32;

// Sharing has just begun: helpers are still on their way.
constexpr double settling_ns = 150'000;
constexpr double trial_ns = 800'000;
constexpr double most_back_off = 4;
constexpr double worth_switching = 0.95;

}  // namespace

std::size_t stream_chunk_size(const stream_facts& facts, const stream_pins& pins,
                              std::size_t buffer_size) {
  if (pins.chunksize != 0) return pins.chunksize;
  if (facts.item_ns <= 0) return 1;
  const double fair = static_cast<double>(buffer_size) / (2.0 * facts.workers);
  return static_cast<std::size_t>(std::max(1.0, std::min(chunk_ns / facts.item_ns, fair)));
}

std::size_t stream_buffer_size(const stream_facts& facts, const stream_pins& pins) {
  const bool has_bound = facts.memory_limit > 0 && facts.buffered_bytes > 0;
  const double bound = has_bound ? facts.memory_limit / facts.buffered_bytes : most_items;
  if (pins.buffer_size != 0) {
    const auto wanted = static_cast<double>(pins.buffer_size);
    return has_bound ? static_cast<std::size_t>(std::clamp(bound, 1.0, wanted)) : pins.buffer_size;
  }
  const double variation = facts.item_ns > 0
                               ? std::min(facts.coefficient_of_variation, most_variation)
                               : usual_variation;
  const double chunk = pins.chunksize != 0 ? static_cast<double>(pins.chunksize)
                       : facts.item_ns > 0 ? std::max(1.0, chunk_ns / facts.item_ns)
                                           : 1.0;
  const double items =
      facts.workers * std::max(chunks_each * chunk, items_each * (1 + variation * variation));
  return static_cast<std::size_t>(std::max(1.0, std::min({items, bound, most_items})));
}

bool stream_trial::advance(double items, double elapsed) {
  since_ += elapsed;
  const bool is_settling = now_ == phase::shared && since_ < settling_ns;
  if (!is_settling) {
    of(now_).items += items;
    of(now_).elapsed += elapsed;
  }
  if (!may_share_ || since_ < limit_) return false;
  const double here = of(now_).item_ns();
  const phase other = now_ == phase::alone ? phase::shared : phase::alone;
  const double there = of(other).item_ns();
  const double needed = now_ == phase::shared ? worth_switching * there : there / worth_switching;
  if (there > 0 && here < needed) {
    // What is better goes on; the other is tried again, ever more seldom.
    limit_ = since_ + back_off_;
    back_off_ *= most_back_off;
    of(other) = {};
    return false;
  }
  enter(other);
  return true;
}

void stream_trial::enter(phase next) {
  now_ = next;
  of(next) = {};
  since_ = 0;
  limit_ = next == phase::shared ? settling_ns + trial_ns : trial_ns / 4;
}

}  // namespace amorsize::detail
