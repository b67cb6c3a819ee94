/// The engine's part in streams: their plan before they run, and what the public templates call.
#include "amorsize/detail/stream_engine.hpp"

#include <algorithm>

#include "machine/memory.hpp"
#include "machine/system_files.hpp"
#include "plan/sampling.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"
#include "runtime/check.hpp"
#include "runtime/engine.hpp"
#include "runtime/stream_session.hpp"

namespace amorsize::detail {
namespace {

constexpr double sample_ns = 2e6;

// Sharing an item costs some ten nanoseconds; of cheaper ones a stream finds out by trying.
constexpr double cheap_ns = 20;

item_times time_items(const stream_sampling& sample) {
  const lone_worker self;
  item_times times;
  for (std::size_t most = 1; tick_clock::nanoseconds(times.elapsed()) < sample_ns; most *= 2) {
    const ticks start = tick_clock::now();
    const std::size_t done = sample.run(sample.context, most);
    if (done > 0) times.observe(done, static_cast<double>(tick_clock::now() - start));
    if (done < most) break;
  }
  return times;
}

}  // namespace

/// Threads that a stream may have: as asked for, else what this process may use.
int engine::stream_workers(const stream_options& options) {
  batch_options like;
  like.n_jobs = options.n_jobs;
  like.max_n_jobs = options.max_n_jobs;
  const int asked = options.n_jobs != 0 ? options.n_jobs
                    : options.plan      ? options.plan->n_jobs
                                        : most_n_jobs;
  return process::is_forked() ? 1 : std::min(usable(like).workers, asked);
}

stream_plan engine::plan_stream(const stream_options& options) {
  stream_plan plan;
  if (options.plan) plan = *options.plan;
  plan.n_jobs = stream_workers(options);
  plan.chunksize = options.chunksize != 0 ? options.chunksize : 1;
  // Where any order does, none waits for another.
  plan.use_ordered = options.order == result_order::any ? options.plan && options.plan->use_ordered
                                                        : options.order == result_order::input;
  return plan;
}

stream_plan engine::plan_stream(const stream_sampling& sample, const stream_options& options) {
  stream_plan plan = plan_stream(options);
  const item_times times = time_items(sample);
  stream_facts facts;
  facts.item_ns = tick_clock::nanoseconds(times.mean());
  facts.coefficient_of_variation = times.coefficient_of_variation();
  facts.buffered_bytes = static_cast<double>(sample.result_bytes);
  facts.memory_limit = options.memory_limit != 0
                           ? static_cast<double>(options.memory_limit)
                           : static_cast<double>(available_memory(system_files{})) / 10;
  if (options.n_jobs == 0 && facts.item_ns < cheap_ns) plan.n_jobs = 1;
  facts.workers = plan.n_jobs;
  const stream_pins pins{options.chunksize, options.buffer_size};
  plan.buffer_size = stream_buffer_size(facts, pins);
  plan.chunksize = stream_chunk_size(facts, pins, plan.buffer_size);
  plan.adaptive_chunking = options.chunksize == 0;
  plan.source = times.items() > 0 ? plan_source::sampled : plan_source::fallback;
  plan.estimated_item_time = duration(facts.item_ns);
  plan.coefficient_of_variation = facts.coefficient_of_variation;
  plan.result_bytes = sample.result_bytes;
  return plan;
}

stream_plan plan_stream(const stream_sampling& sample, const stream_options& options) {
  check(options);
  return engine::of(options.on).plan_stream(sample, options);
}

stream_handle open_stream(const stream_call& call, const stream_options& options) {
  check(options);
  return stream_handle(
      std::make_unique<stream_session>(engine::of(options.on), call, options).release());
}

void close_stream::operator()(stream_session* session) const noexcept {
  std::unique_ptr<stream_session>(session).reset();
}

stream_lane& lane_of(stream_session& session) noexcept { return session.lane(); }

std::stop_token source_token(stream_session& session) noexcept { return session.source_token(); }

stream_part next_part(stream_session& session) { return session.next(); }

void fail_alone(stream_session& session) noexcept { session.fail_alone(); }

std::size_t worker_limit(const stream_options& options) {
  return engine::of(options.on).worker_limit();
}

}  // namespace amorsize::detail
