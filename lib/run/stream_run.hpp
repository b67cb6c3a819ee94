/// A stream while several threads run it: one reads at a time, all compute, the consumer takes
/// results.
#pragma once

#include <time.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>

#include "amorsize/detail/stream_engine.hpp"
#include "base/clock.hpp"
#include "base/spin_mutex.hpp"
#include "run/helper_pool.hpp"
#include "run/stream_blocks.hpp"
#include "run/stream_observer.hpp"
#include "run/team.hpp"

namespace amorsize::detail {

struct stream_order {
  stream_body body;
  helper_pool* helpers = nullptr;  ///< null: the consumer is alone
  int workers = 1;                 ///< that run items, the consumer included
  stream_observer* observer = nullptr;
  stream_pace pace;
  std::stop_source source;  ///< tells the source that the stream is being left
  bool by_completion = false;
  bool read_on_caller = false;
};

/// All that is shared is under one lock, which is held for some tens of nanoseconds a chunk; items
/// are read and run without it. The consumer needs nobody: where no helper comes, it reads and runs
/// by itself. It reads only where nothing is on its way, so that no result waits for the source.
class stream_run final : public team {
 public:
  stream_run(const stream_order& order, stream_lane& lane);
  ~stream_run();
  stream_run(const stream_run&) = delete;
  stream_run& operator=(const stream_run&) = delete;

  // The consumer's:
  stream_part next();     ///< none: the end. Throws what the stream throws.
  void leave() noexcept;  ///< nothing is running when it returns

  // Any thread's:
  void stop() noexcept;  ///< no more is read, and the next result is `operation_cancelled`

  /// Bytes of results that there may be at a time, as it looks now.
  double most_bytes() noexcept;

  // The consumer's, once left:
  const stream_pace& pace() const noexcept { return pace_; }
  std::size_t peak() const noexcept { return peak_; }
  int joined() const noexcept { return place_.here != nullptr ? place_.here->joined() : 0; }
  ticks busy() const noexcept { return busy_; }
  std::size_t items_run() const noexcept { return run_; }

 private:
  using lock_type = std::unique_lock<spin_mutex>;
  enum class turn { nothing, read, run };

  bool has_work() const noexcept override { return has_work_.load(std::memory_order_seq_cst); }
  void work(std::size_t worker) noexcept override;
  void work(lock_type& lock) noexcept;
  void offer_work(bool has_work) noexcept;

  turn helper_turn() const noexcept;
  std::size_t unclaimed() const noexcept;
  std::size_t outstanding() const noexcept;
  std::size_t credit() const noexcept;
  bool is_readable() const noexcept;
  bool should_read() const noexcept;
  std::size_t backlog() const noexcept;
  bool has_late_credit() const noexcept;
  bool is_drained() const noexcept;
  bool may_be_alone() noexcept;
  stream_part begin_alone(lock_type& lock) noexcept;
  void tell_delivered() noexcept;
  void call_helpers(lock_type& lock, int missing, bool is_urgent) noexcept;
  void end_alone() noexcept;
  bool take_from_consumer() noexcept;
  void read(lock_type& lock, std::size_t most);
  void run(lock_type& lock, bool by_consumer);
  stream_block* block_to_fill();
  void close_block() noexcept;
  void drop_claimed_blocks() noexcept;
  stream_chunk* claim();
  void finish(stream_chunk& chunk, run_end&& end) noexcept;
  stream_chunk* take_done() noexcept;
  void release_given();
  void release(stream_chunk* chunk) noexcept;
  [[noreturn]] void fail(std::exception_ptr what);
  void wait(lock_type& lock);
  void await_event(lock_type& lock) noexcept;
  bool rest(lock_type& lock);
  template <class Ready>
  void await_room(lock_type& lock, const Ready& is_ready);
  void wake_others(lock_type& lock, bool stays = true) noexcept;
  int missing_helpers(bool stays) const noexcept;
  void note_slow_read(double elapsed_ns, double cpu_ns, std::size_t items);
  bool start_reader() noexcept;
  bool may_reader_read() const noexcept;
  void read_always() noexcept;
  void drop_all() noexcept;

  const stream_order order_;
  stream_lane& lane_;
  std::stop_source source_;
  helper_pool::place place_;
  std::atomic<bool> has_work_{false};           // for a helper
  alignas(64) std::atomic<bool> asked_{false};  // what was read, from the reader
  std::atomic<unsigned> events_{0};             // that a consumer may wait for

  alignas(64) spin_mutex mutex_;  // of all below
  std::condition_variable_any result_;
  std::condition_variable_any space_;
  stream_pace pace_;
  stream_blocks blocks_;
  queue_of<stream_block> unclaimed_blocks_;
  stream_block* filling_ = nullptr;  // the last of these, unless it is closed
  std::size_t settled_ = 0;          // items in blocks that are closed
  std::size_t claimed_ = 0;          // items
  std::size_t reserved_ = 0;         // items read, or to be read by who has the token
  queue_of<stream_chunk> chunks_;    // in order: all that are claimed; else those that are done
  std::size_t running_ = 0;          // chunks
  int helpers_ = 0;                  // that are here
  stream_chunk* given_ = nullptr;    // to the consumer
  bool is_out_ = false;              // the consumer has a result, and is in the user's code
  bool is_being_read_ = false;       // the token
  bool is_over_ = false;             // no more items come
  bool is_alone_ = false;            // the consumer, with the token
  bool is_token_wanted_ = false;     // by a helper, from a consumer that is alone
  std::size_t alone_base_ = 0;       // items reserved before that
  ticks alone_since_ = 0;
  std::size_t told_returned_ = 0;
  ticks told_at_ = 0;
  bool is_resting_ = false;                     // a helper
  int rests_ = 0;                               // since a result was given to the consumer
  clockid_t consumer_clock_ = CLOCK_MONOTONIC;  // its thread's time
  bool is_left_ = false;
  bool is_at_end_ = false;
  bool is_starved_ = false;  // of memory to run what was read
  bool is_waiting_ = false;  // the consumer
  bool has_waited_ = false;  // for a while already
  std::exception_ptr source_failure_;
  std::exception_ptr failure_;     // of the lowest item that failed
  std::size_t failed_ = SIZE_MAX;  // that item's chunk's sequence
  ticks called_ = 0;               // helpers, last
  std::size_t peak_ = 0;
  double result_bytes_ = 0;  // of one, the largest chunk's
  std::size_t run_ = 0;
  ticks busy_ = 0;
  double last_read_ns_ = 0;        // an item
  bool source_waits_ = false;      // and has a thread of its own that waits with it
  bool is_reader_wanted_ = false;  // until there is enough to go on with
  bool has_reader_ = false;
  std::thread reader_;  // beyond the workers: for a source that waits, or while they
                        // are all at long items
};

}  // namespace amorsize::detail
