#include "runtime/stream_session.hpp"

#include <algorithm>
#include <new>
#include <utility>

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

constexpr double between_looks_ns = 1e8;

// Results may be much larger than those before: so many are made before the limit sees one.
constexpr std::size_t few_of_any_size = 8;

// A trial of sharing says which way is faster here, but not what it takes in the long run.
constexpr double telling_ns = 5e6;

// What has run for so long may be worth what the store costs to read.
constexpr double worth_consulting_ns = 2e7;

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
  leave_callers();
  if (!run_) return;
  if (process::is_forked() && !is_of_child_ && run_->has_company()) {
    // Its threads are the parent's, and may have been anywhere in it.
    static_cast<void>(run_.release());
    return;
  }
  run_.reset();  // before what its threads use
}

stream_part stream_session::next() {
  if (is_at_end_) return {};
  try {
    if (!is_begun_) begin();
    if (process::is_forked() && !is_of_child_) {
      throw operation_cancelled("the stream was begun by the parent of this process: it ends here");
    }
    if (options_.on_progress) tell_progress(false);
    look_at_memory();
    consult();
    const stream_part part = run_->next();
    if (part.count == 0 && part.alone == 0) end();
    return part;
  } catch (...) {
    fail_alone();
    throw;
  }
}

/// Plans, once the first result is asked for.
void stream_session::begin() {
  is_begun_ = true;
  began_ = tick_clock::now();
  next_progress_ = began_ + static_cast<ticks>(tick_clock::to_ticks(progress_every_ns));
  is_of_child_ = process::is_forked();
  is_nested_ = this_thread.depth > 0;
  is_crowded_ = engine_.callers().fetch_add(1, std::memory_order_relaxed) > 0;
  is_counted_ = true;
  const std::size_t bytes = call_.body.results_have_size ? 0 : call_.body.result_bytes;
  decision_ = engine_.decide(options_, call_.types, bytes, is_crowded_);
  facts_ = decision_.in.facts;
  is_known_ = facts_.item_ns > 0;
  if (options_.memory_limit == 0) {
    facts_.memory_limit = memory_share_.bytes();
    facts_.least_buffer = static_cast<std::size_t>(facts_.workers);
  }
  memory_limit_ = facts_.memory_limit;
  pins_ = decision_.in.pins;
  if (decision_.has_evidence) follow_evidence();
  planned_ = tick_clock::now();
  run_ = std::make_unique<stream_run>(order(), lane_);
  on_stop_.emplace(options_.stop, stopper{this});
}

stream_order stream_session::order() {
  stream_order order;
  order.body = call_.body;
  order.helpers = &engine_.helpers();
  order.workers = facts_.workers;
  order.observer = this;
  const std::size_t window = stream_buffer_size(facts_, pins_);
  const std::size_t chunk = std::min(chunk_size(facts_, window), window);
  order.pace = {.chunk = chunk, .window = window, .shares = facts_.workers > 1};
  if (facts_.memory_limit > 0) order.pace.bytes = facts_.memory_limit;
  if (facts_.workers == 1 || starts_alone()) order.pace.alone = 1;
  if (starts_alone()) order.pace.shares = false;
  // Results of unknown size: not many, before the first one is known.
  if (call_.body.results_have_size &&
      (options_.memory_limit != 0 || decision_.in.pins.buffer_size == 0)) {
    const std::size_t few = 2 * static_cast<std::size_t>(facts_.workers);
    order.pace.window = std::min(order.pace.window, few);
  }
  order.source = source_;
  order.by_completion = !decision_.plan.use_ordered;
  order.read_on_caller = options_.read_on_caller;
  return order;
}

void stream_session::fail_alone() noexcept {
  is_at_end_ = true;
  source_.request_stop();
  if (run_) run_->stop();
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
  recent_.observe(static_cast<double>(chunk.items), nanoseconds(chunk.elapsed));
  // The first items of a stream that is known tell less than what is known.
  if (is_sampled_ || !is_known_) {
    facts_.item_ns = tick_clock::nanoseconds(items_.mean());
    facts_.coefficient_of_variation = items_.coefficient_of_variation();
  }
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
  // Also later: the first items may have been others.
  if (is_known && (!is_sampled_ || recent_.item_ns() < cheap_ns / 2)) begin_trial(pace);
}

