#include "machine/memory.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "machine/control_groups.hpp"
#include "machine/text_values.hpp"

namespace amorsize::detail {
namespace {

/// Bytes; empty where the line is missing or damaged.
std::optional<std::uint64_t> memory_line(const system_files& files, std::string_view key) {
  const auto text = files.read("/proc/meminfo");
  if (!text) return std::nullopt;
  const auto value = value_of(*text, key);
  if (!value || !value->ends_with(" kB")) return std::nullopt;
  const auto kib = whole_number(value->substr(0, value->size() - 3));
  if (!kib || *kib > UINT64_MAX / 1024) return std::nullopt;
  return *kib * 1024;
}

}  // namespace

std::uint64_t available_memory(const system_files& files) {
  const auto machine = memory_line(files, "MemAvailable");
  const auto group = read_group_limits(files).memory_left;
  if (!machine && !group) return 0;
  constexpr std::uint64_t any = UINT64_MAX;
  return std::max<std::uint64_t>(1, std::min(machine.value_or(any), group.value_or(any)));
}

std::uint64_t total_memory(const system_files& files) {
  return memory_line(files, "MemTotal").value_or(0);
}

}  // namespace amorsize::detail
