/// How a batch's plan changes on its way: once it is known what items take, where something else is
/// expected to be faster, and in long calls to find out.
#include <algorithm>

#include "learn/learner.hpp"
#include "runtime/batch_control.hpp"

namespace amorsize::detail {
namespace {

// The sample ends when its items have taken this long. Many times what the clock costs, and enough
// for more than the first items, which bring cold caches and fresh pages with them.
constexpr double sample_ns = 20'000;

// Standard deviation of the logarithm of what a call takes.
constexpr double usual_spread = 0.1;

// A call that has been wrong so often is not changed again.
constexpr int most_changes = 3;

// What is left has to take this long for other widths to be tried on the way.
constexpr double worth_searching_ns = 1e8;

}  // namespace

/// Once the sample is large enough; again where the caller is alone with more work than was
/// expected, or processors have become free.
bool batch_control::should_decide(std::size_t left) const {
  if (in_.by_user.n_jobs != 0 || left == 0 || place_.here == nullptr) return false;
  if (job_->has_failed()) return false;  // all that is left is skipped
  const double seen = tick_clock::nanoseconds(sample_.elapsed());
  if (!is_decided_.load(std::memory_order_relaxed)) return seen >= sample_ns;
  if (may_know_more(left)) return true;
  if (called_ != 0 || (shared_.learn == learning::frozen && has_evidence(in_))) return false;
  // A plan is believed until the call has taken what all of it was expected to: first items are
  // often slow for no reason but cold caches.
  const bool was_crowded = planned_from_.machine.workers == 1;
  // One that is tried may take somewhat longer: else half of such calls would be cut short.
  const double patience = in_.chosen && in_.chosen->is_trial ? 1.5 : 1;
  if (!was_crowded && seen < patience * plan_.expected_serial.count()) return false;
  const double expected = tick_clock::nanoseconds(sample_.mean()) * static_cast<double>(left);
  return expected > worth_sharing(shared_.costs.now(shared_.helpers.awake() > 0)) &&
         free_workers() > 1;
}

/// Whether a store that was not open when this call began is, by now.
bool batch_control::may_know_more(std::size_t left) const {
  return left != 0 && may_learn() && !is_consulted_ && !has_evidence(in_) &&
         sample_.elapsed() >= consult_from_ && shared_.known.is_ready();
}

/// What earlier processes, or calls of similar work, measured. True: something new.
bool batch_control::consult(planning_input& in, std::size_t left) {
  if (!may_learn() || is_consulted_ || has_evidence(in)) return false;
  workload whole = in.work;
  whole.items = call_.items;
  is_consulted_ = shared_.known.is_ready();
  auto found = shared_.known.consult(*shared_.work, whole,
                                     static_cast<double>(left) * in.work.estimated_item_time);
  if (!found) return false;
  in.similar = found->similar;
  found->widths.drop_faster_than(least_item_ns(in));
  if (!found->widths.empty()) {
    in.measured = found->widths;
    // Of whole calls of this work, where the sample has some first items.
    if (found->item_ns >= least_item_ns(in)) {
      in.work.estimated_item_time = duration(found->item_ns);
      in.work.coefficient_of_variation = found->coefficient_of_variation;
    }
  } else if (in.similar) {
    if (!believes(in)) {
      in.similar = nullptr;
      return false;
    }
    shared_.work->keep(in.similar);
  } else {
    // These items are dearer than those measured, or only the first ones are: a larger sample
    // tells.
    is_consulted_ = false;
    consult_from_ = 2 * sample_.elapsed();
    return false;
  }
  in.source = plan_source::predicted;
  return true;
}

/// Whether a prediction from similar work is as sure as such ones have to be, to go before a
/// sample.
bool batch_control::believes(const planning_input& in) {
  const double sure = detail::confidence(in, choose(in));
  if (sure < shared_.known.threshold()) return false;
  prediction_ = sure;
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

  now.chosen.reset();  // what was tried has turned out to take longer than was expected
  now.measured.drop_faster_than(least_item_ns(now));
  const bool knows_more = consult(now, left);
  if (has_evidence(now)) now.chosen = propose(now, {});
  const configuration chosen = configure(now);
  const bool was_decided = is_decided_.exchange(true);
  if (was_decided && !knows_more && chosen.n_jobs <= plan_.n_jobs) return;
  change(now, left);
}

/// Goes on by another plan for what is left.
void batch_control::change(const planning_input& to, std::size_t left) {
  search_.reset();
  plan(to, left);
  plan_.expected_serial = static_cast<double>(call_.items) * to.work.estimated_item_time;
  plan_.expected_parallel += duration(tick_clock::nanoseconds(sample_.elapsed()));
  set_width(plan_.n_jobs, left);
}

/// From now on; helpers beyond it leave at the end of their chunks.
void batch_control::set_width(int workers, std::size_t left) {
  const bool is_wider = workers > workers_.load(std::memory_order_relaxed);
  if (workers > 1) {
    share(workers, call_.items - left);
  } else {
    workers_.store(1, std::memory_order_relaxed);
    if (is_shared_) job_->set_room(0);
  }
  // Of those called, some may have left.
  const int missing = workers - 1 - job_->inside();
  if (is_wider && left_.count != 0 && missing > 0) shared_.helpers.call(missing);
}

/// What runs takes much longer than something else is expected to. Not before all helpers are here:
/// what is late is not the configuration's fault.
bool batch_control::should_leave(std::size_t left) {
  if (!may_learn() || left == 0 || left >= by_items_ || changes_ >= most_changes) return false;
  if (by_.n_jobs > 1 && job_->inside() + 1 < by_.n_jobs) return false;
  return progress_.should_abandon(taken(tick_clock::now()), static_cast<double>(by_items_ - left),
                                  static_cast<double>(left));
}

/// Goes on by what was expected to be as good, or where that was slow, too, by what was less so: it
/// is not these that have changed then, but the items.
void batch_control::leave(std::size_t left) {
  const double whole = progress_.whole(
      taken(tick_clock::now()), static_cast<double>(by_items_ - left), static_cast<double>(left));
  left_.add({by_, duration(whole / static_cast<double>(by_items_))});
  ++changes_;
  const reading least =
      *std::min_element(left_.begin(), left_.end(),
                        [](const reading& a, const reading& b) { return a.item < b.item; });
  planning_input now = planned_from_;
  now.work.items = left;
  now.chosen = proposal{.by = changes_ == 1 ? now.chosen->instead : least.by,
                        .instead = least.by,
                        .otherwise = least.item * static_cast<double>(left),
                        .spread = usual_spread};
  change(now, left);
}

/// What the items that are left will take, in nanoseconds, as those before did.
double batch_control::time_left(std::size_t left) const {
  if (left >= by_items_) return 0;
  return taken(tick_clock::now()) * static_cast<double>(left) /
         static_cast<double>(by_items_ - left);
}

/// Where the rest of the call is long, other widths are worth a look, unless it is known what they
/// take.
bool batch_control::should_search(std::size_t left) const {
  if (!is_decided_.load(std::memory_order_relaxed) || is_crowded()) return false;
  const auto is_known = [&](int n) {
    return n < 1 || n > in_.machine.workers || in_.measured.of(n) != nullptr;
  };
  return !(is_known(by_.n_jobs / 2) && is_known(2 * by_.n_jobs)) &&
         time_left(left) > worth_searching_ns;
}

void batch_control::search(std::size_t left) {
  const ticks now = tick_clock::now();
  if (!search_) {
    if (!should_search(left)) return;
    const double grant =
        shared_.may.calls > 0 ? shared_.may.purse.count() : share_to_learn * time_left(left);
    search_.emplace(by_.n_jobs, in_.machine.workers,
                    std::min(grant, width_search::least_window_ns));
    window_from_ = now;
    window_items_ = left;
    return;
  }
  const double window = tick_clock::nanoseconds(static_cast<double>(now - window_from_));
  if (window < width_search::least_window_ns || left == 0) return;
  // Towards the end there is nothing more to gain by a try.
  if (by_.n_jobs == search_->best() && time_left(left) < worth_searching_ns) return;
  const int width = search_->next(static_cast<double>(window_items_ - left), window);
  window_from_ = now;
  window_items_ = left;
  if (width == by_.n_jobs) return;
  left_.add(slice(now, left));
  by_.n_jobs = plan_.n_jobs = width;
  by_from_ = now;
  by_items_ = left;
  progress_ = {};
  set_width(width, left);
}

}  // namespace amorsize::detail
