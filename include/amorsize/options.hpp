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

}  // namespace amorsize
