#include "runtime/log.hpp"

#include <cstdio>
#include <utility>

#include "run/process.hpp"

namespace amorsize::detail {

log::log(log_level level, std::function<void(std::string_view)> on_warning)
    : level_(level), on_warning_(std::move(on_warning)) {}

void log::warn(std::string_view sentence) noexcept {
  if (tells(log_level::warning)) write(sentence);
  if (!on_warning_) return;
  const auto lock = only_one(warning_mutex_);
  on_warning_(sentence);
}

void log::write(std::string_view line) noexcept {
  const auto lock = only_one(mutex_);
  std::fprintf(stderr, "amorsize: %.*s\n", static_cast<int>(line.size()), line.data());
}

/// A forked child has one thread, and the lock may be the parent's.
std::unique_lock<std::mutex> log::only_one(std::mutex& mutex) noexcept {
  return process::is_forked() ? std::unique_lock<std::mutex>() : std::unique_lock(mutex);
}

}  // namespace amorsize::detail
