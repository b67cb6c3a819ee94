/// The environment variables of this library.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "amorsize/runtime.hpp"

namespace amorsize::detail {

enum class log_level { off, warning, decision, debug };

struct environment {
  int max_n_jobs = 0;              ///< AMORSIZE_N_JOBS; zero: not given
  learning learn = learning::on;   ///< AMORSIZE_LEARN=on|frozen|off
  log_level log = log_level::off;  ///< AMORSIZE_LOG=off|warning|decision|debug

  /// The variables themselves; those of the store's place have a home of their own.
  std::function<const char*(const char*)> get = [](const char*) { return nullptr; };

  /// Reads them by `get`, which gives null for what is not set. A value that breaks its rule is
  /// told to `warn`, and is as if not set.
  static environment read(const std::function<const char*(const char*)>& get,
                          const std::function<void(std::string_view)>& warn);
};

/// More threads than this in one runtime are taken for a mistake.
inline constexpr int most_n_jobs = 4096;

}  // namespace amorsize::detail
