/// A consumer that has nobody beside it, and reads and runs items in its user's own loop.
#include <pthread.h>

#include <algorithm>

#include "run/stream_run.hpp"

namespace amorsize::detail {

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
  if (is_resting_ && lane_.is_shared) space_.notify_all();
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
  if (is_token_wanted_) space_.notify_all();
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
    returned_at_end_ = reserved_;
    return true;
  }
  is_token_wanted_ = true;
  lane_.asked.store(true, std::memory_order_relaxed);
  return false;
}

}  // namespace amorsize::detail
