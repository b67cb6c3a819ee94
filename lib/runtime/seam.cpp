/// The library's side of what the public templates call.
#include "amorsize/detail/engine.hpp"
#include "run/thread_state.hpp"
#include "runtime/engine.hpp"

namespace amorsize::detail {

void run_batch(const batch_call& call, const batch_options& options) {
  engine::of(options.on).run(call, options);
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
