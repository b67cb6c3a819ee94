/// The items of a stream on their way: read into blocks, claimed as chunks, and taken in order.
#pragma once

#include <atomic>
#include <cstddef>

#include "run/stream_blocks.hpp"

namespace amorsize::detail {

/// Under the stream's lock, but for what the reader fills in meanwhile.
class stream_line {
 public:
  /// \param by_completion  chunks are taken as they are done, rather than in order
  stream_line(const stream_body& body, bool by_completion)
      : blocks_(body), by_completion_(by_completion) {}

  // The reader's:
  stream_block& block_to_fill(std::size_t capacity);  ///< throws std::bad_alloc
  void close_block() noexcept;                        ///< what is read next goes into another one

  /// Items that were read, and that nobody runs or has run.
  std::size_t unclaimed() const noexcept;

  /// The first of these, `most` of them; there is one. Throws std::bad_alloc.
  stream_chunk& claim(std::size_t most);
  void finish(stream_chunk& chunk, run_end&& end) noexcept;

  /// The chunk whose turn it is, if it is done.
  stream_chunk* take_done() noexcept;
  void release(stream_chunk& chunk) noexcept;  ///< its results are gone

  bool has_chunks() const noexcept { return !chunks_.empty(); }  ///< to be taken

  /// Awake, to see without the lock that an item was read.
  class view {
   public:
    explicit view(const stream_line& line) noexcept
        : block_(line.filling_), claimed_(block_ != nullptr ? block_->claimed : 0) {}
    bool has_more() const noexcept {
      return block_ != nullptr && block_->filled.load(std::memory_order_relaxed) != claimed_;
    }

   private:
    const stream_block* block_;  // blocks live as long as the line
    std::size_t claimed_;
  };

  std::byte* items(const stream_chunk& c) const noexcept { return blocks_.item(*c.in, c.first); }
  std::byte* results(const stream_chunk& c) const noexcept {
    return blocks_.result(*c.in, c.first);
  }

  /// What was never run or never taken.
  void drop(const stream_body& body) noexcept;

 private:
  void drop_claimed_blocks() noexcept;

  stream_blocks blocks_;
  const bool by_completion_;
  queue_of<stream_block> unclaimed_;
  stream_block* filling_ = nullptr;  // the last of these, unless it is closed
  std::size_t settled_ = 0;          // items in blocks that are closed
  std::size_t claimed_ = 0;          // items
  queue_of<stream_chunk> chunks_;    // in order: all that are claimed; else those that are done
};

}  // namespace amorsize::detail
