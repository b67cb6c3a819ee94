#include "run/stream_line.hpp"

#include <algorithm>
#include <utility>

namespace amorsize::detail {

stream_block& stream_line::block_to_fill(std::size_t capacity) {
  if (filling_ == nullptr) {
    filling_ = blocks_.take_block(capacity);
    unclaimed_.push(filling_);
  }
  return *filling_;
}

void stream_line::close_block() noexcept {
  stream_block* const block = std::exchange(filling_, nullptr);
  block->is_closed = true;
  settled_ += block->filled.load(std::memory_order_relaxed);
  drop_claimed_blocks();
}

void stream_line::drop_claimed_blocks() noexcept {
  while (!unclaimed_.empty()) {
    stream_block* const block = unclaimed_.front();
    if (!block->is_closed || block->claimed < block->filled.load(std::memory_order_relaxed)) return;
    unclaimed_.pop();
    if (block->chunks == 0) blocks_.give_back(block);
  }
}

std::size_t stream_line::unclaimed() const noexcept {
  // acquire: pairs with the reader's release of what it has filled in.
  const std::size_t open =
      filling_ != nullptr ? filling_->filled.load(std::memory_order_acquire) : 0;
  return settled_ + open - claimed_;
}

stream_chunk& stream_line::claim(std::size_t most) {
  stream_chunk& chunk = *blocks_.take_chunk();
  stream_block* const block = unclaimed_.front();
  const std::size_t filled = block->filled.load(std::memory_order_acquire);
  chunk.in = block;
  chunk.first = block->claimed;
  chunk.count = std::min(filled - block->claimed, most);
  chunk.sequence = claimed_;
  if (!by_completion_) chunks_.push(&chunk);
  ++block->chunks;
  block->claimed += chunk.count;
  claimed_ += chunk.count;
  drop_claimed_blocks();
  return chunk;
}

void stream_line::finish(stream_chunk& chunk, run_end&& end) noexcept {
  chunk.end = std::move(end);
  chunk.is_done = true;
  if (by_completion_) chunks_.push(&chunk);
}

stream_chunk* stream_line::take_done() noexcept {
  if (chunks_.empty() || !chunks_.front()->is_done) return nullptr;
  return chunks_.pop();
}

void stream_line::release(stream_chunk& chunk) noexcept {
  stream_block* const block = chunk.in;
  chunk.end.failure = nullptr;
  blocks_.give_back(&chunk);
  --block->chunks;
  if (block->chunks == 0 && block->is_closed &&
      block->claimed == block->filled.load(std::memory_order_relaxed)) {
    blocks_.give_back(block);
  }
}

void stream_line::drop(const stream_body& body) noexcept {
  while (!chunks_.empty()) {
    stream_chunk& chunk = *chunks_.pop();
    body.drop_results(results(chunk), chunk.end.kept);
    release(chunk);
  }
  while (!unclaimed_.empty()) {
    stream_block* const block = unclaimed_.pop();
    const std::size_t filled = block->filled.load(std::memory_order_relaxed);
    body.drop_items(blocks_.item(*block, block->claimed), filled - block->claimed);
  }
  filling_ = nullptr;
}

}  // namespace amorsize::detail
