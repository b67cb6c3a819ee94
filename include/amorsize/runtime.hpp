/// The runtime: its threads, and what it has learned of the work it was given.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "amorsize/export.hpp"
#include "amorsize/machine.hpp"

namespace amorsize {

/// Whether what is measured changes what is chosen. Of a call's, its runtime's and the variable
/// AMORSIZE_LEARN's, the strictest holds: `off` before `frozen` before `on`.
enum class learning {
  on,      ///< measure, remember, choose from it
  frozen,  ///< choose from what is known, remember nothing new
  off,     ///< neither
};

struct runtime_options {
  /// Where what is learned outlives the process: an absolute path of a folder, or "off". Empty:
  /// AMORSIZE_STORE, which is the same, else $XDG_STATE_HOME/amorsize, else
  /// $HOME/.local/state/amorsize. Where none of these can be used, it stays in memory.
  std::string store = {};

  learning learn = learning::on;

  /// Limit: threads that one call of this runtime may use, its caller included. Zero:
  /// AMORSIZE_N_JOBS, else the processors that this process may use. More than these are real
  /// threads, held for the life of the runtime: for work that blocks.
  int max_n_jobs = 0;

  /// Told of what is wrong but fails no call, one sentence each; from any thread, never two at
  /// once. It must not throw, nor destroy the runtime; what goes wrong inside it is not told of.
  std::function<void(std::string_view)> on_warning = {};
};

namespace detail {
class engine;
}

/// Calls of any number of threads may share a runtime; all of them together never use more helpers
/// than its maximum less one. It has to outlive the calls made on it.
class AMORSIZE_API runtime {
 public:
  /// Starts no thread. Throws `invalid_option`.
  explicit runtime(runtime_options options = {});
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  /// The runtime of every call that names none. Made at first use and never destroyed, so that
  /// calls in static constructors, static destructors and detached threads are safe.
  static runtime& shared();

  /// Writes what was learned and is not in the store yet, at once and to the disk; it waits for
  /// other saves for some seconds at most. Without a store, or where learning is frozen, it does
  /// nothing. It is done now and then in the background and at exit anyway. Throws
  /// `store_error`.
  void save();

  /// Reads the machine's topology at first use (some milliseconds).
  const amorsize::machine& machine() const;

 private:
  friend class detail::engine;
  std::unique_ptr<detail::engine> engine_;
};

}  // namespace amorsize