/// Chunk and window as they should be now; grown by no more than double at a time.
void stream_session::follow(stream_pace& pace) noexcept {
  facts_.memory_limit = memory_limit_.load(std::memory_order_relaxed);
  pace.window = stream_buffer_size(facts_, pins_);
  const double least = static_cast<double>(facts_.least_buffer) * facts_.buffered_bytes;
  pace.bytes = std::max(facts_.memory_limit, least);
  filled_bytes_.store(facts_.buffered_bytes * static_cast<double>(pace.window),
                      std::memory_order_relaxed);
  wanted_bytes_.store(stream_bytes_wanted(facts_, pins_), std::memory_order_relaxed);
  // Where somebody could see that more was delivered than was told, none is kept back.
  pace.tells_each = pins_.buffer_size != 0 || options_.stop.stop_possible();
  stream_facts late = facts_;
  if (recent_.item_ns() > 0) late.item_ns = recent_.item_ns();
  const std::size_t chunk = chunk_size(late, pace.window);
  const std::size_t followed = std::clamp(chunk, pace.chunk / 2, 2 * pace.chunk);
  pace.chunk = std::max<std::size_t>(1, std::min(followed, pace.window));
}

/// Results that may be of any size count once their chunk is done: under a limit, few are in one.
std::size_t stream_session::chunk_size(const stream_facts& facts, std::size_t window) const {
  const std::size_t chunk = stream_chunk_size(facts, pins_, window);
  const bool is_unsure = options_.memory_limit != 0 && call_.body.results_have_size;
  return is_unsure && pins_.chunksize == 0 ? std::min(chunk, few_of_any_size) : chunk;
}

/// Cheap items may not be worth sharing: both ways are tried.
void stream_session::begin_trial(stream_pace& pace) noexcept {
  is_sampled_ = true;
  const bool is_free = options_.n_jobs == 0 && !options_.plan && !options_.read_on_caller;
  if (!is_free || trial_ || facts_.workers == 1 || recent_.item_ns() > cheap_ns) return;
  trial_.emplace(true, stream_trial::phase::alone);
  follow(trial_->now(), pace);
}

void stream_session::follow(stream_trial::phase phase, stream_pace& pace) noexcept {
  pace.shares = phase == stream_trial::phase::shared;
  pace.alone = std::max<std::size_t>(pace.alone, 1);
}

void stream_session::has_delivered(const items_timed& batch, stream_pace& pace) noexcept {
  seen_item_ns_ = facts_.item_ns;
  seen_variation_ = facts_.coefficient_of_variation;
  if (std::exchange(has_news_, false)) {
    follow_evidence();
    has_changed_ = true;
    if (trial_) follow(trial_->now(), pace);
  }
  const bool ran_alone = std::exchange(has_run_alone_, false);
  if (!trial_) return;
  const auto items = static_cast<double>(batch.items);
  const double elapsed = tick_clock::nanoseconds(static_cast<double>(batch.elapsed));
  if (trial_->advance(items, elapsed, ran_alone)) follow(trial_->now(), pace);
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
  has_run_alone_ = true;
  pace.alone = std::min(items_in(alone_ns, item_time(batch)), 2 * pace.alone);
  if (!pace.shares) pace.alone = std::max<std::size_t>(pace.alone, 1);
}

/// A tenth of what is available bounds what is buffered, unless the user said how much may be.
void stream_session::look_at_memory() {
  const double wanted = wanted_bytes_.load(std::memory_order_relaxed);
  if (options_.memory_limit != 0 || !memory_share_.is_in_question(wanted)) return;
  const ticks now = tick_clock::now();
  if (now < next_look_) return;
  next_look_ = now + static_cast<ticks>(tick_clock::to_ticks(between_looks_ns));
  try {
    memory_share_.look(amorsize::detail::look_at_memory(system_files{}),
                       filled_bytes_.load(std::memory_order_relaxed));
  } catch (const std::bad_alloc&) {
    return;  // it looks again
  }
  memory_limit_.store(memory_share_.bytes(), std::memory_order_relaxed);
}

void stream_session::tell_progress(bool is_end) {
  const ticks now = tick_clock::now();
  if (!is_end && now < next_progress_) return;
  next_progress_ = now + static_cast<ticks>(tick_clock::to_ticks(progress_every_ns));
  options_.on_progress({lane_.returned.load(std::memory_order_relaxed), 0});
}

/// Whether measurements say that sharing does not pay.
bool stream_session::starts_alone() const noexcept {
  return decision_.has_evidence && options_.n_jobs == 0 && !options_.read_on_caller &&
         decision_.chosen.by.n_jobs == 1 && facts_.workers > 1;
}

/// What was measured decides, until this stream shows otherwise: the other way is tried, much
/// later.
void stream_session::follow_evidence() noexcept {
  const configuration& by = decision_.chosen.by;
  if (by.n_jobs > 1) {
    if (pins_.buffer_size == 0) pins_.buffer_size = by.buffer_size;
    if (!run_) facts_.workers = by.n_jobs;
  }
  if (decision_.in.n_jobs != 0 || options_.read_on_caller || facts_.workers == 1) return;
  if (by.n_jobs == 1) trial_.emplace(true, stream_trial::phase::alone, true);
  if (by.n_jobs > 1 && facts_.item_ns <= cheap_ns) {
    trial_.emplace(true, stream_trial::phase::shared, true);
  }
}

