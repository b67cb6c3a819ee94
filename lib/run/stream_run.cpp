#include "run/stream_run.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>
#include <utility>

#include "amorsize/error.hpp"
#include "base/pause.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"

namespace amorsize::detail {
namespace {

// A result that is about to come is worth waiting for awake: to sleep and be woken takes some 50
// us.
constexpr double patience_ns = 20'000;

// A reader may have waited in the source since before it was asked: what it has is looked for
// again.
constexpr std::chrono::milliseconds second_look{1};

// In which the consumer tells of cheap results, rather than of each.
constexpr std::size_t strides = 16;

constexpr std::size_t line_bytes = 64;
constexpr std::size_t most_prefetched = 4096;

/// What another processor has written: processors do not see by themselves how much there is.
void prefetch(const std::byte* from, std::size_t bytes) {
  for (std::size_t at = 0; at < std::min(bytes, most_prefetched); at += line_bytes) {
    __builtin_prefetch(from + at);
  }
}

/// The consumer as the worker of number 0.
class consumer_at_work {
 public:
  consumer_at_work() noexcept : outer_(this_thread) {
    this_thread = {.worker = 0, .depth = outer_.depth + 1};
  }
  ~consumer_at_work() { this_thread = outer_; }
  consumer_at_work(const consumer_at_work&) = delete;
  consumer_at_work& operator=(const consumer_at_work&) = delete;

