#include "runtime/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "amorsize/error.hpp"
#include "amorsize/explain.hpp"
#include "base/clock.hpp"
#include "machine/control_groups.hpp"
#include "machine/processors.hpp"
#include "machine/system_files.hpp"
#include "machine/topology.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"
#include "runtime/batch_control.hpp"
#include "runtime/text.hpp"
#include "store/location.hpp"

namespace amorsize::detail {
namespace {

/// How long TBB's threads look for more to do before they sleep.
constexpr double awake_for_ns = 100'000;

/// This thread as one of those that are at work, unless it is already counted as one.
class counted_caller {
 public:
  explicit counted_caller(std::atomic<int>& callers)
      : callers_(this_thread.depth == 0 ? &callers : nullptr) {
    if (callers_ != nullptr) callers_->fetch_add(1, std::memory_order_relaxed);
  }
  ~counted_caller() {
    if (callers_ != nullptr) callers_->fetch_sub(1, std::memory_order_relaxed);
  }
  counted_caller(const counted_caller&) = delete;
  counted_caller& operator=(const counted_caller&) = delete;

 private:
  std::atomic<int>* callers_;
};

workload describe(const batch_call& call, const batch_options& options) {
  workload work;
  work.name = options.name;
  work.items = call.items;
  work.item_bytes = call.item_bytes;
  work.result_bytes = call.result_bytes;
  return work;
}

int maximum(const runtime_options& options, const environment& from_environment, int processors) {
  if (options.max_n_jobs != 0) return options.max_n_jobs;
  if (from_environment.max_n_jobs != 0) return from_environment.max_n_jobs;
  return processors;
}

duration time(ticks t) { return duration(tick_clock::nanoseconds(static_cast<double>(t))); }

}  // namespace

engine::engine(runtime_options options, const environment& from_environment)
    : learn_(strictest(options.learn, from_environment.learn)),
      processors_(usable_processors()),
      max_n_jobs_(maximum(options, from_environment, processors_)),
      log_(from_environment.log, std::move(options.on_warning)),
      allowed_(max_n_jobs_) {
  tick_clock::calibrate();
  process::watch();
  // Only beyond what TBB allows by itself: a control of ours would also be a limit for the host.
  const process::inside_tbb tbb;
  if (tbb && max_n_jobs_ > helper_arena::allowed()) allowance_.emplace(max_n_jobs_);
  helpers_ = std::make_unique<helper_pool>(max_n_jobs_ - 1);
  update_limits();
  location at;
  if (learn_ != learning::off) at = find_location(options.store, from_environment.get);
  if (!at.warning.empty()) log_.warn(at.warning);
  experience_ = std::make_unique<experience>(
      std::move(at.folder),
      engine_parts{[this]() -> const machine& { return this_machine(); },
                   [this] { look_at_limits(); }, costs_, log_, learn_ == learning::on});
}

engine::~engine() = default;

void engine::retire() noexcept {
  experience_->retire();
  allowance_.reset();
}

void engine::update_limits() noexcept {
  constexpr double never = std::numeric_limits<double>::infinity();
  const bool is_alone = max_n_jobs_ == 1 || allowed_.load(std::memory_order_relaxed) == 1;
  const auto limit = [&](bool awake) {
    return is_alone ? never : tick_clock::to_ticks(worth_sharing(costs_.now(awake)));
  };
  limits_.awake.store(limit(true), std::memory_order_relaxed);
  limits_.asleep.store(limit(false), std::memory_order_relaxed);
  limits_.wake.store(tick_clock::to_ticks(costs_.now(false).start), std::memory_order_relaxed);
}

/// Whether the calls of late would have gained enough by a helper to wake one now.
bool engine::should_wake() const noexcept {
  return credit_.pays(tick_clock::now(), limits_.wake.load(std::memory_order_relaxed),
                      tick_clock::to_ticks(awake_for_ns));
}

/// A call that ran without helpers, but would have gained by one that is awake.
void engine::miss(double elapsed) noexcept {
  const double gain = (elapsed - limits_.awake.load(std::memory_order_relaxed)) / 2;
  if (gain <= 0) return;
  costs_.doubt(helpers_->awake() > 0);
  update_limits();
  credit_.missed(tick_clock::now(), gain, tick_clock::to_ticks(awake_for_ns));
}

const machine& engine::this_machine() {
  std::call_once(machine_read_, [this] {
    const process::undivided whole;  // hwloc loads and closes plugins
    machine_ = read_machine();
    has_machine_.store(true, std::memory_order_release);  // pairs with the acquire in `usable`
  });
  return machine_;
}

/// The flow of a batch: describe, plan, run, measure, learn.
void engine::run(const batch_call& call, const batch_options& options) {
  const ticks start = tick_clock::now();
  if (options.stop.stop_requested()) {
    throw operation_cancelled("the call was stopped by its stop token before it began");
  }
  // So that a counter of claims cannot wrap, however many workers overshoot.
  constexpr std::size_t most_items = std::size_t{1} << 50U;
  if (call.items > most_items) {
    reject("the range has " + std::to_string(call.items) + " items, must have at most " +
           std::to_string(most_items));
  }
  const counted_caller caller(callers_);
  const site_key key(options.name, options.where, call.types);
  const learning learn = learning_of(options);
  memory* const work = memory_of(key, call, options, learn);
  // Frozen, a plan rests on the store from the first call on.
  if (learn == learning::frozen && work != nullptr) experience_->look_up_now(*work);
  planning_input in = input(describe(call, options), options);
  if (learn != learning::off) know(in, recall(key, work, call.items, learn));
  measurement whole;
  const learning_budget may = budget(work, in, learn);
  const duration otherwise = try_out(work, in, may);

  batch_control control(call, options, in,
                        {*helpers_, costs_, callers_, *experience_, work, learn, may});
  try {
    control.run();
  } catch (...) {
    // Work that ends by an exception, such as a search, is work like any other.
    if (learn == learning::on) remember(key, nullptr, call, control, whole);
    throw;
  }

  const ticks end = tick_clock::now();
  whole.wall = time(end - start);
  whole.outcomes = control.outcomes(whole.wall);
  // A trial that says nothing cost nothing. Also where it is less: of readings that scatter, half.
  if (otherwise.count() > 0 && whole.outcomes.count != 0) whole.explored = whole.wall - otherwise;
  whole.explored += control.lost();
  if (control.called_helpers()) {
    credit_.spend();
  } else if (learn != learning::frozen) {
    miss(static_cast<double>(control.busy()));
  }
  if (options.report != nullptr || log_.tells(log_level::decision)) {
    run_report report = measure(control, call, work, end - start);
    if (otherwise.count() > 0) report.plan.confidence = 0;  // not for the best, but to learn
    if (log_.tells(log_level::decision)) tell(options, in, report);
    if (options.report != nullptr) *options.report = report;
  }
  if (learn == learning::on) {
    remember(key, work, call, control, whole);
    judge(in, work, control, whole);
  }
  experience_->worked(whole.wall);
}

run_report engine::measure(const batch_control& done, const batch_call& call, memory* work,
                           ticks wall) {
  run_report report;
  static_cast<batch_plan&>(report.plan) = done.plan();
  report.plan.confidence = done.confidence();
  report.items = call.items;
  report.planning = time(done.planning());
  report.wall = time(wall);
  report.busy = time(done.busy());
  report.serial_estimate = report.busy;
  report.basis = done.was_shared() ? speedup_basis::busy_time : speedup_basis::measured_serial;
  const double serial_ns =
      done.was_shared() && work != nullptr ? work->serial_item_ns(call.items) : 0;
  // Workers only slow each other, by no more than all of them are: where that does not explain what
  // was measured, the items of this call are others.
  const duration serial(serial_ns * static_cast<double>(call.items));
  if (serial * report.plan.n_jobs > report.busy && serial < 1.1 * report.busy) {
    report.serial_estimate = serial;
    report.basis = speedup_basis::measured_serial;
  }
  report.speedup = wall > 0 ? report.serial_estimate / report.wall : 1;
  return report;
}

/// A warm call took less than half or more than twice of what was expected.
void engine::correct(site& known, std::size_t items, double expected, double elapsed) noexcept {
  decision d = known.load();
  // Far slower: either this thread lost its processor, or the items are others now. Twice, it is
  // the items: the next call is measured at length.
  constexpr double far = 8;
  const double noise = tick_clock::to_ticks(1'000);
  if (elapsed > far * expected + noise) {
    if (!known.suspect.exchange(true, std::memory_order_relaxed)) return;
    known.suspect.store(false, std::memory_order_relaxed);
    d.item_ticks = 0;
  } else {
    const double measured = std::clamp(elapsed, expected / 2, expected * 2);
    d.item_ticks = static_cast<float>((expected + measured) / 2 / static_cast<double>(items));
  }
  known.store(d);
}

batch_plan engine::plan(const batch_call& call, const batch_options& options) {
  const site_key key(options.name, options.where, call.types);
  planning_input in = input(describe(call, options), options);
  if (const learning learn = learning_of(options); learn != learning::off) {
    memory* const work = memory_of(key, call, options, learn);
    know(in, recall(key, work, call.items, learn));
    if (in.source == plan_source::fallback && experience_->has_store()) {
      if (const auto found = experience_->ask(work, in.work)) know(in, known_from(*found));
      if (!believes(in)) in.similar = nullptr;
    }
  }
  if (in.source == plan_source::fallback && call.items > 0) know(in, sample(call));
  batch_plan plan = choose(in);
  plan.confidence = confidence(in, plan);
  return plan;
}

/// Times blocks all over the range, for some milliseconds at most or one item.
engine::knowledge engine::sample(const batch_call& call) {
  if (call.open != nullptr) call.open(call.body.context, 0);
  const lone_worker self;
  constexpr double enough_ns = 2e6;
  item_times times;
  const auto time = [&](interval items) {
    const ticks start = tick_clock::now();
    call.body.run(call.body.context, items.first, items.last);
    times.observe(items.size(), static_cast<double>(tick_clock::now() - start));
  };
  const sample_layout layout = spread_sample(call.items);
  if (layout.blocks().empty()) {
    for (std::size_t i = 0; i < call.items && tick_clock::nanoseconds(times.elapsed()) < enough_ns;
         ++i) {
      time({i, i + 1});
    }
  }
  for (const interval& block : layout.blocks()) {
    if (tick_clock::nanoseconds(times.elapsed()) >= enough_ns) break;
    time(block);
  }
  return {times.mean(),
          times.coefficient_of_variation(),
          plan_source::sampled,
          times.log_error(),
          false,
          {},
          {}};
}

planning_input engine::input(const workload& work, const batch_options& options) {
  planning_input in;
  in.work = work;
  in.by_user = {options.n_jobs, options.chunksize};
  if (options.plan) {
    if (in.by_user.n_jobs == 0) in.by_user.n_jobs = options.plan->n_jobs;
    if (in.by_user.chunksize == 0 && !options.plan->adaptive_chunking) {
      in.by_user.chunksize = options.plan->chunksize;
    }
  }
  in.machine = usable(options);
  const bool is_frozen = learning_of(options) == learning::frozen;
  in.costs = costs_.now(is_frozen || helpers_->awake() > 0 || should_wake());
  return in;
}

void engine::know(planning_input& in, const knowledge& known) {
  if (known.item_ticks <= 0) return;
  in.work.estimated_item_time = duration(tick_clock::nanoseconds(known.item_ticks));
  in.work.coefficient_of_variation = known.coefficient_of_variation;
  in.source = known.source;
  in.log_error = known.log_error;
  in.measured = known.measured;
  in.measured.drop_faster_than(least_item_ns(in));
  // Items that ran beside others took longer than they do alone.
  if (const measured_width* const alone = in.measured.of(1)) {
    in.work.estimated_item_time = duration(std::exp(alone->log_item_ns));
  }
  in.similar = known.similar;
  if (known.waits) in.machine = {in.machine.workers, in.machine.workers};
}

/// What this call may use now. Cores are told from their threads once the topology was read.
capacity engine::usable(const batch_options& options) {
  int workers = max_n_jobs_;
  if (options.n_jobs == 0) workers = std::min(workers, allowed_.load(std::memory_order_relaxed));
  if (options.max_n_jobs != 0) workers = std::min(workers, options.max_n_jobs);
  if (workers > 1) {
    const process::inside_tbb tbb;
    workers = tbb ? std::min(workers, helper_arena::allowed()) : 1;
  }
  const bool knows_cores = has_machine_.load(std::memory_order_acquire);
  if (!knows_cores) return {workers, processors_, processors_};
  return {workers, machine_.usable_cores, processors_,
          machine_.usable_cores - machine_.usable_fast_cores};
}

learning engine::learning_of(const batch_options& options) const noexcept {
  return strictest(learn_, options.learn);
}

/// What this process may use may change while it runs.
void engine::look_at_limits() noexcept {
  try {
    const double cpus = read_group_limits(system_files{}).cpus;
    const int usable_now = std::min(processors_, usable_processors());
    const bool is_limited = cpus > 0 || usable_now < processors_;
    // Threads beyond the processors were asked for, for work that waits: only a limit takes them.
    const int allowed = is_limited ? allowed_workers(cpus, usable_now) : max_n_jobs_;
    allowed_.store(std::min(allowed, max_n_jobs_), std::memory_order_relaxed);
    update_limits();
  } catch (const std::bad_alloc&) {
    // They are looked at again.
  }
}

/// One line for a decision, and for debugging what it was made of.
void engine::tell(const batch_options& options, const planning_input& in,
                  const run_report& report) {
  std::string line = name_of_call(options.name, options.where) + ": " + explain(report);
  if (log_.tells(log_level::debug)) {
    const sharing_costs awake = costs_.now(true);
    const sharing_costs asleep = costs_.now(false);
    line += " Inputs: at most " + std::to_string(usable(options).workers) +
            " threads; a helper starts " + to_text(duration(awake.arrive)) +
            " after it is called when awake, " + to_text(duration(asleep.arrive)) +
            " when asleep; a claim takes " + to_text(duration(awake.claim)) + ".";
    for (const measured_width& width : in.measured.widths()) {
      line += " Measured with " + std::to_string(width.n_jobs) + " of them: " +
              to_text(duration(std::exp(width.log_item_ns) * static_cast<double>(report.items))) +
              ", over " + number(width.calls) + (width.calls == 1 ? " call." : " calls.");
    }
    line += experience_->has_store() ? " Store: " + experience_->folder() + "." : " No store.";
  }
  log_.write(line);
}

}  // namespace amorsize::detail
