#include "runtime/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "amorsize/error.hpp"
#include "amorsize/explain.hpp"
#include "base/clock.hpp"
#include "machine/processors.hpp"
#include "machine/topology.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"
#include "runtime/batch_control.hpp"
#include "runtime/text.hpp"

namespace amorsize::detail {
namespace {

/// How far a known item time may be off: it was measured here, but other calls may differ.
constexpr double known_log_error = 0.15;

/// How long TBB's threads look for more to do before they sleep.
constexpr double awake_for_ns = 100'000;

/// A call that takes this long can afford that a helper reads the topology after it.
constexpr duration long_call{2e7};

learning strictest(learning a, learning b) { return std::max(a, b); }

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

run_report measure(const batch_control& done, const batch_call& call, ticks wall) {
  const auto time = [](ticks t) {
    return duration(tick_clock::nanoseconds(static_cast<double>(t)));
  };
  run_report report;
  static_cast<batch_plan&>(report.plan) = done.plan();
  report.items = call.items;
  report.planning = time(done.planning());
  report.wall = time(wall);
  report.busy = time(done.busy());
  report.basis = done.was_shared() ? speedup_basis::busy_time : speedup_basis::measured_serial;
  report.serial_estimate = report.busy;
  report.speedup = wall > 0 ? report.serial_estimate / report.wall : 1;
  return report;
}

}  // namespace

engine::engine(runtime_options options, const environment& from_environment)
    : learn_(strictest(options.learn, from_environment.learn)),
      processors_(usable_processors()),
      max_n_jobs_(maximum(options, from_environment, processors_)),
      log_(from_environment.log, std::move(options.on_warning)) {
  tick_clock::calibrate();
  process::watch();
  // Only beyond what TBB allows by itself: a control of ours would also be a limit for the host.
  const process::inside_tbb tbb;
  if (tbb && max_n_jobs_ > helper_arena::allowed()) allowance_.emplace(max_n_jobs_);
  helpers_ = std::make_unique<helper_pool>(max_n_jobs_ - 1);
  update_limits();
}

engine::~engine() = default;

void engine::retire() noexcept { allowance_.reset(); }

void engine::update_limits() noexcept {
  constexpr double never = std::numeric_limits<double>::infinity();
  const bool is_alone = max_n_jobs_ == 1;
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
  planning_input in = input(describe(call, options), options);
  know(in, recall(key, call.items, learn));

  batch_control control(call, options, in, {*helpers_, costs_, callers_});
  try {
    control.run();
  } catch (...) {
    // Work that ends by an exception, such as a search, is work like any other.
    if (learn == learning::on) remember(key, call.items, control);
    throw;
  }

  run_report report = measure(control, call, tick_clock::now() - start);
  if (control.called_helpers()) {
    credit_.spend();
  } else {
    miss(static_cast<double>(control.busy()));
  }
  if (learn == learning::on) remember(key, call.items, control);
  if (options.report != nullptr || log_.tells(log_level::decision)) {
    report.plan.confidence = control.confidence();
  }
  if (log_.tells(log_level::decision)) tell(options, report);
  if (options.report != nullptr) *options.report = report;
  if (report.wall > long_call) read_machine_aside();
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
  know(in, recall(key, call.items, learning_of(options)));
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
  return {times.mean(), times.coefficient_of_variation(), plan_source::sampled, times.log_error()};
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
  in.costs = costs_.now(helpers_->awake() > 0 || should_wake());
  return in;
}

void engine::know(planning_input& in, const knowledge& known) {
  if (known.item_ticks <= 0) return;
  in.work.estimated_item_time = duration(tick_clock::nanoseconds(known.item_ticks));
  in.work.coefficient_of_variation = known.coefficient_of_variation;
  in.source = known.source;
  in.log_error = known.log_error;
  if (known.waits) in.machine = {in.machine.workers, in.machine.workers};
}

/// What this call may use now. Cores are told from their threads once the topology was read.
capacity engine::usable(const batch_options& options) {
  int workers = max_n_jobs_;
  if (options.max_n_jobs != 0) workers = std::min(workers, options.max_n_jobs);
  if (workers > 1) {
    const process::inside_tbb tbb;
    workers = tbb ? std::min(workers, helper_arena::allowed()) : 1;
  }
  const bool knows_cores = has_machine_.load(std::memory_order_acquire);
  return {workers, knows_cores ? machine_.usable_cores : processors_, processors_};
}

learning engine::learning_of(const batch_options& options) const noexcept {
  return strictest(learn_, options.learn);
}

/// Once a process has enough work to plan for cores, a helper reads them, off every caller's path.
void engine::read_machine_aside() noexcept {
  if (max_n_jobs_ == 1 || reads_machine_.exchange(true)) return;
  helpers_->call_aside(
      {[](void* self) noexcept { static_cast<engine*>(self)->this_machine(); }, this});
}

/// One line for a decision, and for debugging what it was made of.
void engine::tell(const batch_options& options, const run_report& report) {
  std::string line = options.name.empty() ? std::string(options.where.file) + ":" +
                                                std::to_string(options.where.line)
                                          : std::string(options.name);
  line += ": " + explain(report);
  if (log_.tells(log_level::debug)) {
    const sharing_costs awake = costs_.now(true);
    const sharing_costs asleep = costs_.now(false);
    line += " Inputs: at most " + std::to_string(usable(options).workers) +
            " threads; a helper starts " + to_text(duration(awake.arrive)) +
            " after it is called when awake, " + to_text(duration(asleep.arrive)) +
            " when asleep; a claim takes " + to_text(duration(awake.claim)) + ".";
  }
  log_.write(line);
}

engine::knowledge engine::recall(const site_key& key, std::size_t items, learning learn) noexcept {
  if (learn == learning::off) return {};
  // Work of another size tells of its items, too, as long as it is not much smaller or larger.
  constexpr int near = 2;
  const int size = site_key::size_class(items);
  for (const int off : {0, 1, -1, near, -near}) {
    const site* known = sites_.find(key.with_class(size + off));
    if (known == nullptr) continue;
    const decision d = known->load();
    if (d.item_ticks > 0) {
      return {static_cast<double>(d.item_ticks), static_cast<double>(d.coefficient_of_variation),
              plan_source::predicted, known_log_error,
              known->waits.load(std::memory_order_relaxed)};
    }
  }
  return {};
}

void engine::remember(const site_key& key, std::size_t items, const batch_control& run) noexcept {
  if (run.items_run() == 0) return;
  const double measured = static_cast<double>(run.busy()) / static_cast<double>(run.items_run());
  site& s = sites_.insert(key.with_size(items));
  const auto old = static_cast<double>(s.load().item_ticks);
  // Winsorised, but for a first time: one call among others that was disturbed decides little.
  const double next = old > 0 ? old + (std::clamp(measured, old / 2, old * 2) - old) / 2 : measured;
  s.store({static_cast<float>(next), static_cast<float>(run.sample().coefficient_of_variation())});
  s.waits.store(run.waits(), std::memory_order_relaxed);
  update_limits();
}

}  // namespace amorsize::detail
