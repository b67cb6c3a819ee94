/// The engine's part in streams: what the public templates call, and plans.
#include <algorithm>

#include "amorsize/detail/stream_engine.hpp"
#include "run/process.hpp"
#include "runtime/check.hpp"
#include "runtime/engine.hpp"
#include "runtime/stream_session.hpp"

namespace amorsize::detail {

stream_plan engine::plan_stream(const stream_call& call, const stream_options& options) {
  static_cast<void>(call);
  batch_options like;
  like.n_jobs = options.n_jobs;
  like.max_n_jobs = options.max_n_jobs;
  stream_plan plan;
  int workers = usable(like).workers;
  if (options.plan) workers = std::min(workers, options.plan->n_jobs);
  if (options.n_jobs != 0) workers = std::min(workers, options.n_jobs);
  plan.n_jobs = workers;
  plan.chunksize = options.chunksize != 0 ? options.chunksize : 1;
  plan.buffer_size = options.buffer_size != 0 ? options.buffer_size : 1024;
  plan.use_ordered = options.order != result_order::completion;
  return plan;
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
