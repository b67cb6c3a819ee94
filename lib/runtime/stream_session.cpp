#include "runtime/stream_session.hpp"

#include <algorithm>

#include "amorsize/error.hpp"
#include "machine/memory.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"

namespace amorsize::detail {
namespace {

constexpr double progress_every_ns = 1e8;
// A consumer that is alone looks about this often.
constexpr double alone_ns = 10'000;

// What is read at a time takes at most about this long.
constexpr double batch_ns = 10'000;

// Items are known well enough after so long, or so many.
constexpr double sample_ns = 20'000;
constexpr std::size_t sample_items = 64;

// Longer ones are worth sharing, whatever else the stream does: it costs some ten nanoseconds.
constexpr double cheap_ns = 80;

// Shorter ones are run by a consumer that is alone before a helper could come for them.
constexpr double short_ns = 5'000;

// Below this, what is buffered is no matter for the memory of any machine.
constexpr double much_memory = 1 << 24;
constexpr double between_looks_ns = 1e8;

duration time(ticks t) { return duration(tick_clock::nanoseconds(static_cast<double>(t))); }

stream_options with_name(stream_options options, const std::string& name) {
  options.name = name;
  return options;
}

/// A plan's buffer is the user's; its chunk, where it is not to adapt.
stream_pins pinned_by(const stream_options& options) {
  stream_pins pins{options.chunksize, options.buffer_size};
  if (!options.plan) return pins;
  if (pins.buffer_size == 0) pins.buffer_size = options.plan->buffer_size;
  if (pins.chunksize == 0 && !options.plan->adaptive_chunking) {
    pins.chunksize = options.plan->chunksize;
  }
  return pins;
}

}  // namespace

void stream_session::stopper::operator()() const noexcept { self->run_->stop(); }

stream_session::stream_session(engine& on, const stream_call& call, const stream_options& options)
    : engine_(on),
      call_(call),
      name_(options.name),
      options_(with_name(options, name_)),
      pins_(pinned_by(options)) {}

stream_session::~stream_session() {
  on_stop_.reset();
  source_.request_stop();
}

stream_part stream_session::next() {
  if (is_at_end_) return {};
  if (!is_begun_) begin();
  if (options_.on_progress) tell_progress(false);
  look_at_memory();
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
  plan_ = engine_.plan_stream(options_);
  memory_limit_ = static_cast<double>(options_.memory_limit);
  facts_.workers = plan_.n_jobs;
  facts_.memory_limit = memory_limit_;
  if (!call_.body.results_have_size) {
    facts_.buffered_bytes = static_cast<double>(call_.body.result_bytes);
  }
  plan_.buffer_size = stream_buffer_size(facts_, pins_);
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
  // Results of unknown size: not many, before the first one is known.
  if (call_.body.results_have_size && (options_.memory_limit != 0 || pins_.buffer_size == 0)) {
    const auto few = static_cast<std::size_t>(2 * plan_.n_jobs);
    order.pace.window = std::min(order.pace.window, few);
  }
  order.source = source_;
  order.by_completion = !plan_.use_ordered;
  order.read_on_caller = options_.read_on_caller;
  return order;
}

void stream_session::fail_alone() noexcept {
  is_at_end_ = true;
  source_.request_stop();
}

namespace {

double item_time(const items_timed& batch) {
  return tick_clock::nanoseconds(static_cast<double>(batch.elapsed)) /
         static_cast<double>(batch.items);
}

std::size_t items_in(double ns, double item_ns) {
  return static_cast<std::size_t>(std::clamp(ns / std::max(item_ns, 0.1), 0.0, 1e6));
}

}  // namespace

void stream_session::has_run(const chunk_run& chunk, stream_pace& pace) noexcept {
  if (chunk.items == 0) return;
  items_.observe(chunk.items, static_cast<double>(chunk.elapsed));
  facts_.item_ns = tick_clock::nanoseconds(items_.mean());
  facts_.coefficient_of_variation = items_.coefficient_of_variation();
  if (chunk.kept > 0) {
    // The largest of late, since an average would let large ones come together.
    const double bytes = static_cast<double>(chunk.bytes) / static_cast<double>(chunk.kept);
    facts_.buffered_bytes = std::max(bytes, 0.995 * facts_.buffered_bytes);
  }
  follow(pace);
  // Where it is alone with items that take little, the consumer need not ask for each.
  if (facts_.item_ns < short_ns) pace.alone = std::max<std::size_t>(pace.alone, 1);
  const bool is_known =
      items_.items() >= sample_items || tick_clock::nanoseconds(items_.elapsed()) >= sample_ns;
  if (!is_sampled_ && is_known) begin_trial(pace);
}

/// Chunk and window as they should be now; grown by no more than double at a time.
void stream_session::follow(stream_pace& pace) noexcept {
  facts_.memory_limit = memory_limit_.load(std::memory_order_relaxed);
  pace.window = stream_buffer_size(facts_, pins_);
  const std::size_t chunk = stream_chunk_size(facts_, pins_, pace.window);
  pace.chunk = std::max<std::size_t>(1, std::min({chunk, 2 * pace.chunk, pace.window}));
}

/// Cheap items may not be worth sharing: both ways are tried.
void stream_session::begin_trial(stream_pace& pace) noexcept {
  is_sampled_ = true;
  const bool is_free = options_.n_jobs == 0 && !options_.plan && !options_.read_on_caller;
  if (!is_free || plan_.n_jobs == 1 || facts_.item_ns > cheap_ns) return;
  trial_.emplace(true, stream_trial::phase::alone);
  follow(trial_->now(), pace);
}

void stream_session::follow(stream_trial::phase phase, stream_pace& pace) noexcept {
  pace.shares = phase == stream_trial::phase::shared;
  pace.alone = std::max<std::size_t>(pace.alone, 1);
}

void stream_session::has_delivered(const items_timed& batch, stream_pace& pace) noexcept {
  if (!trial_) return;
  const double elapsed = tick_clock::nanoseconds(static_cast<double>(batch.elapsed));
  if (trial_->advance(static_cast<double>(batch.items), elapsed)) follow(trial_->now(), pace);
}

void stream_session::has_read(const items_timed& batch, stream_pace& pace) noexcept {
  if (batch.items == 0) return;
  // One slow reading may not decide: no more than doubled or halved at a time.
  const std::size_t wanted = items_in(batch_ns, item_time(batch));
  const std::size_t followed = std::clamp(wanted, pace.batch / 2, 2 * pace.batch);
  pace.batch = std::clamp<std::size_t>(followed, 1, std::max<std::size_t>(pace.chunk, 1));
}

void stream_session::has_run_alone(const items_timed& batch, stream_pace& pace) noexcept {
  if (batch.items == 0) return;
  pace.alone = std::min(items_in(alone_ns, item_time(batch)), 2 * pace.alone);
  if (!pace.shares) pace.alone = std::max<std::size_t>(pace.alone, 1);
}

/// A tenth of what is available bounds what is buffered, unless the user said how much may be.
void stream_session::look_at_memory() {
  if (options_.memory_limit != 0) return;
  const ticks now = tick_clock::now();
  if (now < next_look_) return;
  next_look_ = now + static_cast<ticks>(tick_clock::to_ticks(between_looks_ns));
  if (run_->most_bytes() < much_memory) return;
  memory_limit_.store(static_cast<double>(available_memory(system_files{})) / 10,
                      std::memory_order_relaxed);
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
  run_->leave();
  if (options_.on_progress) tell_progress(true);
  if (options_.report == nullptr) return;
  run_report report;
  report.plan = plan_;
  report.plan.estimated_item_time = duration(facts_.item_ns);
  report.plan.coefficient_of_variation = facts_.coefficient_of_variation;
  report.plan.result_bytes = call_.body.result_bytes;
  report.plan.source =
      options_.n_jobs != 0 || options_.plan ? plan_source::requested : plan_source::sampled;
  if (trial_ && trial_->now() == stream_trial::phase::alone) report.plan.n_jobs = 1;
  report.plan.chunksize = run_->pace().chunk;
  report.plan.buffer_size = std::max(run_->pace().window, run_->peak());
  report.plan.adaptive_chunking = pins_.chunksize == 0;
  report.streaming = true;
  report.items = lane_.returned.load(std::memory_order_relaxed);
  report.wall = time(tick_clock::now() - began_);
  report.busy = time(run_->busy());
  report.serial_estimate = report.busy;
  report.basis = run_->joined() > 0 ? speedup_basis::busy_time : speedup_basis::measured_serial;
  report.speedup = report.wall.count() > 0 ? report.serial_estimate / report.wall : 1;
  report.peak_buffered = run_->peak();
  *options_.report = report;
}

}  // namespace amorsize::detail