 private:
  const thread_state outer_;
};

}  // namespace

stream_run::stream_run(const stream_order& order, stream_lane& lane)
    : order_(order),
      lane_(lane),
      source_(order.source),
      pace_(order.pace),
      line_(order_.body, order.by_completion) {
  if (order_.helpers == nullptr || order_.workers <= 1) return;
  place_ = order_.helpers->take_job();
  if (place_.here == nullptr) return;
  job_order helped;
  helped.helped = this;
  place_.here->prepare(helped);
  order_.helpers->open(place_, static_cast<unsigned>(order_.workers - 1));
}

stream_run::~stream_run() {
  leave();
  if (place_.here == nullptr) return;
  place_.here->forget();
  order_.helpers->give_back(place_);
}

/// The next results, in three steps: those that are there, those that can be computed here, and
/// those that others are at.
stream_part stream_run::next() {
  lock_type lock(mutex_);
  if (is_alone_) end_alone();
  events_.fetch_add(1, std::memory_order_relaxed);
  release_given();
  tell_delivered();
  has_waited_ = false;
  for (;;) {
    if (is_at_end_) return {};
    const bool awaits_helper = is_token_wanted_ && !has_waited_;  // which is about to read
    if (lane_.stopped.load(std::memory_order_relaxed)) {
      fail(
          std::make_exception_ptr(operation_cancelled("the stream was stopped by its stop token")));
    }
    if (order_.read_on_caller && pace_.shares && should_read()) {
      read(lock, pace_.batch);
    } else if (stream_chunk* const done = line_.take_done(); done != nullptr) {
      given_ = done;
      is_out_ = done->end.kept > 0;
      // What was filtered out is delivered by passing it.
      const std::size_t passed = done->end.run - done->end.kept;
      lane_.returned.store(lane_.returned.load(std::memory_order_relaxed) + passed,
                           std::memory_order_release);
      if (is_out_) {
        returned_at_end_ = lane_.returned.load(std::memory_order_relaxed) + done->end.kept;
        pthread_getcpuclockid(pthread_self(), &consumer_clock_);
        const stream_part part{line_.results(*done), done->end.kept, 0, stride(done->end.kept)};
        wake_others(lock, false);
        lock.unlock();
        prefetch(static_cast<const std::byte*>(part.results),
                 part.count * order_.body.result_bytes);
        return part;
      }
      release_given();
    } else if (is_starved_ && running_ == 0 && !line_.has_chunks()) {
      fail(failure_);
    } else if (claimable() > 0 && !failure_) {
      const consumer_at_work here;
      run(lock, true);
    } else if (!awaits_helper && may_be_alone()) {
      const stream_part part = begin_alone(lock);
      if (part.alone > 0) return part;
    } else if (!awaits_helper && is_readable() && !source_waits_ && running_ == 0 && credit() > 0) {
      const consumer_at_work here;
      read(lock, 1);
    } else if (is_over_ && is_drained()) {
      is_at_end_ = true;
      if (source_failure_) fail(source_failure_);
    } else {
      wait(lock);
    }
  }
}

/// Of so many results or items.
std::size_t stream_run::stride(std::size_t count) const noexcept {
  return pace_.tells_each ? 1 : std::max<std::size_t>(1, count / strides);
}

/// All that was read is delivered.
bool stream_run::is_drained() const noexcept {
  return !is_being_read_ && running_ == 0 && line_.unclaimed() == 0 && !line_.has_chunks();
}

/// The consumer has used up its last chunk. Where that one ended in a failure, this is its place.
void stream_run::release_given() {
  is_out_ = false;
  rests_ = 0;
  if (given_ == nullptr) return;
  stream_chunk* const used = std::exchange(given_, nullptr);
  const bool has_failed = static_cast<bool>(used->end.failure);
  held_bytes_ -= used->end.bytes;
  line_.release(*used);
  if (has_failed) fail(failure_);
}

void stream_run::tell_delivered() noexcept {
  const ticks now = tick_clock::now();
  const std::size_t returned = lane_.returned.load(std::memory_order_relaxed);
  if (told_at_ != 0) {
    order_.observer->has_delivered({returned - told_returned_, tick_clock::between(told_at_, now)},
                                   pace_);
  }
  told_returned_ = returned;
  told_at_ = now;
}

/// Null: there is no memory for it; what was read is lost, as by an exception of the source.
stream_chunk* stream_run::claim() {
  try {
    return &line_.claim(std::min(pace_.chunk, claimable()));
  } catch (const std::bad_alloc&) {
    if (!failure_) failure_ = std::current_exception();
    is_starved_ = is_over_ = true;
    return nullptr;
  }
}

/// Runs the first items that nobody has claimed.
void stream_run::run(lock_type& lock, bool by_consumer) {
  stream_chunk* const claimed = claim();
  if (claimed == nullptr) return wake_others(lock);
  stream_chunk& chunk = *claimed;
  ++running_;
  running_items_ += chunk.count;
  std::byte* const items = line_.items(chunk);
  std::byte* const results = line_.results(chunk);
  lock.unlock();

  prefetch(items, chunk.count * order_.body.item_bytes);
  const ticks start = tick_clock::now();
  run_end end = order_.body.run(order_.body.context, items, results, chunk.count);
  const ticks elapsed = tick_clock::between(start, tick_clock::now());

  lock.lock();
  --running_;
  running_items_ -= chunk.count;
  held_bytes_ += end.bytes;
  busy_ += elapsed;
  run_ += end.run;
  if (end.kept > 0) {
    const double bytes = static_cast<double>(end.bytes) / static_cast<double>(end.kept);
    result_bytes_ = std::max(result_bytes_, bytes);
  }
  order_.observer->has_run({by_consumer, end.run, end.kept, end.bytes, elapsed}, pace_);
  finish(chunk, std::move(end));
  wake_others(lock);
}

void stream_run::finish(stream_chunk& chunk, run_end&& end) noexcept {
  if (end.failure && chunk.sequence < failed_) {
    failed_ = chunk.sequence;
    failure_ = end.failure;
  }
  // Items are claimed in order, so that all that nobody has claimed is behind this one.
  if (end.failure) is_over_ = true;
  line_.finish(chunk, std::move(end));
}

/// Until there may be something: awake for a while, then asleep.
void stream_run::wait(lock_type& lock) {
  // What was delivered, or left out, since others last looked may have made room to read.
  if (may_reader_read()) space_.notify_all();
  if (!std::exchange(has_waited_, true)) return await_event(lock);
  const unsigned seen = events_.load(std::memory_order_relaxed);
  asked_.store(true, std::memory_order_relaxed);
  is_waiting_ = true;
  // All workers are at long items, and none reads what this one could do meanwhile.
  if (running_ > 0 && is_readable() && credit() > 0 && start_reader()) {
    is_reader_wanted_ = true;
    space_.notify_all();
  }
  if (result_.wait_for(lock, second_look) == std::cv_status::timeout && claimable() == 0) {
    result_.wait(lock, [&] {
      return events_.load(std::memory_order_relaxed) != seen || claimable() > 0 ||
             lane_.stopped.load(std::memory_order_relaxed);
    });
  }
  is_waiting_ = false;
  asked_.store(false, std::memory_order_relaxed);
}

/// Until something has happened, or an item was read: awake, for a while.
void stream_run::await_event(lock_type& lock) noexcept {
  const unsigned seen = events_.load(std::memory_order_relaxed);
  const stream_line::view line(line_);
  lock.unlock();
  const ticks start = tick_clock::now();
  while (events_.load(std::memory_order_relaxed) == seen && !line.has_more() &&
         nanoseconds(tick_clock::now() - start) < patience_ns) {
    // Who is awaited may be waiting for this processor.
    for (int i = 0; i < 20; ++i) pause();
    std::this_thread::yield();
  }
  lock.lock();
}

void stream_run::fail(std::exception_ptr what) {
  is_at_end_ = true;
  is_left_ = true;
  space_.notify_all();
  std::rethrow_exception(std::move(what));
}

void stream_run::stop() noexcept {
  lane_.stopped.store(true, std::memory_order_seq_cst);
  lane_.asked.store(true, std::memory_order_seq_cst);
  // What the parent of this process has of it may be locked.
  if (process::is_forked() && has_company()) return;
  source_.request_stop();
  const lock_type lock(mutex_);
  is_left_ = true;
  asked_.store(true, std::memory_order_relaxed);
  events_.fetch_add(1, std::memory_order_relaxed);
  result_.notify_one();
  space_.notify_all();
}

void stream_run::leave() noexcept {
  {
    const lock_type lock(mutex_);
    is_left_ = is_at_end_ = true;
    offer_work(false);
    asked_.store(true, std::memory_order_relaxed);
    space_.notify_all();
  }
  source_.request_stop();
  if (place_.here != nullptr) order_.helpers->close(place_);
  if (reader_.joinable()) reader_.join();
  if (given_ != nullptr) line_.release(*std::exchange(given_, nullptr));
  line_.drop(order_.body);
}

}  // namespace amorsize::detail
