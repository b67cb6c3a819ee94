#include "run/job.hpp"

#include <algorithm>
#include <chrono>

#include "base/pause.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"

namespace amorsize::detail {
namespace {

// A helper that is about to finish is worth waiting for awake: going to sleep and being woken takes
// some 50 us. Longer, and the wait may be for one that shares this processor.
constexpr double patience_ns = 50'000;

// How often a caller that waits for others gets its turn.
constexpr std::chrono::milliseconds turn{50};

}  // namespace

constinit thread_local thread_state this_thread;

void job::prepare(const job_order& order) {
  order_ = order;
  claims_.reset(order.items, order.sample);
  failed_item_.store(nowhere, std::memory_order_relaxed);
  stopped_.store(false, std::memory_order_relaxed);
  busy_.store(0, std::memory_order_relaxed);
  run_.store(0, std::memory_order_relaxed);
  claiming_.store(0, std::memory_order_relaxed);
  claimed_.store(0, std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  joined_.store(0, std::memory_order_relaxed);
  first_join_.store(0, std::memory_order_relaxed);
}

void job::open(unsigned room) noexcept {
  // seq_cst: a helper that does not see the job open is seen by the caller as gone (`helper_pool`).
  gate_.store(is_open | (std::uint64_t{room} << room_shift), std::memory_order_seq_cst);
}

void job::set_room(unsigned room) noexcept {
  std::uint64_t gate = gate_.load(std::memory_order_relaxed);
  std::uint64_t wanted = 0;
  do {
    wanted = (gate & ~room_mask) | (std::uint64_t{room} << room_shift);
  } while (!gate_.compare_exchange_weak(gate, wanted, std::memory_order_seq_cst));
}

bool job::try_join() noexcept {
  std::uint64_t gate = gate_.load(std::memory_order_seq_cst);
  do {
    const bool has_room = (gate & inside_mask) < ((gate & room_mask) >> room_shift);
    if ((gate & is_open) == 0 || !has_room) return false;
    // acquire: pairs with the store in `open`, or with another helper's way in or out after it.
  } while (!gate_.compare_exchange_weak(gate, gate + inside_one, std::memory_order_acq_rel,
                                        std::memory_order_relaxed));
  if (!has_work()) {
    leave();
    return false;
  }
  joined_.fetch_add(1, std::memory_order_relaxed);
  ticks nobody = 0;
  first_join_.compare_exchange_strong(nobody, tick_clock::now(), std::memory_order_relaxed);
  return true;
}

void job::leave() noexcept {
  // release: pairs with the caller's acquire in `close`.
  const std::uint64_t gate = gate_.fetch_sub(inside_one, std::memory_order_acq_rel);
  if ((gate & is_awaited) != 0 && (gate & inside_mask) == 1) {
    const std::lock_guard lock(mutex_);  // so that the caller is not between its look and its sleep
    empty_.notify_one();
  }
}

bool job::is_cancelled(interval places) noexcept {
  if (stopped_.load(std::memory_order_relaxed)) return true;
  if (order_.stop.stop_requested()) {
    stopped_.store(true, std::memory_order_relaxed);
    return true;
  }
  const std::size_t failed = failed_item_.load(std::memory_order_relaxed);
  return failed != nowhere && claims_.lowest_from(places.first) > failed;
}

void job::work(std::size_t worker) noexcept {
  const thread_state outer = this_thread;
  this_thread = {.worker = worker, .depth = outer.depth + 1};
  if (order_.helped != nullptr) {
    order_.helped->work(worker);
    this_thread = outer;
    return;
  }
  failure mine;
  ticks busy = 0;
  std::size_t items_run = 0;
  ticks claiming = 0;
  std::size_t claimed = 0;
  std::size_t wanted = order_.control->first_chunk(claims_.left());
  ticks then = tick_clock::now();
  while (wanted != 0) {
    const interval places = claims_.take(wanted);
    if (places.empty()) break;
    if (is_cancelled(places)) {
      claims_.exhaust();  // all that is left is above the failure, or the call is stopped
      break;
    }
    const ticks start = tick_clock::now();
    const std::size_t run = run_chunk(places, mine);
    const ticks end = tick_clock::now();
    claiming += tick_clock::between(then, start);
    ++claimed;
    const ticks elapsed = tick_clock::between(start, end);
    busy += elapsed;
    items_run += run;
    then = end;
    if (order_.counts_done) done_.fetch_add(run, std::memory_order_relaxed);
    wanted = order_.control->next_chunk({worker == 0, places.size(), run, elapsed, claims_.left()});
    if (worker == 0 && !order_.control->caller_turn(done())) {
      stopped_.store(true, std::memory_order_relaxed);
    }
  }
  busy_.fetch_add(busy, std::memory_order_relaxed);
  run_.fetch_add(items_run, std::memory_order_relaxed);
  if (worker != 0) {
    claiming_.fetch_add(claiming, std::memory_order_relaxed);
    claimed_.fetch_add(claimed, std::memory_order_relaxed);
  }
  if (mine.what) keep_lowest(std::move(mine));
  this_thread = outer;
}

std::size_t job::run_chunk(interval places, failure& mine) noexcept {
  std::size_t run = 0;
  claims_.visit(places, [&](interval items) {
    // Items below a failed one run, the others are skipped: the lowest failure is always found.
    items.last = std::min(items.last, failed_item_.load(std::memory_order_relaxed));
    if (items.first >= items.last) return;
    try {
      order_.body.run(order_.body.context, items.first, items.last);
      run += items.size();
    } catch (...) {
      const std::size_t item = this_thread.failed_at;
      run += item - items.first;
      if (item < mine.item) mine = {item, std::current_exception()};
      lower_failure(item);
    }
  });
  return run;
}

void job::lower_failure(std::size_t item) noexcept {
  std::size_t lowest = failed_item_.load(std::memory_order_relaxed);
  while (item < lowest &&
         !failed_item_.compare_exchange_weak(lowest, item, std::memory_order_relaxed)) {
  }
}

void job::keep_lowest(failure mine) noexcept {
  const std::lock_guard lock(mutex_);
  if (mine.item < failure_.item) std::swap(mine, failure_);
}

void job::close() noexcept {
  // acquire, here and below: pairs with the helpers' release in `leave`.
  std::uint64_t gate = gate_.fetch_and(~is_open, std::memory_order_acq_rel);
  const ticks start = tick_clock::now();
  const auto patience = static_cast<ticks>(tick_clock::to_ticks(patience_ns));
  while ((gate & inside_mask) != 0) {
    if (process::is_forked()) return;  // the child of an item: helpers are the parent's
    if (tick_clock::now() - start > patience) return await_last_helper();
    pause();
    gate = gate_.load(std::memory_order_acquire);
  }
}

void job::await_last_helper() noexcept {
  const auto is_empty = [this] {
    return (gate_.load(std::memory_order_acquire) & inside_mask) == 0;
  };
  gate_.fetch_or(is_awaited, std::memory_order_acq_rel);
  std::unique_lock lock(mutex_);
  while (!is_empty()) {
    if (!order_.counts_done) {
      empty_.wait(lock);
      continue;
    }
    if (empty_.wait_for(lock, turn) == std::cv_status::no_timeout) continue;
    lock.unlock();
    if (!order_.control->caller_turn(done())) stopped_.store(true, std::memory_order_relaxed);
    lock.lock();
  }
}

}  // namespace amorsize::detail