/// A stream that has run for a while, and of which nothing was known, asks the store.
void stream_session::consult() noexcept {
  if (is_consulted_ || decision_.work == nullptr || decision_.has_evidence || is_nested_) return;
  const ticks ran = tick_clock::between(began_, tick_clock::now());
  if (tick_clock::nanoseconds(static_cast<double>(ran)) < worth_consulting_ns) return;
  if (!engine_.is_ready_to_consult()) return;
  is_consulted_ = true;
  workload work;
  work.items = lane_.returned.load(std::memory_order_relaxed);
  work.item_bytes = call_.body.item_bytes;
  work.result_bytes = call_.body.result_bytes;
  work.estimated_item_time = duration(seen_item_ns_);
  work.coefficient_of_variation = seen_variation_;
  has_news_ = engine_.consult(decision_, work);
}

/// All was delivered: measures, and learns.
void stream_session::end() {
  is_at_end_ = true;
  run_->leave();
  ended_ = tick_clock::now();
  is_crowded_ = is_crowded_ || engine_.callers().load(std::memory_order_relaxed) > 1;
  leave_callers();
  if (options_.on_progress) tell_progress(true);
  const run_report report = measure();
  if (engine_.tells_decisions()) engine_.tell(options_, report);
  if (!is_nested_ && report.items > 0) engine_.remember(decision_, outcome_of(report));
  if (options_.report != nullptr) *options_.report = report;
}

void stream_session::leave_callers() noexcept {
  if (!std::exchange(is_counted_, false)) return;
  engine_.callers().fetch_sub(1, std::memory_order_relaxed);
}

run_report stream_session::measure() const {
  run_report report;
  report.plan = decision_.plan;
  report.plan.n_jobs = facts_.workers;
  report.plan.estimated_item_time = duration(facts_.item_ns);
  report.plan.coefficient_of_variation = facts_.coefficient_of_variation;
  report.plan.result_bytes = call_.body.result_bytes;
  if (report.plan.source == plan_source::fallback) report.plan.source = plan_source::sampled;
  if (trial_ && trial_->now() == stream_trial::phase::alone) report.plan.n_jobs = 1;
  report.plan.chunksize = run_->pace().chunk;
  report.plan.buffer_size = std::max(run_->pace().window, run_->peak());
  report.plan.adaptive_chunking = pins_.chunksize == 0;
  report.streaming = true;
  report.items = lane_.returned.load(std::memory_order_relaxed);
  report.planning = time(tick_clock::between(began_, planned_));
  report.wall = time(tick_clock::between(began_, ended_));
  report.busy = time(run_->busy());
  report.serial_estimate = report.busy;
  report.basis = run_->joined() > 0 ? speedup_basis::busy_time : speedup_basis::measured_serial;
  report.speedup = report.wall.count() > 0 ? report.serial_estimate / report.wall : 1;
  report.peak_buffered = run_->peak();
  return report;
}

/// For the learner: which configurations ran, and for how long an item.
measurement stream_session::outcome_of(const run_report& report) const {
  measurement done;
  done.work.items = report.items;
  done.work.item_bytes = call_.body.item_bytes;
  done.work.result_bytes = call_.body.result_bytes;
  done.work.estimated_item_time = report.plan.estimated_item_time;
  done.work.coefficient_of_variation = report.plan.coefficient_of_variation;
  done.wall = report.wall;
  if (decision_.chosen.is_trial) {
    const double part = static_cast<double>(report.items) / std::max(decision_.in.items, 1.0);
    done.explored = report.wall - decision_.chosen.best * part;
  }
  // What others slowed, or the user made otherwise than a plan would, says nothing of a plan.
  if (is_crowded_ || decision_.in.pins.chunksize != 0 || options_.read_on_caller) return done;
  if (has_changed_ && !trial_) return done;  // no configuration ran for all of it
  configuration shared{.n_jobs = facts_.workers, .use_ordered = decision_.plan.use_ordered};
  shared.buffer_size =
      pins_.buffer_size != 0 ? pins_.buffer_size : buffer_rung(run_->pace().window);
  const configuration alone{.n_jobs = 1, .buffer_size = 1};
  if (!trial_) {
    const configuration& by = facts_.workers == 1 ? alone : shared;
    done.outcomes.add({by, report.wall / static_cast<double>(report.items)});
  } else {
    const auto add = [&](const configuration& by, const items_seen& seen) {
      const bool tells = seen.elapsed >= std::min(telling_ns, report.wall.count() / 2);
      if (tells && seen.items > 0) done.outcomes.add({by, duration(seen.item_ns())});
    };
    add(alone, trial_->alone());
    add(shared, trial_->shared());
  }
  return done;
}

}  // namespace amorsize::detail
