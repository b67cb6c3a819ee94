/// Blocks of text, and deflating them so that what comes out can be put together.
#pragma once

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <optional>
#include <stop_token>
#include <vector>

#include "pipes.hpp"

using bytes = std::vector<Bytef>;

/// Bytes of the input, after the last ones before them, which they may refer to.
struct block {
  bytes text;
  std::size_t before = 0;
};

struct piece {
  bytes packed;
  std::size_t size = 0;  ///< bytes, unpacked
  uLong crc = 0;
};

/// Blocks of standard input, each with the last bytes of the one before it.
class block_reader {
  static constexpr std::size_t window = 32U << 10U;  // bytes that deflate looks back

 public:
  explicit block_reader(std::size_t block_bytes) : block_bytes_(block_bytes) {}

  std::optional<block> next(const std::stop_token& stop) {
    block made{bytes(before_.size() + block_bytes_), before_.size()};
    std::copy(before_.begin(), before_.end(), made.text.begin());
    std::size_t size = made.before;
    while (size < made.text.size()) {
      const std::size_t got = in_.read_some(&made.text[size], made.text.size() - size, stop);
      if (got == 0) break;
      size += got;
    }
    if (size == made.before) return std::nullopt;
    made.text.resize(size);
    before_.assign(made.text.end() - static_cast<std::ptrdiff_t>(std::min(size, window)),
                   made.text.end());
    return made;
  }

 private:
  standard_input in_;
  std::size_t block_bytes_;
  bytes before_;
};

/// What a worker keeps: zlib's tables, and room for the largest piece.
class deflater {
 public:
  explicit deflater(int level) {
    constexpr int raw = -MAX_WBITS;  // without zlib's own header
    if (deflateInit2(&stream_, level, Z_DEFLATED, raw, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  deflater(const deflater&) = delete;
  deflater& operator=(const deflater&) = delete;
  ~deflater() { deflateEnd(&stream_); }

  piece compress(const block& in) {
    const Bytef* const text = in.text.data() + in.before;
    const std::size_t size = in.text.size() - in.before;
    deflateReset(&stream_);
    deflateSetDictionary(&stream_, in.text.data(), static_cast<uInt>(in.before));
    room_.resize(deflateBound(&stream_, size) + 64);  // and what the flush adds
    stream_.next_in = text;
    stream_.avail_in = static_cast<uInt>(size);
    stream_.next_out = room_.data();
    stream_.avail_out = static_cast<uInt>(room_.size());
    deflate(&stream_, Z_SYNC_FLUSH);  // ends on a byte, so that pieces can be put together
    return {bytes(room_.data(), stream_.next_out), size, crc32(0, text, static_cast<uInt>(size))};
  }

 private:
  z_stream stream_{};
  bytes room_;
};
