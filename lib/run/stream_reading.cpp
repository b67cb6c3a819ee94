/// Who reads a stream's source, how much, and what a source that waits is met with.
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "run/process.hpp"
#include "run/stream_run.hpp"
#include "run/thread_state.hpp"

namespace amorsize::detail {
namespace {

// An item that takes longer to read may be waited for, rather than made.
constexpr double slow_read_ns = 20'000;
constexpr double waiting_share = 0.5;

}  // namespace

std::size_t stream_run::outstanding() const noexcept {
  // acquire: pairs with the consumer's release; what it has given back is free.
  return reserved_ - lane_.returned.load(std::memory_order_acquire);
}

std::size_t stream_run::credit() const noexcept {
  const std::size_t out = outstanding();
  return pace_.window > out ? pace_.window - out : 0;
}

bool stream_run::is_readable() const noexcept { return !is_being_read_ && !is_over_ && !is_left_; }

/// Whether there should be more to run before anything else is done.
bool stream_run::should_read() const noexcept {
  return is_readable() && credit() > 0 && line_.unclaimed() < backlog();
}

/// Items that others can go on with while a worker loses its processor.
std::size_t stream_run::backlog() const noexcept {
  return std::max(pace_.chunk * static_cast<std::size_t>(order_.workers), pace_.window / 2);
}

/// Reads up to `most` items, and whatever comes of it is for all.
void stream_run::read(lock_type& lock, std::size_t most) {
  stream_block* const block = block_to_fill();
  if (block == nullptr) return wake_others(lock);
  const std::size_t from = block->filled.load(std::memory_order_relaxed);
  const std::size_t wanted =
      std::min({most, block->capacity - from, std::max(credit(), std::size_t{1})});
  is_being_read_ = true;
  reserved_ += wanted;
  const bool was_slow = last_read_ns_ > slow_read_ns;
  std::exception_ptr failure;
  read_end end = read_end::over;
  lock.unlock();

  const double cpu = was_slow ? tick_clock::thread_cpu_time() : 0;
  const ticks start = tick_clock::now();
  try {
    end = order_.body.read(order_.body.context, block->items, from + wanted, block->filled, asked_);
  } catch (...) {
    failure = std::current_exception();
  }
  const ticks elapsed = tick_clock::between(start, tick_clock::now());
  const double worked = was_slow ? tick_clock::thread_cpu_time() - cpu : nanoseconds(elapsed);

  lock.lock();
  const std::size_t got = block->filled.load(std::memory_order_relaxed) - from;
  reserved_ -= wanted - got;
  is_being_read_ = false;
  asked_.store(false, std::memory_order_relaxed);
  const std::size_t out = outstanding();
  peak_ = std::max(peak_, is_out_ && out > 0 ? out - 1 : out);
  if (end == read_end::over) {
    is_over_ = true;
    source_failure_ = std::move(failure);
  }
  if (is_over_ || block->filled.load(std::memory_order_relaxed) == block->capacity)
    line_.close_block();
  if (got > 0) note_slow_read(nanoseconds(elapsed), worked, got);
  order_.observer->has_read({got, elapsed}, pace_);
  wake_others(lock);
}

/// Null: there is no memory for it, and so no more items.
stream_block* stream_run::block_to_fill() {
  try {
    return &line_.block_to_fill(pace_.batch);
  } catch (const std::bad_alloc&) {
    source_failure_ = std::current_exception();
    is_over_ = true;
    return nullptr;
  }
}

/// A source that waits is waited for by a thread of its own, which costs no processor.
void stream_run::note_slow_read(double elapsed_ns, double cpu_ns, std::size_t items) {
  last_read_ns_ = elapsed_ns / static_cast<double>(items);
  const bool waits = last_read_ns_ > slow_read_ns && cpu_ns < waiting_share * elapsed_ns;
  if (!waits || source_waits_ || run_ == 0) return;
  const double item_ns = nanoseconds(busy_) / static_cast<double>(run_);
  if (item_ns > last_read_ns_ / 8 && start_reader()) source_waits_ = true;
}

bool stream_run::start_reader() noexcept {
  if (has_reader_) return true;
  if (place_.here == nullptr || order_.read_on_caller || !pace_.shares || is_over_ ||
      !process::may_use_threads()) {
    return false;
  }
  // It takes no signal that the host waits for in a thread of its own.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    reader_ = std::thread([this] { read_always(); });
    has_reader_ = true;
  } catch (const std::exception&) {
    // No thread, or no memory for it: those who compute go on reading.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return has_reader_;
}

bool stream_run::may_reader_read() const noexcept {
  return has_reader_ && (source_waits_ || is_reader_wanted_) && is_readable() && credit() > 0;
}

void stream_run::read_always() noexcept {
  this_thread.depth = 1;
  lock_type lock(mutex_);
  while (!is_left_ && !is_over_) {
    if (may_reader_read()) {
      read(lock, pace_.batch);
      is_reader_wanted_ = should_read();
    } else if (source_waits_ && has_late_credit()) {
      await_room(lock, &stream_run::has_reader_turn);
    } else {
      space_.wait(lock);  // `wake_others` looks whether it should go on
    }
  }
}

}  // namespace amorsize::detail
