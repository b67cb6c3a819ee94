/// Those who help with a stream: what each does next, when it rests, and who calls it.
#include <time.h>

#include <algorithm>
#include <chrono>

#include "run/stream_run.hpp"

namespace amorsize::detail {
namespace {

// Helpers that are called for a little room in the buffer, more often than this, would cost more
// than they do.
constexpr double between_calls_ns = 1e6;

// How long a helper rests in a stream that has no room, before it leaves.
constexpr std::chrono::milliseconds rest_time{5};

// A result was delivered as it was given to the consumer, but a consumer that lost its processor
// just then may not know yet. It does once it has computed for so long, or after so many rests.
constexpr double surely_known_ns = 1'000'000;
constexpr int most_rests = 20;

// How often a helper looks whether a consumer that is alone can be relieved, before it leaves.
constexpr int most_looks = 200;

/// Nanoseconds; zero where its thread is gone.
double cpu_time(clockid_t of_thread) {
  timespec time{};
  if (clock_gettime(of_thread, &time) != 0) return 0;
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

}  // namespace

void stream_run::work(std::size_t) noexcept {
  lock_type lock(mutex_);
  ++helpers_;
  work(lock);
  --helpers_;
}

void stream_run::work(lock_type& lock) noexcept {
  for (;;) {
    switch (helper_turn()) {
      case turn::read:
        read(lock, pace_.batch);
        break;
      case turn::run:
        run(lock, false);
        break;
      case turn::nothing:
        if (take_from_consumer()) break;
        if (is_token_wanted_) {
          if (await_token(lock)) break;
          offer_work(false);
          return;
        }
        if (!is_resting_ && rest(lock)) break;
        offer_work(false);
        return;
    }
  }
}

stream_run::turn stream_run::helper_turn() const noexcept {
  if (is_left_) return turn::nothing;
  const bool may_read = !order_.read_on_caller && !source_waits_ && pace_.shares;
  if (may_read && should_read()) return turn::read;
  if (claimable() > 0 && !failure_) return turn::run;
  return turn::nothing;
}

/// Until a consumer that is alone can be relieved of the source: awake for a while, then looking
/// now and then, since it may be at a long item, or wait in the source. False: for too long.
bool stream_run::await_token(lock_type& lock) noexcept {
  await_event(lock);
  for (int i = 0; i < most_looks && is_alone_ && !is_left_; ++i) {
    if (take_from_consumer()) return true;
    space_.wait_for(lock, rest_time, [this] { return !is_alone_ || is_left_; });
  }
  is_token_wanted_ = false;
  return !is_alone_;
}

/// Until there is room, for a while. The result that the consumer was given before that has been
/// delivered by then. False: there is nothing to do.
bool stream_run::rest(lock_type& lock) {
  if (order_.read_on_caller || !pace_.shares || !is_readable() || source_waits_) return false;
  is_resting_ = true;
  await_room(lock, &stream_run::has_helper_turn);
  is_resting_ = false;
  // With late credit, another one was delivered meanwhile.
  return helper_turn() != turn::nothing || has_late_credit() || is_alone_;
}

/// Whether there is room but for a result that the consumer has just been given.
bool stream_run::has_late_credit() const noexcept {
  const bool has_one =
      is_out_ && lane_.returned.load(std::memory_order_relaxed) != returned_at_end_;
  return has_one && is_readable() && !order_.read_on_caller && outstanding() == pace_.window &&
         line_.unclaimed() < backlog();
}

bool stream_run::has_helper_turn() const noexcept {
  return is_left_ || is_over_ || is_alone_ || helper_turn() != turn::nothing;
}

bool stream_run::has_reader_turn() const noexcept {
  return is_left_ || is_over_ || !has_late_credit();
}

void stream_run::await_room(lock_type& lock, condition is_ready) {
  const std::size_t returned = lane_.returned.load(std::memory_order_relaxed);
  const double computed = cpu_time(consumer_clock_);
  if (space_.wait_for(lock, rest_time, [&] { return (this->*is_ready)(); })) return;
  if (lane_.returned.load(std::memory_order_relaxed) != returned) rests_ = 0;
  if (!has_late_credit() || lane_.returned.load(std::memory_order_relaxed) != returned) return;
  const bool is_known = cpu_time(consumer_clock_) - computed > surely_known_ns;
  if (is_known || ++rests_ >= most_rests) read(lock, 1);
}

/// After anything that others may have waited for.
/// \param stays  this thread goes on with the stream
void stream_run::wake_others(lock_type& lock, bool stays) noexcept {
  events_.fetch_add(1, std::memory_order_relaxed);
  if (is_waiting_) result_.notify_one();
  if (may_reader_read() || (source_waits_ && has_late_credit())) space_.notify_all();
  if (place_.here == nullptr) return;
  const bool is_urgent = claimable() > 0 || 2 * credit() >= pace_.window;
  if (is_resting_ && is_urgent) space_.notify_all();
  const int missing = missing_helpers(stays);
  offer_work(missing > 0);
  if (missing > 0) call_helpers(lock, missing, is_urgent);
}

/// Helpers that would find something to do now, and are not here.
int stream_run::missing_helpers(bool stays) const noexcept {
  if (is_left_) return 0;
  const auto items = static_cast<int>(std::min<std::size_t>(claimable(), 1U << 30U));
  const auto chunk = static_cast<int>(std::min<std::size_t>(pace_.chunk, 1U << 29U));
  const int chunks = (items + chunk - 1) / chunk - (stays && items > 0 ? 1 : 0);
  const bool may_read = !order_.read_on_caller && !source_waits_ && pace_.shares &&
                        (should_read() || has_late_credit());
  return std::min(chunks + (may_read ? 1 : 0), order_.workers - 1 - helpers_);
}

void stream_run::offer_work(bool has_work) noexcept {
  if (has_work_.load(std::memory_order_relaxed) == has_work) return;
  // seq_cst: a helper that finds nothing is seen as gone by the pool's `call` that follows.
  has_work_.store(has_work, std::memory_order_seq_cst);
}

void stream_run::call_helpers(lock_type& lock, int missing, bool is_urgent) noexcept {
  const ticks now = tick_clock::now();
  if (!is_urgent && nanoseconds(now - called_) < between_calls_ns) return;
  called_ = now;
  lock.unlock();
  order_.helpers->keep_off_this_processor(missing);
  order_.helpers->call(missing);
  lock.lock();
}

}  // namespace amorsize::detail
