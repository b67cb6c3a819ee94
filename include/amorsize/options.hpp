/// The options of a call. Aggregates for designated initialisers; zero or empty means "you choose".
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

#include "amorsize/call_site.hpp"
#include "amorsize/plan.hpp"
#include "amorsize/report.hpp"
#include "amorsize/runtime.hpp"

namespace amorsize {

struct progress {
  std::size_t done = 0;   ///< items finished
  std::size_t total = 0;  ///< zero: not known
};

struct batch_options {
  /// Contract: the identity of this work, shared by every call that gives the same name. Empty: the
  /// place of the call and the types of function, item and result.
  std::string_view name = {};

  /// Contract: this many threads, the calling one included, up to the runtime's maximum.
  int n_jobs = 0;

  /// Contract: this many items at a time (the last chunk may have fewer).
  std::size_t chunksize = 0;

  /// Limit for the chosen number of threads; zero: the runtime's maximum.
  int max_n_jobs = 0;

  /// Contract: run this plan instead of choosing one. `n_jobs` and `chunksize` above win over it.
  std::optional<batch_plan> plan = {};

  learning learn = learning::on;

  /// Contract: looked at before every chunk. A call that was stopped throws `operation_cancelled`.
  std::stop_token stop = {};

  /// Hint: called on the calling thread, some ten times a second between its chunks, and at the
  /// end.
  std::function<void(progress)> on_progress = {};

  /// Filled when the call has succeeded.
  run_report* report = nullptr;

  /// Null: `runtime::shared()`.
  runtime* on = nullptr;

  /// Wrappers forward their own caller's place, or all their callers share one identity.
  call_site where = call_site::here();
};

/// The order in which a stream's results are delivered.
enum class result_order {
  input,       ///< that of their items
  completion,  ///< as they are finished: none waits for another one that takes longer
  any,         ///< the runtime chooses
};

struct stream_options {
  /// Contract: the identity of this work, shared by every call that gives the same name. Empty: the
  /// place of the call and the types of function, item and result.
  std::string_view name = {};

  /// Contract: this many threads that run `f`, the consumer's included, up to the runtime's
  /// maximum. A source that waits may be waited for by one more.
  int n_jobs = 0;

  /// Contract: at most this many items at a time; fewer where the source makes them wait.
  std::size_t chunksize = 0;

  /// Contract: items read from the source and not delivered, at most.
  std::size_t buffer_size = 0;

  /// Limit for the chosen number of threads; zero: the runtime's maximum.
  int max_n_jobs = 0;

  /// Limit: bytes of the results that wait for the consumer. Zero: a tenth of the memory that is
  /// available. What items hold that have been read and not run is bounded by `buffer_size` alone.
  std::size_t memory_limit = 0;

  result_order order = result_order::input;

  /// Contract: the source is read by the consumer's thread only, and may keep results waiting.
  bool read_on_caller = false;

  /// Contract: run this plan instead of choosing one. What is given above wins over it; its
  /// `use_ordered` counts where `order` is `any`. A chunk larger than the buffer is made smaller.
  std::optional<stream_plan> plan = {};

  learning learn = learning::on;

  /// Contract: looked at before every result. A stream that was stopped throws
  /// `operation_cancelled`.
  std::stop_token stop = {};

  /// Hint: called on the consumer's thread, some ten times a second between results, and at the
  /// end. The total is not known.
  std::function<void(progress)> on_progress = {};

  /// Filled when the stream has come to its end, not when it is left or fails.
  run_report* report = nullptr;

  /// Null: `runtime::shared()`. It has to outlive the stream.
  runtime* on = nullptr;

  /// Wrappers forward their own caller's place, or all their callers share one identity.
  call_site where = call_site::here();
};

}  // namespace amorsize
