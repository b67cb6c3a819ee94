#include "runtime/batch_control.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "amorsize/error.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"

namespace amorsize::detail {
namespace {

// The sample ends when its items have taken this long. Many times what the clock costs, and enough
// for more than the first items, which bring cold caches and fresh pages with them.
constexpr double sample_ns = 20'000;

// A chunk is no longer than this: stop, progress and failures are looked at between chunks.
constexpr double longest_chunk_ns = 1e6;

constexpr double progress_every_ns = 1e8;

// A call that began with a sample, and took less than this, tells little of the plan that followed.
constexpr double sampling_matters_ns = 2e7;

// Items that used less of a processor than this, over at least so long, wait for something else.
constexpr double computing_share = 0.5;
constexpr double telling_ns = 50'000;

}  // namespace

batch_control::batch_control(const batch_call& call, const batch_options& options,
                             const planning_input& in, const shared_state& shared)
    : call_(call), options_(options), in_(in), shared_(shared) {
  if (in.machine.workers > 1 && call.items > 1) place_ = shared.helpers.take_job();
  job_ = place_.here != nullptr ? place_.here : &own_job_.emplace();
}

batch_control::~batch_control() {
  job_->forget();
  if (place_.here != nullptr) shared_.helpers.give_back(place_);
}

void batch_control::run() {
  began_ = tick_clock::now();
  if (may_exceed_processors()) cpu_began_ = tick_clock::thread_cpu_time();
  begin();
  planning_ += tick_clock::now() - began_;
  if (called_ != 0) start_took_ = planning_;

  job_->work(0);

  const ticks all_claimed = tick_clock::now();
  observe_waiting();
  if (is_shared_) shared_.helpers.close(place_);
  observe_costs(tick_clock::now() - all_claimed);
  throw_what_failed();
  if (options_.on_progress) options_.on_progress({call_.items, call_.items});
  if (!is_decided_.load(std::memory_order_relaxed) && call_.items != 0) settle();
  planned_ = plan_.n_jobs;
  if (in_.by_user.n_jobs == 0) plan_.n_jobs = workers_seen();
}

/// In this order, each of them the same however the workers took turns: what a stop or a failed
/// progress callback left of the items is chance.
void batch_control::throw_what_failed() {
  const bool is_stopped = options_.stop.stop_requested();
  const bool lost_helpers = is_shared_ && process::is_forked() && job_->inside() != 0;
  std::exception_ptr failure = job_->take_failure();
  if (lost_helpers) throw error("the process was forked inside the call: its helpers are not here");
  if (own_failure_) std::rethrow_exception(std::move(own_failure_));
  if (failure && !(is_stopped && job_->was_stopped())) std::rethrow_exception(std::move(failure));
  if (is_stopped) throw operation_cancelled("the call was stopped by its stop token");
}

/// Not where others used what this call could have had, nor where much of it was spent on finding
/// out what to do.
int batch_control::measured_workers() const {
  const bool was_crowded = planned_from_.machine.workers < in_.machine.workers;
  const bool is_pinned = rule_.pinned != 0 || options_.plan.has_value();
  const bool was_unknown = in_.work.estimated_item_time.count() <= 0;
  const double took = tick_clock::nanoseconds(static_cast<double>(tick_clock::now() - began_));
  const bool is_mixed = has_switched_ || (planned_ == 1 && was_shared());
  if (was_crowded || is_mixed || is_pinned || (was_unknown && took < sampling_matters_ns)) return 0;
  return planned_;
}

bool batch_control::may_exceed_processors() const {
  return in_.machine.processors != 0 && in_.machine.workers > in_.machine.processors;
}

/// Only where there may be more threads than processors does it matter whether items wait.
void batch_control::observe_waiting() {
  if (!may_exceed_processors()) return;
  const double wall = tick_clock::nanoseconds(static_cast<double>(tick_clock::now() - began_));
  if (wall < telling_ns) return;
  waits_ = tick_clock::thread_cpu_time() - cpu_began_ < computing_share * wall;
}

int batch_control::workers_seen() const {
  return std::min(1 + job_->joined(), in_.machine.workers);
}

/// The plan as executed, where all was done before there was one.
void batch_control::settle() {
  if (sample_.items() == 0 && job_->items_run() != 0) {
    // Helpers were faster: theirs is the only time there is.
    sample_.observe(job_->items_run(), static_cast<double>(job_->busy()));
  }
  learn_from_sample(planned_from_, call_.items);
  planned_from_.by_user.n_jobs = workers_seen();
  plan_ = choose(planned_from_);
  plan_.source = planned_from_.source;
}

void batch_control::learn_from_sample(planning_input& in, std::size_t items) const {
  in.work.items = items;
  in.work.estimated_item_time = duration(tick_clock::nanoseconds(sample_.mean()));
  in.work.coefficient_of_variation = sample_.coefficient_of_variation();
  in.log_error = sample_.log_error();
  if (in.source == plan_source::fallback) in.source = plan_source::sampled;
}

void batch_control::begin() {
  const bool is_known = in_.work.estimated_item_time.count() > 0;
  const bool is_pinned = in_.by_user.n_jobs != 0;
  if (is_known) item_ticks_ = tick_clock::to_ticks(in_.work.estimated_item_time.count());
  rule_.claim = tick_clock::to_ticks(in_.costs.claim);
  rule_.longest = tick_clock::to_ticks(longest_chunk_ns);
  rule_.pinned = in_.by_user.chunksize;
  if (options_.on_progress) {
    next_progress_ =
        tick_clock::now() + static_cast<ticks>(tick_clock::to_ticks(progress_every_ns));
  }

  planning_input now = in_;
  // What is asked for is given, but not by a call inside another one: its outer call comes first.
  if (!is_pinned || this_thread.depth > 0) now.machine.workers = free_workers();
  planned_from_ = now;
  plan_ = choose(now);
  if (options_.plan && rule_.pinned == 0) {
    plan_.chunksize = options_.plan->chunksize;
    plan_.min_chunksize = rule_.least = options_.plan->min_chunksize;
    plan_.max_chunksize = rule_.most = options_.plan->max_chunksize;
  }

  // Unknown work: its first items are its sample, which helpers join. A first item that is long
  // must not leave them idle, so one is called before it starts; it calls others where it finds
  // work.
  const bool is_sampled = !is_known && !is_pinned && rule_.pinned == 0 && call_.open == nullptr;
  const sample_layout sample = is_sampled ? spread_sample(call_.items) : sample_layout{};
  job_->prepare({{call_.body.run, call_.body.context},
                 call_.items,
                 sample.blocks(),
                 options_.stop,
                 this,
                 static_cast<bool>(options_.on_progress)});
  is_decided_ = is_known || is_pinned;
  // A range that lies about its size is found out before any item of unknown work is run.
  if (!is_known) open_items(0);
  if (plan_.n_jobs > 1) share(plan_.n_jobs, 0);
}

/// Workers that this call may have, given what other calls use.
int batch_control::free_workers() const {
  const int others = shared_.callers.load(std::memory_order_relaxed) + shared_.helpers.at_work() -
                     1 - (is_shared_ ? job_->inside() : 0);
  return std::clamp(in_.machine.workers - others, 1, in_.machine.workers);
}

void batch_control::share(int workers, std::size_t first_unvisited) {
  workers_.store(workers, std::memory_order_relaxed);
  if (place_.here == nullptr) return;
  const auto room = static_cast<unsigned>(workers - 1);
  if (is_shared_) {
    job_->set_room(room);
  } else {
    open_items(first_unvisited);
    is_shared_ = true;
    shared_.helpers.open(place_, room);
  }
  // One that is called before anything is known may be for nothing: it is not worth a second system
  // call until there is a plan.
  if (is_decided_) shared_.helpers.keep_off_this_processor(workers - 1 - job_->inside());
  call_helpers(is_decided_ ? workers - 1 : 1);
}

/// From here on items may be visited in any order.
void batch_control::open_items(std::size_t first_unvisited) {
  if (call_.open == nullptr || is_open_) return;
  is_open_ = true;
  call_.open(call_.body.context, first_unvisited);
}

void batch_control::call_helpers(int count) {
  if (count <= called_) return;
  if (called_ == 0) called_awake_ = shared_.helpers.awake() > 0;
  called_ += shared_.helpers.call(count - called_);
}

std::size_t batch_control::first_chunk(std::size_t left) noexcept {
  const int workers = workers_.load(std::memory_order_relaxed);
  // A helper that comes to unknown work finds the caller busy with a long item, or there is more
  // than two are needed for: either way there should be more helpers.
  if (this_thread.worker != 0 && !is_decided_.load(std::memory_order_relaxed)) {
    shared_.helpers.call(std::min(2, workers - 1));
  }
  if (rule_.pinned != 0) return rule_.pinned;
  if (options_.plan) return rule_.planned(options_.plan->chunksize, left, workers);
  const double item_ticks = item_ticks_.load(std::memory_order_relaxed);
  return item_ticks > 0 ? rule_.first(left, workers, item_ticks) : 1;
}

std::size_t batch_control::next_chunk(const chunk_report& chunk) noexcept {
  if (chunk.items == 0) return chunk.claimed;
  if (chunk.by_caller) {
    sample_.observe(chunk.items, static_cast<double>(chunk.elapsed));
  }
  const auto elapsed = static_cast<double>(chunk.elapsed);
  item_ticks_.store(elapsed / static_cast<double>(chunk.items), std::memory_order_relaxed);
  return rule_.next(chunk.items, elapsed, chunk.left, workers_.load(std::memory_order_relaxed));
}

bool batch_control::caller_turn(std::size_t done) noexcept {
  if (own_failure_) return false;
  try {
    if (const std::size_t left = job_->left(); should_decide(left)) {
      const ticks start = tick_clock::now();
      decide(left);
      planning_ += tick_clock::now() - start;
    }
    if (options_.on_progress) tell_progress(done);
    return true;
  } catch (...) {
    own_failure_ = std::current_exception();
    return false;
  }
}

/// Once the sample is large enough; again where the caller is alone with more work than was
/// expected, or processors have become free.
bool batch_control::should_decide(std::size_t left) const {
  if (in_.by_user.n_jobs != 0 || left == 0 || place_.here == nullptr) return false;
  if (job_->has_failed()) return false;  // all that is left is skipped
  const double seen = tick_clock::nanoseconds(sample_.elapsed());
  if (!is_decided_.load(std::memory_order_relaxed)) return seen >= sample_ns;
  if (may_know_more(left)) return true;
  if (called_ != 0) return false;
  // A plan is believed until the call has taken what all of it was expected to: first items are
  // often slow for no reason but cold caches.
  const bool was_crowded = planned_from_.machine.workers == 1;
  // One that is tried may take somewhat longer: else half of such calls would be cut short.
  const double patience = in_.tried != 0 ? 1.5 : 1;
  if (!was_crowded && seen < patience * plan_.expected_serial.count()) return false;
  const double expected = tick_clock::nanoseconds(sample_.mean()) * static_cast<double>(left);
  return expected > worth_sharing(shared_.costs.now(shared_.helpers.awake() > 0)) &&
         free_workers() > 1;
}

/// Whether a store that was not open when this call began is, by now.
bool batch_control::may_know_more(std::size_t left) const {
  return left != 0 && shared_.work != nullptr && !is_consulted_ && in_.measured.empty() &&
         sample_.elapsed() >= consult_from_ && shared_.known.is_ready();
}

/// What earlier processes, or calls of similar work, measured. True: something new.
bool batch_control::consult(planning_input& in, std::size_t left) {
  if (shared_.work == nullptr || is_consulted_ || !in.measured.empty()) return false;
  workload whole = in.work;
  whole.items = call_.items;
  is_consulted_ = shared_.known.is_ready();
  auto found = shared_.known.consult(*shared_.work, whole,
                                     static_cast<double>(left) * in.work.estimated_item_time);
  if (!found) return false;
  found->widths.drop_faster_than(least_item_ns(in));
  if (found->widths.empty()) {
    // These items are dearer than those measured, or only the first ones are: a larger sample
    // tells.
    is_consulted_ = false;
    consult_from_ = 2 * sample_.elapsed();
    return false;
  }
  in.measured = found->widths;
  in.source = plan_source::predicted;
  // Of whole calls of this work, where the sample has some first items.
  if (found->widths.similarity == 1 && found->item_ns >= least_item_ns(in)) {
    in.work.estimated_item_time = duration(found->item_ns);
    in.work.coefficient_of_variation = found->coefficient_of_variation;
  }
  return true;
}

/// Chooses for what is left, from what this call measured.
void batch_control::decide(std::size_t left) {
  planning_input now = in_;
  learn_from_sample(now, left);
  now.costs = shared_.costs.now(shared_.helpers.awake() > 0);
  now.machine.workers = free_workers();
  observe_waiting();
  if (waits_) now.machine = {now.machine.workers, now.machine.workers};

  now.tried = 0;  // what was tried has turned out to take longer than was expected
  now.measured.drop_faster_than(least_item_ns(now));
  const bool knows_more = consult(now, left);
  const batch_plan chosen = choose(now);
  const bool was_decided = is_decided_.exchange(true);
  if (was_decided && !knows_more && chosen.n_jobs <= plan_.n_jobs) return;
  has_switched_ |= was_decided && chosen.n_jobs != plan_.n_jobs;
  planned_from_ = now;
  plan_ = chosen;
  plan_.expected_serial = static_cast<double>(call_.items) * now.work.estimated_item_time;
  plan_.expected_parallel += duration(tick_clock::nanoseconds(sample_.elapsed()));
  if (plan_.n_jobs > 1) {
    share(plan_.n_jobs, call_.items - left);
  } else {
    workers_.store(1, std::memory_order_relaxed);
    if (is_shared_) job_->set_room(0);
  }
}

void batch_control::tell_progress(std::size_t done) {
  const ticks now = tick_clock::now();
  if (now < next_progress_ || done == call_.items) return;
  next_progress_ = now + static_cast<ticks>(tick_clock::to_ticks(progress_every_ns));
  options_.on_progress({done, call_.items});
}

/// Only of calls that knew from the start that they would share. Where no helper came in time, it
/// would have taken longer than the call.
void batch_control::observe_costs(ticks joined_for) {
  const auto ns = [](ticks t) { return tick_clock::nanoseconds(static_cast<double>(t)); };
  if (start_took_ == 0) return;
  measured_costs& costs = shared_.costs;
  if (job_->first_join() <= began_) {
    const double waited = ns(tick_clock::now() - began_);
    if (waited > costs.now(called_awake_).arrive) costs.observe_arrive(called_awake_, waited);
    return;
  }
  costs.observe_start(called_awake_, ns(start_took_));
  costs.observe_arrive(called_awake_, ns(job_->first_join() - began_));
  costs.observe_join(ns(joined_for));
  if (job_->claim_time() > 0) costs.observe_claim(tick_clock::nanoseconds(job_->claim_time()));
}

}  // namespace amorsize::detail
