#include "run/stream_run.hpp"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <system_error>
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

// Helpers that are called for a little room in the buffer, more often than this, would cost more
// than they do.
constexpr double between_calls_ns = 1e6;

// How long a helper rests in a stream that has no room, before it leaves.
constexpr std::chrono::milliseconds rest_time{5};

// A result was delivered as it was given to the consumer, but a consumer that lost its processor
// just then may not know yet. It does once it has computed for so long, or after so many rests.
constexpr double surely_known_ns = 1'000'000;
constexpr int most_rests = 20;

// A reader may have waited in the source since before it was asked: what it has is looked for
// again.
constexpr std::chrono::milliseconds second_look{1};

// An item that takes longer to read may be waited for, rather than made.
constexpr double slow_read_ns = 20'000;
constexpr double waiting_share = 0.5;

double nanoseconds(ticks t) { return tick_clock::nanoseconds(static_cast<double>(t)); }

/// Nanoseconds; zero where its thread is gone.
double cpu_time(clockid_t of_thread) {
  timespec time{};
  if (clock_gettime(of_thread, &time) != 0) return 0;
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
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
    : order_(order), lane_(lane), source_(order.source), pace_(order.pace), blocks_(order_.body) {
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
  if (place_.here == nullptr || process::is_forked()) return;
  place_.here->forget();
  order_.helpers->give_back(place_);
}

std::size_t stream_run::unclaimed() const noexcept {
  // acquire: pairs with the reader's release of what it has filled in.
  const std::size_t open =
      filling_ != nullptr ? filling_->filled.load(std::memory_order_acquire) : 0;
  return settled_ + open - claimed_;
}

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
  return is_readable() && credit() > 0 && unclaimed() < backlog();
}

/// Items that others can go on with while a worker loses its processor.
std::size_t stream_run::backlog() const noexcept {
  return std::max(pace_.chunk * static_cast<std::size_t>(order_.workers), pace_.window / 2);
}

