#include "runtime/batch_control.hpp"

#include <algorithm>
#include <utility>

#include "amorsize/error.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"

namespace amorsize::detail {
namespace {

// A chunk is no longer than this: stop, progress and failures are looked at between chunks.
constexpr double longest_chunk_ns = 1e6;

constexpr double progress_every_ns = 1e8;

// A call that began with a sample, and took less than this, tells little of the plan that followed.
constexpr double sampling_matters_ns = 2e7;

// What a call ran by for less than this, before or after another configuration, tells little.
constexpr double slice_matters_ns = 5e6;

constexpr double worth_watching_ns = 2e5;

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
  begin();
  start_watching();
  planning_ += tick_clock::now() - began_;
  if (called_ != 0) start_took_ = planning_;

  job_->work(0);

  const ticks all_claimed = tick_clock::now();
  observe_waiting();
  if (is_shared_) shared_.helpers.close(place_);
  ended_ = tick_clock::now();
  observe_costs(ended_ - all_claimed);
  end_watching();
  throw_what_failed();
  if (options_.on_progress) options_.on_progress({call_.items, call_.items});
  if (!is_decided_.load(std::memory_order_relaxed) && call_.items != 0) settle();
  if (in_.by_user.n_jobs == 0 && left_.count == 0) plan_.n_jobs = workers_seen();
  if (search_) plan_.n_jobs = search_->best();
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

/// None where much of the call was spent on finding out what to do, or others disturbed it.
readings batch_control::outcomes(duration wall) const {
  const bool is_pinned = rule_.pinned != 0 || options_.plan.has_value();
  const bool was_unknown = in_.work.estimated_item_time.count() <= 0;
  const double took = tick_clock::nanoseconds(static_cast<double>(ended_ - began_));
  if (is_pinned || was_disturbed_ || is_crowded()) return {};
  if (was_unknown && took < sampling_matters_ns) return {};
  readings all;
  // What was left was seen for a moment: alone, that does not shut it out for ever.
  const bool was_tried = in_.chosen && !search_ && in_.chosen->otherwise.count() > 0;
  for (reading one : left_) {
    if (was_tried && in_.measured.of(one.by.n_jobs, one.by.chunk_rung) == nullptr) {
      one.item = std::min(one.item, 2 * in_.chosen->otherwise / static_cast<double>(call_.items));
    }
    all.add(one);
  }
  const bool is_whole = by_from_ == began_;
  const bool is_mixed = by_.n_jobs == 1 && was_shared();
  if (is_whole && !is_mixed) all.add({by_, wall / static_cast<double>(call_.items)});
  if (!is_whole && taken(ended_) >= slice_matters_ns) all.add(slice(ended_, 0));
  return all;
}

/// Others used what this call could have had when it was last planned.
bool batch_control::is_crowded() const {
  return planned_from_.machine.workers < in_.machine.workers;
}

/// Nanoseconds that the run by the present configuration has taken.
double batch_control::taken(ticks until) const {
  return tick_clock::nanoseconds(static_cast<double>(until - by_from_));
}

/// What the present configuration took, of a call that has run by others, too.
reading batch_control::slice(ticks until, std::size_t left) const {
  return {by_, duration(taken(until) / static_cast<double>(by_items_ - left))};
}

bool batch_control::may_exceed_processors() const {
  return in_.machine.processors != 0 && in_.machine.workers > in_.machine.processors;
}

/// Not of calls that are short against what it costs to look.
void batch_control::start_watching() {
  const bool is_short =
      plan_.expected_parallel.count() > 0 && plan_.expected_parallel.count() < worth_watching_ns;
  if (may_exceed_processors()) cpu_began_ = tick_clock::thread_cpu_time();
  is_watched_ = !is_short && !may_exceed_processors();
  if (is_watched_) usage_ = thread_usage::now();
}

/// Threads beyond the processors take time from each other.
void batch_control::end_watching() {
  if (!is_watched_) return;
  const double wall = tick_clock::nanoseconds(static_cast<double>(ended_ - began_));
  if (wall >= worth_watching_ns) {
    was_disturbed_ = detail::was_disturbed(usage_, thread_usage::now(), wall);
  }
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
  by_ = configure(planned_from_);
  plan_ = plan_for(planned_from_, by_);
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
  plan(now, call_.items);
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
  may_search_ = may_learn() && !is_pinned && in_.machine.workers > 1 && place_.here != nullptr &&
                this_thread.depth == 0;
  // A range that lies about its size is found out before any item of unknown work is run.
  if (!is_known) open_items(0);
  if (plan_.n_jobs > 1) share(plan_.n_jobs, 0);
}

void batch_control::plan(const planning_input& from, std::size_t left) {
  planned_from_ = from;
  by_ = configure(from);
  plan_ = plan_for(from, by_);
  by_from_ = left == call_.items ? began_ : tick_clock::now();
  by_items_ = left;
  const double target = chunk_rungs[static_cast<std::size_t>(by_.chunk_rung)];
  target_.store(tick_clock::to_ticks(target), std::memory_order_relaxed);
  progress_ = {};
  if (!from.chosen || is_crowded()) return;
  progress_ = {from.chosen->otherwise.count(), from.chosen->spread,
               from.work.coefficient_of_variation};
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

chunk_rule batch_control::rule() const noexcept {
  chunk_rule now = rule_;
  now.target = target_.load(std::memory_order_relaxed);
  return now;
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
  return item_ticks > 0 ? rule().first(left, workers, item_ticks) : 1;
}

std::size_t batch_control::next_chunk(const chunk_report& chunk) noexcept {
  if (chunk.items == 0) return chunk.claimed;
  if (chunk.by_caller) {
    sample_.observe(chunk.items, static_cast<double>(chunk.elapsed));
  }
  const auto elapsed = static_cast<double>(chunk.elapsed);
  item_ticks_.store(elapsed / static_cast<double>(chunk.items), std::memory_order_relaxed);
  const int workers = workers_.load(std::memory_order_relaxed);
  if (!chunk.by_caller && job_->inside() >= workers) return 0;
  return rule().next(chunk.items, elapsed, chunk.left, workers);
}

bool batch_control::caller_turn(std::size_t done) noexcept {
  if (own_failure_) return false;
  try {
    if (const std::size_t left = job_->left(); should_decide(left)) {
      const ticks start = tick_clock::now();
      decide(left);
      planning_ += tick_clock::now() - start;
    } else if (should_leave(left)) {
      leave(left);
    } else if (may_search_) {
      search(left);
    }
    if (options_.on_progress) tell_progress(done);
    return true;
  } catch (...) {
    own_failure_ = std::current_exception();
    return false;
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
  if (start_took_ == 0 || shared_.learn == learning::frozen) return;
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
