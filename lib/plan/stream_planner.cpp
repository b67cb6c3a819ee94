#include "plan/stream_planner.hpp"

#include <algorithm>
#include <utility>

namespace amorsize::detail {
namespace {

// Many times what it costs to claim and deliver a chunk.
constexpr double chunk_ns = 30'000;
constexpr double most_items = 1U << 16U;

// Chunks in the buffer for each worker: what others go on with while one is late.
constexpr double chunks_each = 8;

// Before anything is known of their spread, items may differ this much. More than the most is seen
// where a worker lost its processor, not in items.
constexpr double usual_variation = 1;
constexpr double most_variation = 4;
constexpr double items_each = 32;

}  // namespace

std::size_t stream_chunk_size(const stream_facts& facts, const stream_pins& pins,
                              std::size_t buffer_size) {
  if (pins.chunksize != 0) return pins.chunksize;
  if (facts.item_ns <= 0) return 1;
  const double fair = static_cast<double>(buffer_size) / (2.0 * facts.workers);
  return static_cast<std::size_t>(std::max(1.0, std::min(chunk_ns / facts.item_ns, fair)));
}

namespace {

/// Items; without a limit of memory.
double buffer_wanted(const stream_facts& facts, const stream_pins& pins) {
  if (pins.buffer_size != 0) return static_cast<double>(pins.buffer_size);
  const double variation = facts.item_ns > 0
                               ? std::min(facts.coefficient_of_variation, most_variation)
                               : usual_variation;
  const double chunk = pins.chunksize != 0 ? static_cast<double>(pins.chunksize)
                       : facts.item_ns > 0 ? std::max(1.0, chunk_ns / facts.item_ns)
                                           : 1.0;
  const double items =
      facts.workers * std::max(chunks_each * chunk, items_each * (1 + variation * variation));
  return std::clamp(items, 1.0, most_items);
}

}  // namespace

std::size_t stream_buffer_size(const stream_facts& facts, const stream_pins& pins) {
  const double wanted = buffer_wanted(facts, pins);
  const auto all = pins.buffer_size != 0 ? pins.buffer_size : static_cast<std::size_t>(wanted);
  if (facts.memory_limit <= 0 || facts.buffered_bytes <= 0) return all;
  const double bound = facts.memory_limit / facts.buffered_bytes;
  if (bound >= wanted) return all;
  return std::min(all, std::max(facts.least_buffer, static_cast<std::size_t>(bound)));
}

double stream_bytes_wanted(const stream_facts& facts, const stream_pins& pins) {
  return facts.buffered_bytes * buffer_wanted(facts, pins);
}

}  // namespace amorsize::detail