stream_run::turn stream_run::helper_turn() const noexcept {
  if (is_left_) return turn::nothing;
  const bool may_read = !order_.read_on_caller && !source_waits_ && pace_.shares;
  if (may_read && should_read()) return turn::read;
  if (unclaimed() > 0 && !failure_) return turn::run;
  return turn::nothing;
}

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
          await_event(lock);
          if (is_alone_) return;  // and look again soon
          is_token_wanted_ = false;
          break;
        }
        if (!is_resting_ && rest(lock)) break;
        offer_work(false);
        return;
    }
  }
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
    if (lane_.stopped.load(std::memory_order_relaxed)) {
      fail(
          std::make_exception_ptr(operation_cancelled("the stream was stopped by its stop token")));
    }
    if (is_starved_) fail(failure_);
    if (order_.read_on_caller && pace_.shares && should_read()) {
      read(lock, pace_.batch);
    } else if (stream_chunk* const done = take_done(); done != nullptr) {
      given_ = done;
      is_out_ = done->end.kept > 0;
      // What was filtered out is delivered by passing it.
      const std::size_t passed = done->end.run - done->end.kept;
      lane_.returned.store(lane_.returned.load(std::memory_order_relaxed) + passed,
                           std::memory_order_release);
      if (is_out_) {
        pthread_getcpuclockid(pthread_self(), &consumer_clock_);
        const stream_part part{blocks_.result(*done->in, done->first), done->end.kept, 0};
        wake_others(lock, false);
        return part;
      }
      release_given();
    } else if (unclaimed() > 0 && !failure_) {
      const consumer_at_work here;
      run(lock, true);
    } else if (is_token_wanted_ && !has_waited_) {
      wait(lock);  // for the helper that is about to read
    } else if (may_be_alone()) {
      const stream_part part = begin_alone(lock);
      if (part.alone > 0) return part;
    } else if (is_readable() && !source_waits_ && running_ == 0 && credit() > 0) {
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

/// All that was read is delivered.
bool stream_run::is_drained() const noexcept {
  return !is_being_read_ && running_ == 0 && unclaimed() == 0 && chunks_.empty();
}

bool stream_run::may_be_alone() noexcept {
  is_token_wanted_ = false;
  return pace_.alone > 0 && is_readable() && !source_waits_ && is_drained() && credit() > 0;
}

/// Where nothing is on its way, the consumer reads and runs items without asking for each.
stream_part stream_run::begin_alone(lock_type& lock) noexcept {
  if (pace_.shares && place_.here != nullptr && helpers_ == 0) {
    offer_work(!order_.read_on_caller);
    call_helpers(lock, 1, false);
    if (!is_readable() || !is_drained()) return {nullptr, 0, 0};
  }
  is_alone_ = is_being_read_ = true;
  pthread_getcpuclockid(pthread_self(), &consumer_clock_);
  alone_base_ = reserved_;
  lane_.alone = 0;
  lane_.is_shared = pace_.shares && place_.here != nullptr;
  // release: a helper that takes the token finds what was read before.
  lane_.source.store(stream_lane::token::free, std::memory_order_release);
  lane_.asked.store(false, std::memory_order_seq_cst);
  if (lane_.stopped.load(std::memory_order_seq_cst)) lane_.asked.store(true);
  offer_work(lane_.is_shared && !order_.read_on_caller);
  alone_since_ = tick_clock::now();
  return {nullptr, 0, pace_.alone};
}

/// By the consumer, or by a helper that has the token.
void stream_run::end_alone() noexcept {
  is_alone_ = is_being_read_ = false;
  reserved_ = alone_base_ + lane_.alone;
  if (lane_.is_over) is_over_ = true;
  const ticks elapsed = tick_clock::between(alone_since_, tick_clock::now());
  run_ += lane_.alone;
  busy_ += elapsed;
  peak_ = std::max(peak_, std::min<std::size_t>(lane_.alone, 1));
  order_.observer->has_run_alone({lane_.alone, elapsed}, pace_);
}

/// While a consumer that was alone does something else, others go on. True: look again.
bool stream_run::take_from_consumer() noexcept {
  if (!is_alone_ || !lane_.is_shared || order_.read_on_caller || !pace_.shares) return false;
  auto free = stream_lane::token::free;
  // acquire: pairs with the consumer's release as it leaves the source.
  if (lane_.source.compare_exchange_strong(free, stream_lane::token::lost,
                                           std::memory_order_acq_rel)) {
    end_alone();
    is_out_ = outstanding() > 0;
    return true;
  }
  is_token_wanted_ = true;
  lane_.asked.store(true, std::memory_order_relaxed);
  return false;
}

void stream_run::fail(std::exception_ptr what) {
  is_at_end_ = true;
  is_left_ = true;
  source_.request_stop();
  space_.notify_all();
  std::rethrow_exception(std::move(what));
}

/// Reads up to `most` items, and whatever comes of it is for all.
void stream_run::read(lock_type& lock, std::size_t most) {
  stream_block* const block = block_to_fill();
  if (block == nullptr) return;
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
  if (is_over_ || block->filled.load(std::memory_order_relaxed) == block->capacity) close_block();
  if (got > 0) note_slow_read(nanoseconds(elapsed), worked, got);
  order_.observer->has_read({got, elapsed}, pace_);
  wake_others(lock);
}

/// Null: there is no memory for it, and so no more items.
stream_block* stream_run::block_to_fill() {
  if (filling_ != nullptr) return filling_;
  try {
    filling_ = blocks_.take_block(pace_.batch);
    unclaimed_blocks_.push(filling_);
  } catch (const std::bad_alloc&) {
    source_failure_ = std::current_exception();
    is_over_ = true;
  }
  return filling_;
}

void stream_run::close_block() noexcept {
  stream_block* const block = std::exchange(filling_, nullptr);
  const std::size_t filled = block->filled.load(std::memory_order_relaxed);
  block->is_closed = true;
  settled_ += filled;
  drop_claimed_blocks();
}

void stream_run::drop_claimed_blocks() noexcept {
  while (!unclaimed_blocks_.empty()) {
    stream_block* const block = unclaimed_blocks_.front();
    if (!block->is_closed || block->claimed < block->filled.load(std::memory_order_relaxed)) return;
    unclaimed_blocks_.pop();
    if (block->chunks == 0) blocks_.give_back(block);
  }
}

/// Null: there is no memory for it; what was read is lost, as by an exception of the source.
stream_chunk* stream_run::claim() {
  stream_block* const block = unclaimed_blocks_.front();
  const std::size_t filled = block->filled.load(std::memory_order_acquire);
  stream_chunk* chunk = nullptr;
  try {
    chunk = blocks_.take_chunk();
  } catch (const std::bad_alloc&) {
    if (!failure_) failure_ = std::current_exception();
    is_starved_ = is_over_ = true;
    return nullptr;
  }
  chunk->in = block;
  chunk->first = block->claimed;
  chunk->count = std::min(filled - block->claimed, pace_.chunk);
  chunk->sequence = claimed_;
  if (!order_.by_completion) chunks_.push(chunk);
  ++block->chunks;
  block->claimed += chunk->count;
  claimed_ += chunk->count;
  drop_claimed_blocks();
  return chunk;
}

/// Runs the first items that nobody has claimed.
void stream_run::run(lock_type& lock, bool by_consumer) {
  stream_chunk* const claimed = claim();
  if (claimed == nullptr) return;
  stream_chunk& chunk = *claimed;
  ++running_;
  std::byte* const items = blocks_.item(*chunk.in, chunk.first);
  std::byte* const results = blocks_.result(*chunk.in, chunk.first);
  lock.unlock();

  const ticks start = tick_clock::now();
  run_end end = order_.body.run(order_.body.context, items, results, chunk.count);
  const ticks elapsed = tick_clock::between(start, tick_clock::now());

  lock.lock();
  --running_;
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
  chunk.end = std::move(end);
  chunk.is_done = true;
  if (order_.by_completion) chunks_.push(&chunk);
  if (!chunk.end.failure) return;
  if (chunk.sequence < failed_) {
    failed_ = chunk.sequence;
    failure_ = chunk.end.failure;
  }
  // Items are claimed in order, so that all that nobody has claimed is behind this one.
  is_over_ = true;
}

stream_chunk* stream_run::take_done() noexcept {
  if (chunks_.empty() || !chunks_.front()->is_done) return nullptr;
  return chunks_.pop();
}

/// The consumer has used up its last chunk. Where that one ended in a failure, this is its place.
void stream_run::release_given() {
  is_out_ = false;
  rests_ = 0;
  if (given_ == nullptr) return;
  stream_chunk* const used = std::exchange(given_, nullptr);
  const bool has_failed = static_cast<bool>(used->end.failure);
  release(used);
  if (has_failed) fail(failure_);
}

void stream_run::release(stream_chunk* chunk) noexcept {
  stream_block* const block = chunk->in;
  chunk->end.failure = nullptr;
  blocks_.give_back(chunk);
  --block->chunks;
  if (block->chunks == 0 && block->is_closed &&
      block->claimed == block->filled.load(std::memory_order_relaxed)) {
    blocks_.give_back(block);
  }
}

/// Until something has happened, or an item was read: awake, for a while.
void stream_run::await_event(lock_type& lock) noexcept {
  const unsigned seen = events_.load(std::memory_order_relaxed);
  const stream_block* const block = filling_;
  const std::size_t claimed = block != nullptr ? block->claimed : 0;
  lock.unlock();
  const ticks start = tick_clock::now();
  while (events_.load(std::memory_order_relaxed) == seen &&
         (block == nullptr || block->filled.load(std::memory_order_relaxed) == claimed) &&
         nanoseconds(tick_clock::now() - start) < patience_ns) {
    // Who is awaited may be waiting for this processor.
    for (int i = 0; i < 20; ++i) pause();
    std::this_thread::yield();
  }
  lock.lock();
}

/// Until there may be something: awake for a while, then asleep.
void stream_run::wait(lock_type& lock) {
  if (!std::exchange(has_waited_, true)) return await_event(lock);
  const unsigned seen = events_.load(std::memory_order_relaxed);
  asked_.store(true, std::memory_order_relaxed);
  is_waiting_ = true;
  // All workers are at long items, and none reads what this one could do meanwhile.
  if (running_ > 0 && is_readable() && credit() > 0 && start_reader()) {
    is_reader_wanted_ = true;
    space_.notify_all();
  }
  if (result_.wait_for(lock, second_look) == std::cv_status::timeout && unclaimed() == 0) {
    result_.wait(lock, [&] {
      return events_.load(std::memory_order_relaxed) != seen || unclaimed() > 0 ||
             lane_.stopped.load(std::memory_order_relaxed);
    });
  }
  is_waiting_ = false;
  asked_.store(false, std::memory_order_relaxed);
}

/// Whether there is room but for a result that the consumer has just been given.
bool stream_run::has_late_credit() const noexcept {
  return is_out_ && is_readable() && !order_.read_on_caller && outstanding() == pace_.window &&
         unclaimed() < backlog();
}

/// Until there is room, for a while. The result that the consumer was given before that has been
/// delivered by then. False: there is nothing to do.
bool stream_run::rest(lock_type& lock) {
  if (order_.read_on_caller || !pace_.shares || !is_readable() || source_waits_) return false;
  is_resting_ = true;
  await_room(lock, [this] { return is_left_ || is_over_ || helper_turn() != turn::nothing; });
  is_resting_ = false;
  // With late credit, another one was delivered meanwhile.
  return helper_turn() != turn::nothing || has_late_credit();
}

template <class Ready>
void stream_run::await_room(lock_type& lock, const Ready& is_ready) {
  const std::size_t returned = lane_.returned.load(std::memory_order_relaxed);
  const double computed = cpu_time(consumer_clock_);
  if (space_.wait_for(lock, rest_time, is_ready)) return;
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
  const bool is_urgent = unclaimed() > 0 || 2 * credit() >= pace_.window;
  if (is_resting_ && is_urgent) space_.notify_all();
  const int missing = missing_helpers(stays);
  offer_work(missing > 0);
  if (missing > 0) call_helpers(lock, missing, is_urgent);
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

/// Helpers that would find something to do now, and are not here.
int stream_run::missing_helpers(bool stays) const noexcept {
  if (is_left_) return 0;
  const auto items = static_cast<int>(std::min<std::size_t>(unclaimed(), 1U << 30U));
  const auto chunk = static_cast<int>(std::min<std::size_t>(pace_.chunk, 1U << 29U));
  const int chunks = (items + chunk - 1) / chunk - (stays && items > 0 ? 1 : 0);
  const bool may_read = !order_.read_on_caller && !source_waits_ && pace_.shares &&
                        (should_read() || has_late_credit());
  return std::min(chunks + (may_read ? 1 : 0), order_.workers - 1 - helpers_);
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
      await_room(lock, [this] { return is_left_ || is_over_ || !has_late_credit(); });
    } else {
      space_.wait(lock);  // `wake_others` looks whether it should go on
    }
  }
}

