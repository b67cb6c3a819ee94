/// The seam between the user's loop, compiled here, and the engine, compiled in the library.
#pragma once

#include <cstddef>
#include <string>

#include "amorsize/export.hpp"
#include "amorsize/options.hpp"

namespace amorsize::detail {

/// A loop over items [first, last). It may run on several threads at once, on disjoint intervals.
/// Where it throws, it has called `failed_at` with the index of the item before.
struct chunk_body {
  void (*run)(void* context, std::size_t first, std::size_t last);
  void* context;
};

struct batch_call {
  chunk_body body;
  std::size_t items = 0;
  std::size_t item_bytes = 0;
  std::size_t result_bytes = 0;

  /// Null where items may be visited in any order. Else the body takes ascending intervals of one
  /// thread only, until this was called, once, with the first item not yet visited.
  void (*open)(void* context, std::size_t first) = nullptr;

  /// Tells the types of function, item and result; its address is their identity in this process.
  const char* (*types)() = nullptr;
};

/// Runs every item once and joins, or throws what the design says.
AMORSIZE_API void run_batch(const batch_call& call, const batch_options& options);

/// Chooses a plan; the body is run on a sample of the items, on this thread.
AMORSIZE_API batch_plan plan_batch(const batch_call& call, const batch_options& options);

/// Throws `invalid_option` for options that break their rules.
AMORSIZE_API void check(const batch_options& options);

/// The options that no check can find fault with, told without a call.
inline bool plainly_valid(const batch_options& o) noexcept {
  return o.n_jobs == 0 && o.max_n_jobs == 0 && o.chunksize == 0 && !o.plan &&
         o.learn == learning::on;
}

/// Notes, on the thread of the chunk, which item is throwing.
AMORSIZE_API void failed_at(std::size_t item) noexcept;

/// Which worker of the running call this thread is: 0 for the caller, below `worker_limit`.
AMORSIZE_API std::size_t worker_index() noexcept;
AMORSIZE_API std::size_t worker_limit(const batch_options& options);
AMORSIZE_API std::size_t worker_limit(const stream_options& options);

[[noreturn]] AMORSIZE_API void reject(const std::string& why);
[[noreturn]] AMORSIZE_API void reject_size(long long told, long long found);

template <class Function, class Item, class Result>
const char* types_of() {
  return __PRETTY_FUNCTION__;
}

}  // namespace amorsize::detail
