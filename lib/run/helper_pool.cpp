#include "run/helper_pool.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "base/clock.hpp"
#include "base/pause.hpp"
#include "base/thread_sanitizer.hpp"
#include "run/placement.hpp"
#include "run/process.hpp"

namespace amorsize::detail {
namespace {

/// How many helpers that sleep are kept off the caller's processor at a time: a system call each.
constexpr int most_kept_off = 4;

/// How long a helper that found nothing looks on. TBB's own threads look five times as long.
constexpr double patience_ns = 25'000;
constexpr int looks_a_clock = 8;

helper_pool& as_pool(void* context) noexcept { return *static_cast<helper_pool*>(context); }

}  // namespace

helper_pool::helper_pool(int helpers)
    : helpers_(helpers), workers_(static_cast<std::size_t>(helpers)) {
  arena_.emplace(helper_watch{[](void* self) noexcept { as_pool(self).entered(); },
                              [](void* self) noexcept { as_pool(self).left(); }, this});
}

helper_pool::~helper_pool() {
  // Threads that are in the arena still are not told of by it any more when they leave.
  arena_.reset();
  take_over(this);
  placement::of_process().restore_all();
  for (std::atomic<job*>& j : jobs_) delete j.load(std::memory_order_relaxed);
}

void helper_pool::entered() noexcept {
  take_over(this);
  present_.fetch_add(1, std::memory_order_relaxed);
  placement::of_process().entered();
}

void helper_pool::left() noexcept {
  placement::of_process().left();
  present_.fetch_sub(1, std::memory_order_relaxed);
  hand_over(this);
}

helper_pool::place helper_pool::take_job() noexcept {
  const std::size_t index = taken_.take();
  if (index == slots::none) return {};
  job* here = jobs_[index].load(std::memory_order_relaxed);
  if (here == nullptr) {
    here = new (std::nothrow) job;
    jobs_[index].store(here,
                       std::memory_order_release);  // pairs with the acquire in `find_and_join`
  }
  if (here == nullptr) {
    taken_.give_back(index);
    return {};
  }
  return {index, here};
}

void helper_pool::give_back(place finished) noexcept { taken_.give_back(finished.index); }

void helper_pool::open(place p, unsigned room) noexcept {
  p.here->open(room);
  open_[p.index / word_bits].fetch_or(std::uint64_t{1} << (p.index % word_bits),
                                      std::memory_order_seq_cst);
}

void helper_pool::close(place p) noexcept {
  take_off_board(p);
  p.here->close();
}

void helper_pool::take_off_board(place p) noexcept {
  open_[p.index / word_bits].fetch_and(~(std::uint64_t{1} << (p.index % word_bits)),
                                       std::memory_order_relaxed);
}

int helper_pool::call(int count) noexcept {
  const process::inside_tbb tbb;
  if (!tbb) return 0;
  const std::lock_guard lock(calling_);
  // seq_cst: a helper that found nothing counts itself out before it looks a last time, so that one
  // of the two sees the other.
  const int missing = std::min(count, helpers_ - engaged_.load(std::memory_order_seq_cst));
  if (missing <= 0) return 0;
  for (int called = 0; called < missing; ++called) {
    engaged_.fetch_add(1, std::memory_order_seq_cst);
    if (start({[](void* self) noexcept { as_pool(self).help(); }, this})) continue;
    engaged_.fetch_sub(1, std::memory_order_seq_cst);
    return called;
  }
  return missing;
}

void helper_pool::keep_off_this_processor(int count) noexcept {
  if (process::may_use_threads() && awake() <= 0) {
    placement::of_process().keep_off_this_processor(std::min(count, most_kept_off));
  }
}

bool helper_pool::start(helper_task task) noexcept {
  const int width = std::min(helpers_, helper_arena::allowed() - 1);
  if (width <= 0) return false;
  tasks_.fetch_add(1, std::memory_order_relaxed);
  hand_over(this);
  if (arena_->start(width, task)) return true;
  tasks_.fetch_sub(1, std::memory_order_release);
  return false;
}

helper_pool::place helper_pool::find_and_join() noexcept {
  for (std::size_t w = 0; w < open_.size(); ++w) {
    std::uint64_t open = open_[w].load(std::memory_order_seq_cst);
    for (; open != 0; open &= open - 1) {
      const std::size_t index = w * word_bits + static_cast<std::size_t>(std::countr_zero(open));
      // acquire: pairs with the release in `take_job`.
      job* j = jobs_[index].load(std::memory_order_acquire);
      if (j->try_join()) return {index, j};
    }
  }
  return {};
}

helper_pool::look helper_pool::help_once() noexcept {
  const std::size_t worker = workers_.take();
  if (worker == slots::none) return look::no_place;
  const place p = find_and_join();
  if (job* j = p.here; j != nullptr) {
    at_work_.fetch_add(1, std::memory_order_relaxed);
    j->work(worker + 1);
    if (j->is_used_up()) take_off_board(p);
    at_work_.fetch_sub(1, std::memory_order_relaxed);
    j->leave();
  }
  workers_.give_back(worker);
  return p.here != nullptr ? look::helped : look::nothing;
}

/// Takes jobs as they come; returns when none came for a while. A job is taken up sooner by a
/// helper that looks than by one that TBB has to start, and its caller need not call.
void helper_pool::help_while_asked() noexcept {
  const auto patience = static_cast<ticks>(tick_clock::to_ticks(patience_ns));
  ticks last = tick_clock::now();
  do {
    for (int i = 0; i < looks_a_clock; ++i) {
      if (is_anything_open() && help_once() == look::helped) last = tick_clock::now();
      pause();
    }
  } while (tick_clock::now() - last < patience);
}

bool helper_pool::is_anything_open() const noexcept {
  for (const auto& word : open_) {
    if (word.load(std::memory_order_relaxed) != 0) return true;
  }
  return false;
}

void helper_pool::help() noexcept {
  take_over(this);
  for (;;) {
    help_while_asked();
    // No caller counts on this helper from here on. What was opened while one still did is found by
    // a last look.
    engaged_.fetch_sub(1, std::memory_order_seq_cst);
    const look last = help_once();
    // All places taken, but not all by helpers at work, who would look again: another last look has
    // one, which may be over before the job was opened.
    const bool again = last == look::no_place && at_work_.load() < helpers_ && is_anything_open();
    if (last != look::helped && !again) break;
    engaged_.fetch_add(1, std::memory_order_seq_cst);
  }
  // release: pairs with the acquire in `is_idle`. Nothing of the pool is touched after this.
  tasks_.fetch_sub(1, std::memory_order_release);
}

}  // namespace amorsize::detail
