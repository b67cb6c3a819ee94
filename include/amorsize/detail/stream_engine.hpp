/// The seam between a stream's source and function, compiled here, and its engine, in the library.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <stop_token>

#include "amorsize/export.hpp"
#include "amorsize/options.hpp"

namespace amorsize::detail {

enum class read_end {
  full,   ///< as many items as were wanted
  asked,  ///< fewer: others have asked for what there is
  over,   ///< the source has no more
};

/// Of items that were run.
struct run_end {
  std::size_t run = 0;    ///< items that did not fail: all, or those before the one that did
  std::size_t kept = 0;   ///< results, first in their places: fewer where some are filtered out
  std::size_t bytes = 0;  ///< of these, with what they hold
  std::exception_ptr failure;
};

/// Items and results live in places of arrays that the engine owns; it knows only their sizes.
struct stream_body {
  void* context = nullptr;

  /// Reads items into places [first, last), `filled` counting them up, until `asked` or the end. By
  /// one thread at a time. Where it throws, `filled` items are there.
  read_end (*read)(void* context, std::byte* items, std::size_t last,
                   std::atomic<std::size_t>& filled, const std::atomic<bool>& asked) = nullptr;

  /// Runs `count` items and destroys them, whatever happens. On any thread.
  run_end (*run)(void* context, std::byte* items, std::byte* results,
                 std::size_t count) noexcept = nullptr;

  void (*drop_items)(std::byte* items, std::size_t count) noexcept = nullptr;
  void (*drop_results)(std::byte* results, std::size_t count) noexcept = nullptr;
  std::size_t item_bytes = 0;
  std::size_t item_align = 1;
  std::size_t result_bytes = 0;
  std::size_t result_align = 1;
  bool results_have_size = false;  ///< beyond their sizeof: `run_end::bytes` tells more than that
};

struct stream_call {
  stream_body body;
  const char* (*types)() = nullptr;  ///< tells function, item and result
};

/// What the consumer gets: results to take, or items to read and run by itself. Neither: the end.
struct stream_part {
  void* results = nullptr;
  std::size_t count = 0;
  std::size_t alone = 0;   ///< items
  std::size_t stride = 1;  ///< of these, to be told of together
};

class stream_session;

struct AMORSIZE_API close_stream {
  void operator()(stream_session* session) const noexcept;
};
using stream_handle = std::unique_ptr<stream_session, close_stream>;

/// What a consumer's thread and the engine tell each other without a call.
struct stream_lane {
  std::atomic<std::size_t> returned{0};  ///< items delivered that the consumer has come back from
  std::atomic<bool> asked{false};        ///< a consumer that is alone should ask now
  std::atomic<bool> stopped{false};      ///< results that it has not taken are not to be taken

  // While the consumer reads and runs items by itself:
  enum class token { free, taken, lost };
  std::atomic<token> source{token::free};  ///< `taken` by the consumer; `lost` to a helper
  bool is_shared = false;                  ///< there may be helpers: it has to take the token
  bool is_over = false;                    ///< the source was at its end
  std::size_t alone = 0;                   ///< items that it has read since it asked
};

/// Starts nothing. Throws `invalid_option`.
AMORSIZE_API stream_handle open_stream(const stream_call& call, const stream_options& options);

AMORSIZE_API stream_lane& lane_of(stream_session& session) noexcept;

/// What the source may look at.
AMORSIZE_API std::stop_token source_token(stream_session& session) noexcept;

/// The next part, once all of the last one was used up and destroyed. Throws what the stream
/// throws, and is at the end then.
AMORSIZE_API stream_part next_part(stream_session& session);

/// Items that are run to be timed: up to `most`, from where the last call ended. Returns how many
/// there were.
struct stream_sampling {
  void* context = nullptr;
  std::size_t (*run)(void* context, std::size_t most) = nullptr;
  std::size_t result_bytes = 0;
  const char* (*types)() = nullptr;
};

/// Chooses a plan; runs a sample on this thread where nothing is known.
AMORSIZE_API stream_plan plan_stream(const stream_sampling& sample, const stream_options& options);

/// The session is at its end: the consumer's own item has thrown.
AMORSIZE_API void fail_alone(stream_session& session) noexcept;

}  // namespace amorsize::detail
