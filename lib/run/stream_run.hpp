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
#include "run/stream_line.hpp"
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
  void stop() noexcept;  ///< no more is read or run, and the next result is `operation_cancelled`

  bool has_company() const noexcept { return place_.here != nullptr; }  ///< of threads

  // The consumer's, once left:
  const stream_pace& pace() const noexcept { return pace_; }
  std::size_t peak() const noexcept { return peak_; }
  int joined() const noexcept { return place_.here != nullptr ? place_.here->joined() : 0; }
  ticks busy() const noexcept { return busy_; }
  std::size_t items_run() const noexcept { return run_; }

 private:
  using lock_type = std::unique_lock<spin_mutex>;
  enum class turn { nothing, read, run };

  // stream_run.cpp: what the consumer does
  std::size_t stride(std::size_t count) const noexcept;
  bool is_drained() const noexcept;
  void release_given();
  void tell_delivered() noexcept;
  stream_chunk* claim();
  void run(lock_type& lock, bool by_consumer);
  void finish(stream_chunk& chunk, run_end&& end) noexcept;
  void wait(lock_type& lock);
  void await_event(lock_type& lock) noexcept;
  [[noreturn]] void fail(std::exception_ptr what);

  // stream_memory.cpp
  std::size_t claimable() const noexcept;

  // stream_alone.cpp
  bool may_be_alone() noexcept;
  stream_part begin_alone(lock_type& lock) noexcept;
  void end_alone() noexcept;
  bool take_from_consumer() noexcept;

  // stream_reading.cpp
  std::size_t outstanding() const noexcept;
  std::size_t credit() const noexcept;
  bool is_readable() const noexcept;
  bool should_read() const noexcept;
  std::size_t backlog() const noexcept;
  void read(lock_type& lock, std::size_t most);
  stream_block* block_to_fill();
  void note_slow_read(double elapsed_ns, double cpu_ns, std::size_t items);
  bool start_reader() noexcept;
  bool may_reader_read() const noexcept;
  void read_always() noexcept;

  // stream_workers.cpp
  bool has_work() const noexcept override { return has_work_.load(std::memory_order_seq_cst); }
  void work(std::size_t worker) noexcept override;
  void work(lock_type& lock) noexcept;
  turn helper_turn() const noexcept;
  bool has_late_credit() const noexcept;
  bool await_token(lock_type& lock) noexcept;
  bool rest(lock_type& lock);
  using condition = bool (stream_run::*)() const noexcept;
  bool has_helper_turn() const noexcept;
  bool has_reader_turn() const noexcept;
  void await_room(lock_type& lock, condition is_ready);
  void wake_others(lock_type& lock, bool stays = true) noexcept;
  int missing_helpers(bool stays) const noexcept;
  void offer_work(bool has_work) noexcept;
  void call_helpers(lock_type& lock, int missing, bool is_urgent) noexcept;

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
  stream_line line_;
  bool is_left_ = false;  // nothing more is read or run

  // The source:
  std::size_t reserved_ = 0;    // items read, or to be read by who has the token
  bool is_being_read_ = false;  // the token
  bool is_over_ = false;        // no more items come
  double last_read_ns_ = 0;     // an item
  bool source_waits_ = false;   // and has a thread of its own that waits with it
  std::exception_ptr source_failure_;

  // The workers:
  std::size_t running_ = 0;  // chunks
  std::size_t running_items_ = 0;
  int helpers_ = 0;                // that are here
  bool is_resting_ = false;        // one of them
  int rests_ = 0;                  // since the consumer came back from a result
  ticks called_ = 0;               // last
  std::exception_ptr failure_;     // of the lowest item that failed
  std::size_t failed_ = SIZE_MAX;  // that item's chunk's sequence
  bool is_starved_ = false;        // of memory to run what was read

  // The consumer:
  stream_chunk* given_ = nullptr;
  bool is_out_ = false;              // it has a result, and is in the user's code
  std::size_t returned_at_end_ = 0;  // of what it has: it is back then
  bool is_waiting_ = false;
  bool has_waited_ = false;  // for a while already
  bool is_at_end_ = false;
  clockid_t consumer_clock_ = CLOCK_MONOTONIC;  // its thread's time
  std::size_t told_returned_ = 0;
  ticks told_at_ = 0;
  bool is_alone_ = false;         // with the token
  bool is_token_wanted_ = false;  // by a helper
  std::size_t alone_base_ = 0;    // items reserved before that
  ticks alone_since_ = 0;

  // Of the run as a whole:
  std::size_t peak_ = 0;
  double result_bytes_ = 0;     // of one, the largest
  std::size_t held_bytes_ = 0;  // of results that are done and not used up
  std::size_t run_ = 0;         // items
  ticks busy_ = 0;

  // Beyond the workers, for a source that waits, or while they are all at long items:
  bool has_reader_ = false;
  bool is_reader_wanted_ = false;  // until there is enough to go on with
  std::thread reader_;
};

}  // namespace amorsize::detail