void stream_run::stop() noexcept {
  lane_.stopped.store(true, std::memory_order_seq_cst);
  lane_.asked.store(true, std::memory_order_seq_cst);
  source_.request_stop();
  const lock_type lock(mutex_);
  events_.fetch_add(1, std::memory_order_relaxed);
  result_.notify_one();
  space_.notify_all();
}

double stream_run::most_bytes() noexcept {
  const lock_type lock(mutex_);
  return result_bytes_ * static_cast<double>(pace_.window);
}

void stream_run::leave() noexcept {
  if (process::is_forked() && (place_.here != nullptr || has_reader_)) {
    if (reader_.joinable()) reader_.detach();
    return;  // its helpers are the parent's
  }
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
  drop_all();
}

/// What was never run or never delivered.
void stream_run::drop_all() noexcept {
  if (given_ != nullptr) release(std::exchange(given_, nullptr));
  while (!chunks_.empty()) {
    stream_chunk* const chunk = chunks_.pop();
    order_.body.drop_results(blocks_.result(*chunk->in, chunk->first), chunk->end.kept);
    release(chunk);
  }
  while (!unclaimed_blocks_.empty()) {
    stream_block* const block = unclaimed_blocks_.pop();
    const std::size_t filled = block->filled.load(std::memory_order_relaxed);
    order_.body.drop_items(blocks_.item(*block, block->claimed), filled - block->claimed);
  }
  filling_ = nullptr;
}

}  // namespace amorsize::detail
