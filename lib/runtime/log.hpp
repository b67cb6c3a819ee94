/// Where warnings and decisions go: nowhere, unless asked.
#pragma once

#include <functional>
#include <mutex>
#include <string_view>

#include "runtime/environment.hpp"

namespace amorsize::detail {

/// One line at a time, from any thread.
class log {
 public:
  log(log_level level, std::function<void(std::string_view)> on_warning);

  void warn(std::string_view sentence) noexcept;
  void write(std::string_view line) noexcept;  ///< to stderr
  bool tells(log_level level) const noexcept { return level <= level_; }

 private:
  static std::unique_lock<std::mutex> only_one(std::mutex& mutex) noexcept;

  const log_level level_;
  const std::function<void(std::string_view)> on_warning_;
  std::mutex mutex_;          // of stderr
  std::mutex warning_mutex_;  // so that who is told of one may make calls that tell decisions
};

}  // namespace amorsize::detail
