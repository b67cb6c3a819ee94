#include "run/stream_blocks.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <set>
#include <vector>

using namespace amorsize::detail;

namespace {

stream_body body_of(std::size_t item_bytes, std::size_t item_align, std::size_t result_bytes,
                    std::size_t result_align) {
  stream_body body;
  body.item_bytes = item_bytes;
  body.item_align = item_align;
  body.result_bytes = result_bytes;
  body.result_align = result_align;
  return body;
}

// Sanitizers end a process that asks for more memory than there can be.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#elif defined(__has_feature)
constexpr bool is_sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool is_sanitized = false;
#endif

bool is_aligned(const std::byte* at, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(at) % alignment == 0;
}

}  // namespace

TEST_CASE("items and results are aligned in every place, and no two share a byte") {
  for (const std::size_t item_align : {1U, 2U, 8U, 64U, 4096U}) {
    for (const std::size_t result_align : {1U, 4U, 16U, 128U}) {
      for (const std::size_t capacity : {1U, 2U, 7U, 100U}) {
        CAPTURE(item_align);
        CAPTURE(result_align);
        const stream_body body =
            body_of(3 * item_align, item_align, 2 * result_align, result_align);
        stream_blocks blocks(body);
        stream_block* const block = blocks.take_block(capacity);
        CHECK(block->capacity == capacity);
        for (std::size_t i = 0; i < capacity; ++i) {
          CHECK(is_aligned(blocks.item(*block, i), item_align));
          CHECK(is_aligned(blocks.result(*block, i), result_align));
          // What is written beyond the block, or twice, an address checker and the reading see.
          std::memset(blocks.item(*block, i), static_cast<int>(i % 100), body.item_bytes);
          std::memset(blocks.result(*block, i), static_cast<int>(100 + i % 100), body.result_bytes);
        }
        bool are_kept = true;
        for (std::size_t i = 0; i < capacity; ++i) {
          for (std::size_t b = 0; b < body.item_bytes; ++b) {
            are_kept = are_kept && blocks.item(*block, i)[b] == static_cast<std::byte>(i % 100);
          }
          for (std::size_t b = 0; b < body.result_bytes; ++b) {
            are_kept =
                are_kept && blocks.result(*block, i)[b] == static_cast<std::byte>(100 + i % 100);
          }
        }
        CHECK(are_kept);
        blocks.give_back(block);
      }
    }
  }
}

TEST_CASE("a block that came back is used again, empty, where it is large enough") {
  const stream_body body = body_of(4, 4, 8, 8);
  stream_blocks blocks(body);
  stream_block* const first = blocks.take_block(10);
  const std::byte* const memory = first->items;
  first->filled = 7;
  first->claimed = 5;
  first->is_closed = true;
  blocks.give_back(first);
  stream_block* const again = blocks.take_block(9);
  CHECK(again == first);
  CHECK(again->items == memory);
  CHECK(again->filled == 0);
  CHECK(again->claimed == 0);
  CHECK_FALSE(again->is_closed);
  CHECK(blocks.take_block(9) != first);
}

TEST_CASE("a block that is too small, or much too large, is made anew") {
  const stream_body body = body_of(4, 4, 8, 8);
  stream_blocks blocks(body);
  stream_block* const block = blocks.take_block(10);
  blocks.give_back(block);
  CHECK(blocks.take_block(1000)->capacity == 1000);
  blocks.give_back(block);
  CHECK(blocks.take_block(1000)->capacity == 1000);
  blocks.give_back(block);
  CHECK(blocks.take_block(1)->capacity == 1);
}

TEST_CASE("blocks that are out are all different, and so are chunks") {
  const stream_body body = body_of(1, 1, 1, 1);
  stream_blocks blocks(body);
  std::set<const void*> out;
  for (int i = 0; i < 50; ++i) {
    out.insert(blocks.take_block(4));
    out.insert(blocks.take_chunk());
  }
  CHECK(out.size() == 100);
}

TEST_CASE("a chunk that came back is as new") {
  const stream_body body = body_of(1, 1, 1, 1);
  stream_blocks blocks(body);
  stream_chunk* const chunk = blocks.take_chunk();
  chunk->count = 7;
  chunk->sequence = 9;
  chunk->is_done = true;
  chunk->end.kept = 3;
  blocks.give_back(chunk);
  stream_chunk* const again = blocks.take_chunk();
  CHECK(again == chunk);
  CHECK(again->count == 0);
  CHECK(again->sequence == 0);
  CHECK_FALSE(again->is_done);
  CHECK(again->end.kept == 0);
}

TEST_CASE("where there is no memory for a block, none is lost, and smaller ones can be had" *
          doctest::skip(is_sanitized)) {
  const stream_body body = body_of(1 << 20, 1, 1, 1);
  stream_blocks blocks(body);
  constexpr std::size_t too_much = std::numeric_limits<std::ptrdiff_t>::max() / (1 << 20) + 1;
  stream_block* const first = blocks.take_block(1);
  blocks.give_back(first);
  for (int i = 0; i < 3; ++i) {
    CHECK_THROWS_AS(blocks.take_block(too_much), std::bad_alloc);
    CHECK(first->capacity == 0);
  }
  stream_block* const again = blocks.take_block(1);
  CHECK(again == first);
  CHECK(again->capacity == 1);
  std::memset(blocks.item(*again, 0), 1, body.item_bytes);
  blocks.give_back(again);
}

TEST_CASE("a queue gives what it was given, in order, over and over") {
  std::vector<stream_chunk> all(5);
  queue_of<stream_chunk> queue;
  CHECK(queue.empty());
  for (int round = 0; round < 3; ++round) {
    for (stream_chunk& one : all) queue.push(&one);
    CHECK(queue.front() == all.data());
    CHECK(queue.pop() == all.data());
    queue.push(all.data());  // behind the others, while these are in it
    for (std::size_t i = 1; i < all.size(); ++i) CHECK(queue.pop() == &all[i]);
    CHECK(queue.pop() == all.data());
    CHECK(queue.empty());
  }
}
