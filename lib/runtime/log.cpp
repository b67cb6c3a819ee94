#include "runtime/log.hpp"

#include <cstdio>
#include <utility>

namespace amorsize::detail {

log::log(log_level level, std::function<void(std::string_view)> on_warning)
    : level_(level), on_warning_(std::move(on_warning)) {}

void log::warn(std::string_view sentence) noexcept {
  if (tells(log_level::warning)) write(sentence);
  if (!on_warning_) return;
  const std::lock_guard lock(mutex_);
  on_warning_(sentence);
}

void log::write(std::string_view line) noexcept {
  const std::lock_guard lock(mutex_);
  std::fprintf(stderr, "amorsize: %.*s\n", static_cast<int>(line.size()), line.data());
}

}  // namespace amorsize::detail
