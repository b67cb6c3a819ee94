#include "plan/cost_model.hpp"

#include <algorithm>
#include <cmath>

#include "plan/chunking.hpp"

namespace amorsize::detail {
namespace {

// What the second hardware thread of a core adds to the first, in cores: typical of SMT, where
// compute-bound work gains 20 to 30 %.
constexpr double sibling_share = 0.3;
// What a core of a slower kind does, in fast ones: typical of hybrid machines, where the slow cores
// have half to two thirds of the throughput.
constexpr double slow_share = 0.6;
constexpr double worth_changing = 0.97;

double serial_time(const workload& work) {
  return static_cast<double>(work.items) * work.estimated_item_time.count();
}

chunk_rule rule_of(const sharing_costs& costs, int rung) {
  return {.claim = costs.claim, .target = chunk_rungs[static_cast<std::size_t>(rung)]};
}

template <class Visit>
void for_each_width(int most, Visit&& visit) {
  for (int n = 2; n < most; n *= 2) visit(n);
  if (most > 1) visit(most);
}

}  // namespace

double effective_workers(int n, const capacity& machine) {
  if (machine.processors != 0) n = std::min(n, machine.processors);
  const int whole = std::min(n, machine.cores);
  const int fast = std::min(whole, machine.cores - machine.slow_cores);
  return fast + slow_share * (whole - fast) + sibling_share * (n - whole);
}

double expected_time(const workload& work, int n, std::size_t chunk, const sharing_costs& costs,
                     const capacity& machine) {
  if (n <= 1) return serial_time(work);
  const double chunks = std::ceil(static_cast<double>(work.items) / static_cast<double>(chunk));
  const auto longest_share = std::ceil(chunks / n) *
                             static_cast<double>(std::min(chunk, work.items)) *
                             work.estimated_item_time.count();
  const double cores = effective_workers(n, machine);
  const double others = static_cast<double>(n - 1) / n;
  const double last =
      std::max(work.estimated_item_time.count() * (1 + work.coefficient_of_variation),
               shortest_chunk(costs.claim));
  return (costs.start + (n - 1) * costs.arrive) / n + costs.claim * chunks / n +
         std::max(serial_time(work) / cores, longest_share * n / cores) + last / 2 * others +
         costs.join;
}

double worth_sharing(const sharing_costs& costs) {
  // T(2) = serial, solved for serial, claims and tail as one shortest chunk.
  return (costs.start + costs.arrive + 2 * costs.join + shortest_chunk(costs.claim)) /
         (2 * worth_changing - 1);
}

std::size_t first_chunk(const workload& work, int n, const sharing_costs& costs, int rung) {
  return rule_of(costs, rung).first(work.items, n, work.estimated_item_time.count());
}

std::size_t usual_chunk(const workload& work, int n, const sharing_costs& costs, int rung) {
  return rule_of(costs, rung).usual(work.items, n, work.estimated_item_time.count());
}

int best_workers(const workload& work, std::size_t pinned_chunk, const sharing_costs& costs,
                 const capacity& machine) {
  int best = 1;
  double least = serial_time(work);
  const auto most =
      static_cast<int>(std::min(static_cast<std::size_t>(machine.workers), work.items));
  for_each_width(most, [&](int n) {
    const std::size_t chunk = pinned_chunk != 0 ? pinned_chunk : usual_chunk(work, n, costs);
    const double time = expected_time(work, n, chunk, costs, machine);
    if (time < worth_changing * least) {
      best = n;
      least = time;
    }
  });
  return best;
}

double confidence_of(double chosen, double other, double log_error) {
  if (chosen <= 0 || other <= 0 || log_error <= 0) return 0;
  const double margin = std::log(1.1 * other / chosen);
  return 0.5 * std::erfc(-margin / (log_error * std::sqrt(2.0)));
}

}  // namespace amorsize::detail
