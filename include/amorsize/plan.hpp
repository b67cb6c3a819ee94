/// A plan: how a piece of work is shared between threads, and what is expected of that.
#pragma once

#include <chrono>
#include <cstddef>
#include <ratio>

namespace amorsize {

/// Every time in this library: nanoseconds, with fractions.
using duration = std::chrono::duration<double, std::nano>;

/// Where a plan comes from.
enum class plan_source {
  fallback,   ///< nothing was known: what this process may use, in small chunks
  sampled,    ///< from the first items of the call, timed while they did their real work
  predicted,  ///< from what earlier calls measured
  requested,  ///< from the caller's options
};

struct batch_plan {
  int n_jobs = 1;             ///< threads that work, the calling one included
  std::size_t chunksize = 1;  ///< items handed to a worker at a time, at first
  plan_source source = plan_source::fallback;
  double confidence =
      0.0;  ///< 0 (a guess) to 1: the chance that this plan is within 10 % of the best
  duration estimated_item_time{};         ///< mean time of one item on one thread; zero: not known
  double coefficient_of_variation = 0.0;  ///< standard deviation of item times over their mean
  std::size_t result_bytes = 0;           ///< sizeof of one result; zero: none
  duration expected_serial{};             ///< of a plain loop; zero: not known
  duration expected_parallel{};           ///< of this plan; zero: not known
  bool adaptive_chunking = true;          ///< the chunk follows what each finished chunk took
  std::size_t min_chunksize = 1;          ///< items, the least that adaptive chunking goes to
  std::size_t max_chunksize = 0;          ///< items, the most it goes to; zero: no bound
  std::size_t measurements = 0;           ///< earlier calls that this plan rests on; zero: none
  double similarity = 0.0;  ///< of their work and machine to these: 1, the same; 0: no such calls
};

/// A plan with what a stream needs beyond a batch.
struct stream_plan : batch_plan {
  std::size_t buffer_size = 0;  ///< items read but not delivered, at most; zero in a batch
  bool use_ordered = true;      ///< results come in the order of their items
};

}  // namespace amorsize
