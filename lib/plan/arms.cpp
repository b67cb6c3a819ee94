#include "plan/arms.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "plan/chunking.hpp"

namespace amorsize::detail {
namespace {

// How far the cost model is off where nothing was measured, as the standard deviation of a
// logarithm: it knows nothing of caches, bandwidth or the rest of the machine.
constexpr double prior_log_error = 0.25;

arm arm_of(const planning_input& in, const configuration& by) {
  arm a;
  a.by = by;
  const std::size_t chunk = chunk_of(in, by);
  a.prior = expected_time(in.work, by.n_jobs, chunk, in.costs, in.machine);
  const measured_width* const measured = in.measured.of(by.n_jobs, by.chunk_rung);
  if (measured == nullptr) return a;
  a.measured = std::exp(measured->log_item_ns) * static_cast<double>(in.work.items);
  a.count = measured->calls;
  a.log_error = measured->log_error;
  return a;
}

}  // namespace

arms::arms(const planning_input& in) {
  const int most = most_workers(in);
  std::span<const measured_width> measured = in.measured.widths();
  for (int rung = 1; rung != 0;) {
    int n = rung;
    if (!measured.empty() && measured.front().n_jobs <= rung) n = measured.front().n_jobs;
    const bool is_on_ladder = n == rung;
    if (is_on_ladder) rung = rung == most ? 0 : std::min(2 * rung, most);
    add_width(in, n, is_on_ladder);
    while (!measured.empty() && measured.front().n_jobs == n) measured = measured.subspan(1);
  }
  if (!in.similar) return;
  const double serial = in.work.estimated_item_time.count() * static_cast<double>(in.work.items);
  move_priors({all_.data(), count_}, *in.similar, serial, prior_log_error);
}

void arms::add_width(const planning_input& in, int n, bool is_on_ladder) {
  const double share = in.work.estimated_item_time.count() * static_cast<double>(in.work.items) / n;
  std::size_t last = 0;
  for (std::size_t rung = 0; rung < chunk_rungs.size() && count_ < all_.size(); ++rung) {
    if (rung != 0 && n == 1) return;
    if (least_chunks * chunk_rungs[rung] > share) return;
    // A width between the ladder's rungs was chosen once by chance: what is known of it is enough.
    if (!is_on_ladder && rung != 0 && in.measured.of(n, static_cast<int>(rung)) == nullptr)
      continue;
    const configuration by{.n_jobs = n, .chunk_rung = static_cast<int>(rung)};
    // Of long items, several durations are the same chunk; by the user's, all are.
    if (const std::size_t chunk = chunk_of(in, by); std::exchange(last, chunk) == chunk) continue;
    all_[count_++] = arm_of(in, by);
  }
}

choice arms::best() const { return choose_arm({all_.data(), count_}, prior_log_error); }

choice arms::best_or_trial(const learning_budget& may) const {
  return choose_or_explore({all_.data(), count_}, prior_log_error, may.purse.count(), may.calls);
}

}  // namespace amorsize::detail
