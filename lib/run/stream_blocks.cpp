#include "run/stream_blocks.hpp"

#include <algorithm>
#include <cstdint>

namespace amorsize::detail {
namespace {

std::byte* aligned(std::byte* at, std::size_t alignment) {
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  return at + (alignment - address % alignment) % alignment;
}

}  // namespace

void stream_blocks::make_room(stream_block& block, std::size_t capacity) const {
  const std::size_t items = capacity * body_.item_bytes + body_.item_align;
  const std::size_t results = capacity * body_.result_bytes + body_.result_align;
  block.capacity = 0;
  block.memory.reset();  // before there is more
  block.memory = std::make_unique_for_overwrite<std::byte[]>(items + results);
  block.items = aligned(block.memory.get(), body_.item_align);
  block.results = aligned(block.items + capacity * body_.item_bytes, body_.result_align);
  block.capacity = capacity;
}

stream_block* stream_blocks::take_block(std::size_t capacity) {
  if (free_blocks_.empty()) {
    free_blocks_.reserve(blocks_.size() + 1);  // so that giving back needs no memory
    free_blocks_.push_back(&blocks_.emplace_back());
  }
  stream_block* const block = free_blocks_.back();
  // Much too large a block would keep memory that nobody uses.
  if (block->capacity < capacity || block->capacity > 4 * capacity) make_room(*block, capacity);
  free_blocks_.pop_back();
  return block;
}

void stream_blocks::give_back(stream_block* block) noexcept {
  block->filled.store(0, std::memory_order_relaxed);
  block->claimed = 0;
  block->is_closed = false;
  free_blocks_.push_back(block);
}

stream_chunk* stream_blocks::take_chunk() {
  if (free_chunks_.empty()) {
    free_chunks_.reserve(chunks_.size() + 1);
    free_chunks_.push_back(&chunks_.emplace_back());
  }
  stream_chunk* const chunk = free_chunks_.back();
  free_chunks_.pop_back();
  *chunk = {};
  return chunk;
}

}  // namespace amorsize::detail
