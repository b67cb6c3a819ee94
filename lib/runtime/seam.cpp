/// The library's side of what the public templates call.
#include "amorsize/detail/engine.hpp"

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"
#include "run/thread_state.hpp"
#include "runtime/engine.hpp"

namespace amorsize::detail {
namespace {

/// By way of a signed number: one instruction, where an unsigned one takes five.
double as_double(std::uint64_t n) { return static_cast<double>(static_cast<std::int64_t>(n)); }

}  // namespace

// Here rather than with the engine's other steps, so that all of a warm call is one short function:
// 30 ns is all it may add to the loop, and 20 of them are the clock's.
bool engine::run_warm(const batch_call& call, const batch_options& options) {
  const learning learn = std::max(learn_, options.learn);
  const bool asks_more = options.n_jobs != 0 || options.max_n_jobs != 0 || options.chunksize != 0 ||
                         options.plan.has_value() || options.report != nullptr ||
                         options.stop.stop_possible() || static_cast<bool>(options.on_progress);
  if (asks_more || learn == learning::off) return false;

  if (call.items == 0) return true;

  const site_key key(options.name, options.where, call.types);
  site* const known = sites_.find(key.with_size(call.items));
  if (known == nullptr) return false;
  const double expected = static_cast<double>(known->load().item_ticks) * as_double(call.items);
  if (expected <= 0 || !runs_inline(expected)) return false;

  const lone_worker self;
  // Two looks at the clock, to notice when the items are no longer what they were.
  const ticks start = tick_clock::now();
  call.body.run(call.body.context, 0, call.items);
  const double elapsed = as_double(tick_clock::now() - start);
  if (elapsed < 0.5 * expected || elapsed > 2 * expected) [[unlikely]] {
    if (learn == learning::on) correct(*known, call.items, expected, elapsed);
  }
  if (elapsed > limits_.awake.load(std::memory_order_relaxed)) [[unlikely]] {
    if (learn == learning::on) miss(elapsed);
  }
  return true;
}

bool engine::runs_inline(double expected) const noexcept {
  if (expected < limits_.awake.load(std::memory_order_relaxed)) [[likely]]
    return true;
  return expected < limits_.asleep.load(std::memory_order_relaxed) && helpers_->awake() <= 0 &&
         !should_wake();
}

void run_batch(const batch_call& call, const batch_options& options) {
  engine& chosen = engine::of(options.on);
  if (!chosen.run_warm(call, options)) chosen.run(call, options);
}

batch_plan plan_batch(const batch_call& call, const batch_options& options) {
  return engine::of(options.on).plan(call, options);
}

void failed_at(std::size_t item) noexcept { this_thread.failed_at = item; }

std::size_t worker_index() noexcept { return this_thread.worker; }

std::size_t worker_limit(const batch_options& options) {
  return engine::of(options.on).worker_limit();
}

}  // namespace amorsize::detail
