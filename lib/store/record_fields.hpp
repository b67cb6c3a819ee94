/// The fields of records by name and range: said once, for reading and for writing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "learn/record.hpp"

namespace amorsize::detail {

inline constexpr double most_amount = 1e18;
inline constexpr double most_count = 1e15;
inline constexpr double most_predictions = 1e3;
inline constexpr int most_jobs_read = 4'096;
inline constexpr std::size_t most_buffer = std::size_t{1} << 40U;
inline constexpr std::int64_t last_second = 100'000'000'000;

template <class Visit>
void each_field(Visit&& visit, auto& o, const outcome* /*kind*/) {
  visit("n_jobs", o.by.n_jobs, 1, most_jobs_read);
  visit("chunk_rung", o.by.chunk_rung, 0, 64);
  visit("buffer_size", o.by.buffer_size, std::size_t{0}, most_buffer);
  visit("use_ordered", o.by.use_ordered);
  visit("count", o.count, 0.0, most_count);
  visit("mean_log_item_ns", o.mean, -30.0, 60.0);
  visit("squares", o.squares, 0.0, most_count);
  visit("last_seen", o.last_seen, std::int64_t{0}, last_second);
}

template <class Visit>
void each_field(Visit&& visit, auto& s, const sized_record* /*kind*/) {
  visit("size_class", s.size_class, 0, 64);
  visit("calls", s.calls, 0.0, most_count);
  visit("items", s.items, 0.0, most_amount);
  visit("item_time_ns", s.item_ns, 0.0, most_amount);
  visit("coefficient_of_variation", s.coefficient_of_variation, 0.0, most_count);
  visit("item_bytes", s.item_bytes, 0.0, most_amount);
  visit("result_bytes", s.result_bytes, 0.0, most_amount);
  visit("wall_ns", s.wall_ns, 0.0, most_amount);
  visit("explored_ns", s.explored_ns, 0.0, most_amount);
  visit("waits", s.waits);
}

template <class Visit>
void each_field(Visit&& visit, auto& m, const machine_record* /*kind*/) {
  visit("bandwidth", m.bandwidth, 0.0, most_amount);
  visit("start_awake", m.start_awake, 0.0, most_count);
  visit("arrive_awake", m.arrive_awake, 0.0, most_count);
  visit("start_asleep", m.start_asleep, 0.0, most_count);
  visit("arrive_asleep", m.arrive_asleep, 0.0, most_count);
  visit("join", m.join, 0.0, most_count);
  visit("claim", m.claim, 0.0, most_count);
  // Files from before there was trust do not have it.
  for (std::size_t i = 0; i < reliability_table::size; ++i) {
    auto& decile = m.trust.deciles[i];
    const std::string of = std::to_string(i);
    visit.optional("predictions_" + of, decile.count, 0.0, most_predictions);
    visit.optional("claimed_" + of, decile.claimed, 0.0, most_predictions);
    visit.optional("came_true_" + of, decile.right, 0.0, most_predictions);
  }
}

}  // namespace amorsize::detail
