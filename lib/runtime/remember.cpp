/// The engine's memory: what it recalls before a call, and remembers after it.
#include <algorithm>
#include <new>

#include "amorsize/error.hpp"
#include "learn/abandon.hpp"
#include "run/thread_state.hpp"
#include "runtime/batch_control.hpp"
#include "runtime/engine.hpp"
#include "workload/identity.hpp"

namespace amorsize::detail {
namespace {

/// How far a known item time may be off: it was measured here, but other calls may differ.
constexpr double known_log_error = 0.15;

/// Shorter work is planned by the cost model alone: whether helpers are awake, which it knows and
/// outcomes do not, weighs more.
constexpr duration worth_evidence{5e5};

/// Frozen, every call has the same plan, so what is known is waited for.
patience patience_of(learning learn) {
  return learn == learning::frozen ? patience::full : patience::none;
}

/// What a call takes that is left, where what was tried turns out to take so long.
duration when_abandoned(duration tried, duration best) {
  return best * (1 + loss_when_abandoned(tried / best - 1));
}

}  // namespace

/// The place of this work among all that is remembered, once it is known for longer than this call.
memory* engine::memory_of(const site_key& key, const batch_call& call, const batch_options& options,
                          learning learn) noexcept {
  if (learn == learning::off || call.items == 0) return nullptr;
  site* const known = sites_.find(key.with_size(call.items));
  if (known != nullptr) {
    memory* const work = known->remembered.load(std::memory_order_acquire);
    if (work != nullptr && work->key() == key.value()) return work;
  }
  memory* work = experience_->find(key.value(), patience_of(learn));
  try {
    if (work == nullptr) {
      work = experience_->make(key.value(), identity_of(options.name, options.where, call.types),
                               patience_of(learn));
    }
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  // release: pairs with the acquire above.
  if (known != nullptr) known->remembered.store(work, std::memory_order_release);
  return work;
}

memory* engine::memory_of_name(const workload& work) {
  const site_key key(work.name, {}, nullptr);
  memory* const known = experience_->find(key.value(), patience::full);
  return known != nullptr
             ? known
             : experience_->make(key.value(), identity_of(work.name, {}, nullptr), patience::full);
}

engine::knowledge engine::known_from(const recalled& found) {
  return {tick_clock::to_ticks(found.item_ns),
          found.coefficient_of_variation,
          plan_source::predicted,
          known_log_error,
          found.waits,
          found.widths,
          found.similar};
}

engine::knowledge engine::recall(const site_key& key, memory* work, std::size_t items,
                                 learning learn) noexcept {
  knowledge known;
  // Work of another size tells of its items, too, as long as it is not much smaller or larger.
  constexpr int near = 2;
  const int size = site_key::size_class(items);
  for (const int off : {0, 1, -1, near, -near}) {
    const site* s = sites_.find(key.with_class(size + off));
    if (s == nullptr) continue;
    const decision d = s->load();
    if (d.item_ticks <= 0) continue;
    known = {static_cast<double>(d.item_ticks),
             static_cast<double>(d.coefficient_of_variation),
             plan_source::predicted,
             known_log_error,
             s->waits.load(std::memory_order_relaxed),
             {},
             {}};
    break;
  }
  const duration serial(tick_clock::nanoseconds(known.item_ticks) * static_cast<double>(items));
  if (work == nullptr || (known.item_ticks > 0 && serial < worth_evidence)) return known;
  const auto found = work->recall(items, patience_of(learn));
  if (!found) return known;
  if (known.item_ticks <= 0 && found->item_ns > 0) return known_from(*found);
  known.measured = found->widths;
  known.similar = found->similar;
  return known;
}

void engine::remember(const site_key& key, memory* work, const batch_call& call,
                      const batch_control& run, const measurement& whole) noexcept {
  if (run.items_run() == 0) return;
  const double measured = static_cast<double>(run.busy()) / static_cast<double>(run.items_run());
  site& s = sites_.insert(key.with_size(call.items));
  const auto old = static_cast<double>(s.load().item_ticks);
  // Winsorised, but for a first time: one call among others that was disturbed decides little.
  const double next = old > 0 ? old + (std::clamp(measured, old / 2, old * 2) - old) / 2 : measured;
  const double variation = run.sample().coefficient_of_variation();
  s.store({static_cast<float>(next), static_cast<float>(variation)});
  s.waits.store(run.waits(), std::memory_order_relaxed);
  s.remembered.store(work, std::memory_order_release);
  update_limits();
  if (work == nullptr || this_thread.depth > 0) return;
  measurement done = whole;
  done.work.items = call.items;
  done.work.item_bytes = call.item_bytes;
  done.work.result_bytes = call.result_bytes;
  done.work.estimated_item_time = duration(tick_clock::nanoseconds(measured));
  done.work.coefficient_of_variation = variation;
  done.waits = run.waits();
  experience_->observe(*work, done);
}

/// What this call may be made to learn: nothing where it cannot choose, or others wait for it.
learning_budget engine::budget(memory* work, const planning_input& in, learning learn) noexcept {
  if (work == nullptr || learn != learning::on) return {};
  if (in.by_user.n_jobs != 0 || in.by_user.chunksize != 0) return {};
  if (in.machine.workers == 1 || this_thread.depth > 0) return {};
  return work->budget(in.work.items);
}

/// Makes this call one to learn by, where that is worth what it may lose: with a configuration that
/// may turn out to be better; now and then on one thread, so that the speedup of others rests on a
/// measurement; and where one thread was measured to be best, with as many as should be by the
/// model, so that bad readings are left behind. Returns what the call would take as is best; zero:
/// it is that.
duration engine::try_out(memory* work, planning_input& in, const learning_budget& may) noexcept {
  if (may.calls <= 0 || !has_evidence(in)) return {};
  const proposal made = propose(in, may);
  const configuration other{
      .n_jobs = made.by.n_jobs > 1
                    ? 1
                    : best_workers(in.work, in.by_user.chunksize, in.costs, in.machine)};
  const bool is_probe =
      other.n_jobs != made.by.n_jobs &&
      work->should_probe(in.work.items, other.n_jobs,
                         when_abandoned(expected(in, other), made.best), made.best);
  in.chosen = made;
  if (is_probe) {
    in.chosen->by = other;
    in.chosen->is_trial = true;
    in.chosen->instead = made.is_trial ? made.instead : made.by;
    in.chosen->otherwise = made.best;
    in.chosen->spread = known_log_error;
  }
  return in.chosen->is_trial ? made.best : duration{};
}

/// Whether a prediction from similar work came true: its plan was measured, and nothing is expected
/// to be over 10 % faster, after all that this call has shown.
void engine::judge(const planning_input& in, memory* work, const batch_control& run,
                   const measurement& whole) noexcept {
  if (!run.prediction() || work == nullptr || whole.outcomes.count == 0) return;
  const auto found = work->recall(in.work.items);
  if (!found || found->widths.empty()) return;
  planning_input after = in;
  know(after, known_from(*found));
  const duration best = propose(after, {}).best;
  experience_->judge(*run.prediction(), whole.wall <= 1.1 * best);
}

/// What similar work suggests is believed where it is as sure as such predictions have to be.
bool engine::believes(const planning_input& in) {
  if (!in.similar || !in.measured.empty()) return true;
  return confidence(in, choose(in)) >= experience_->threshold();
}

importance engine::feature_importance() {
  if (learn_ == learning::off) return {};
  return importance_of(experience_->records());
}

std::optional<batch_plan> engine::predict(const workload& work) {
  if (learn_ == learning::off) return std::nullopt;
  memory* const known_as = work.name.empty() ? nullptr : memory_of_name(work);
  workload asked = work;
  const auto found = experience_->ask(known_as, asked);
  if (!found) return std::nullopt;
  if (asked.items == 0) asked.items = found->items;
  planning_input in = input(asked, {});
  know(in, known_from(*found));
  if (work.estimated_item_time.count() > 0) in.work.estimated_item_time = work.estimated_item_time;
  if (!believes(in)) return std::nullopt;
  batch_plan plan = choose(in);
  plan.confidence = confidence(in, plan);
  return plan;
}

measurement told(const workload& work, const run_report& report) {
  measurement whole;
  whole.work = work;
  whole.work.items = report.items;
  whole.wall = report.wall;
  if (work.estimated_item_time.count() > 0) return whole;
  // Without an estimate, as if all threads had been at work all the time.
  const duration serial = report.serial_estimate.count() > 0 ? report.serial_estimate
                                                             : report.plan.n_jobs * report.wall;
  whole.work.estimated_item_time = serial / static_cast<double>(report.items);
  return whole;
}

void engine::update(const workload& work, const run_report& report) {
  if (learn_ != learning::on) return;
  memory* const known_as = memory_of_name(work);
  if (known_as == nullptr) return;
  measurement whole = told(work, report);
  whole.outcomes.add(
      {{.n_jobs = report.plan.n_jobs}, report.wall / static_cast<double>(report.items)});
  experience_->observe(*known_as, whole, patience::full);
  experience_->load_soon();
  const site_key key(work.name, {}, nullptr);
  site& s = sites_.insert(key.with_size(report.items));
  s.remembered.store(known_as, std::memory_order_release);  // pairs with `memory_of`
  s.store({static_cast<float>(tick_clock::to_ticks(whole.work.estimated_item_time.count())),
           static_cast<float>(work.coefficient_of_variation)});
}

void engine::save() {
  if (experience_->save(durability::synced, std::chrono::seconds(10))) return;
  throw store_error("the store " + experience_->folder() + " could not be written");
}

}  // namespace amorsize::detail
