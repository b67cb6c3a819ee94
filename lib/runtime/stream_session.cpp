#include "runtime/stream_session.hpp"

#include <algorithm>

#include "amorsize/error.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"

namespace amorsize::detail {
namespace {

constexpr double progress_every_ns = 1e8;
// A consumer that is alone looks about this often.
constexpr double alone_ns = 10'000;

// What is read, or run, at a time takes about this long.
constexpr double batch_ns = 10'000;

duration time(ticks t) { return duration(tick_clock::nanoseconds(static_cast<double>(t))); }

stream_options with_name(stream_options options, const std::string& name) {
  options.name = name;
  return options;
}

}  // namespace

void stream_session::stopper::operator()() const noexcept { self->run_->stop(); }

stream_session::stream_session(engine& on, const stream_call& call, const stream_options& options)
    : engine_(on), call_(call), name_(options.name), options_(with_name(options, name_)) {}

stream_session::~stream_session() {
  on_stop_.reset();
  source_.request_stop();
}

stream_part stream_session::next() {
  if (is_at_end_) return {};
  if (!is_begun_) begin();
  if (options_.on_progress) tell_progress(false);
  try {
    const stream_part part = run_->next();
    if (part.count == 0 && part.alone == 0) end();
    return part;
  } catch (...) {
    is_at_end_ = true;
    throw;
  }
}

/// Plans, once the first result is asked for.
void stream_session::begin() {
  is_begun_ = true;
  began_ = tick_clock::now();
  next_progress_ = began_ + static_cast<ticks>(tick_clock::to_ticks(progress_every_ns));
  plan_ = engine_.plan_stream(call_, options_);
  run_.emplace(order(), lane_);
  on_stop_.emplace(options_.stop, stopper{this});
}

stream_order stream_session::order() {
  stream_order order;
  order.body = call_.body;
  order.helpers = &engine_.helpers();
  order.workers = plan_.n_jobs;
  order.observer = this;
  order.pace = {1, plan_.chunksize, plan_.buffer_size, 0, plan_.n_jobs > 1};
  if (plan_.n_jobs == 1) order.pace.alone = 1;
  order.source = source_;
  order.by_completion = !plan_.use_ordered;
  order.read_on_caller = options_.read_on_caller;
  return order;
}

void stream_session::fail_alone() noexcept {
  is_at_end_ = true;
  source_.request_stop();
}

void stream_session::has_run_alone(const items_timed& batch, stream_pace& pace) noexcept {
  if (batch.items == 0) return;
  const double item = tick_clock::nanoseconds(static_cast<double>(batch.elapsed)) /
                      static_cast<double>(batch.items);
  const auto wanted =
      static_cast<std::size_t>(std::clamp(alone_ns / std::max(item, 0.1), 0.0, 1e6));
  pace.alone = std::min(wanted, 2 * pace.alone);
  if (!pace.shares) pace.alone = std::max<std::size_t>(pace.alone, 1);
}

void stream_session::has_run(const chunk_run& chunk, stream_pace& pace) noexcept {
  if (chunk.items == 0) return;
  items_.observe(chunk.items, static_cast<double>(chunk.elapsed));
  if (options_.chunksize != 0) return;
  const double item = tick_clock::nanoseconds(static_cast<double>(chunk.elapsed)) /
                      static_cast<double>(chunk.items);
  const auto fair =
      std::max<std::size_t>(1, pace.window / static_cast<std::size_t>(2 * plan_.n_jobs));
  const auto wanted =
      static_cast<std::size_t>(std::clamp(batch_ns / std::max(item, 0.1), 1.0, 1e6));
  pace.chunk = std::min({wanted, 2 * pace.chunk, fair});
  if (chunk.by_consumer && item < 5000) pace.alone = std::max<std::size_t>(pace.alone, 1);
}

void stream_session::has_read(const items_timed& batch, stream_pace& pace) noexcept {
  if (batch.items == 0) return;
  reads_.observe(batch.items, static_cast<double>(batch.elapsed));
  const double item = tick_clock::nanoseconds(static_cast<double>(batch.elapsed)) /
                      static_cast<double>(batch.items);
  const auto wanted =
      static_cast<std::size_t>(std::clamp(batch_ns / std::max(item, 0.1), 1.0, 1e6));
  pace.batch = std::min({wanted, 2 * pace.batch, pace.chunk});
}

void stream_session::tell_progress(bool is_end) {
  const ticks now = tick_clock::now();
  if (!is_end && now < next_progress_) return;
  next_progress_ = now + static_cast<ticks>(tick_clock::to_ticks(progress_every_ns));
  options_.on_progress({lane_.returned.load(std::memory_order_relaxed), 0});
}

/// All was delivered: measures, and learns.
void stream_session::end() {
  is_at_end_ = true;
  if (run_) run_->leave();
  if (options_.on_progress) tell_progress(true);
  if (options_.report == nullptr) return;
  run_report report;
  report.plan = plan_;
  report.streaming = true;
  report.items = lane_.returned.load(std::memory_order_relaxed);
  report.wall = time(tick_clock::now() - began_);
  report.busy = run_ ? time(run_->busy()) : report.wall;
  report.serial_estimate = report.busy;
  report.basis = run_ ? speedup_basis::busy_time : speedup_basis::measured_serial;
  report.speedup = report.wall.count() > 0 ? report.serial_estimate / report.wall : 1;
  report.peak_buffered = run_ ? run_->peak() : std::min<std::size_t>(report.items, 1);
  *options_.report = report;
}

}  // namespace amorsize::detail
