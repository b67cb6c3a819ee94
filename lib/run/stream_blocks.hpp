/// Where a stream's items and results are while they are in it.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "amorsize/detail/stream_engine.hpp"

namespace amorsize::detail {

/// First in, first out, of what has a `behind` for it; takes no memory.
template <class T>
class queue_of {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  T* front() const noexcept { return first_; }
  void push(T* one) noexcept {
    one->behind = nullptr;
    (first_ == nullptr ? first_ : last_->behind) = one;
    last_ = one;
  }
  T* pop() noexcept { return std::exchange(first_, first_->behind); }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

/// Places that are filled in order by the reader, and claimed in order.
struct stream_block {
  std::unique_ptr<std::byte[]> memory;
  std::byte* items = nullptr;
  std::byte* results = nullptr;
  std::size_t capacity = 0;
  std::atomic<std::size_t> filled{0};  ///< by the reader, who need not have the lock
  std::size_t claimed = 0;
  std::size_t chunks = 0;  ///< claimed of it, and not released
  bool is_closed = false;  ///< no more is filled in
  stream_block* behind = nullptr;
};

/// Consecutive items that one worker runs.
struct stream_chunk {
  stream_block* in = nullptr;
  std::size_t first = 0;     ///< place in the block
  std::size_t count = 0;     ///< items
  std::size_t sequence = 0;  ///< of the first item, in the stream
  bool is_done = false;
  run_end end;
  stream_chunk* behind = nullptr;
};

/// Used again as they come back. All under the stream's lock.
class stream_blocks {
 public:
  explicit stream_blocks(const stream_body& body) : body_(body) {}

  stream_block* take_block(std::size_t capacity);
  void give_back(stream_block* block) noexcept;

  stream_chunk* take_chunk();
  void give_back(stream_chunk* chunk) noexcept { free_chunks_.push_back(chunk); }

  std::byte* item(const stream_block& block, std::size_t place) const noexcept {
    return block.items + place * body_.item_bytes;
  }
  std::byte* result(const stream_block& block, std::size_t place) const noexcept {
    return block.results + place * body_.result_bytes;
  }

 private:
  void make_room(stream_block& block, std::size_t capacity) const;

  const stream_body& body_;
  std::deque<stream_block> blocks_;
  std::deque<stream_chunk> chunks_;
  std::vector<stream_block*> free_blocks_;
  std::vector<stream_chunk*> free_chunks_;
};

}  // namespace amorsize::detail
