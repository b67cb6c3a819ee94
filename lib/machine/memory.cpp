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

/// Zero: not known.
std::uint64_t tighter(std::optional<std::uint64_t> machine, std::optional<std::uint64_t> group) {
  if (!machine && !group) return 0;
  constexpr std::uint64_t any = UINT64_MAX;
  return std::max<std::uint64_t>(1, std::min(machine.value_or(any), group.value_or(any)));
}

double used_share(std::uint64_t total, std::optional<std::uint64_t> available) {
  if (total == 0 || !available) return 0;
  return 1 - static_cast<double>(std::min(*available, total)) / static_cast<double>(total);
}

}  // namespace

std::uint64_t available_memory(const system_files& files) {
  return tighter(memory_line(files, "MemAvailable"), read_group_limits(files).memory_left);
}

memory_now look_at_memory(const system_files& files) {
  const auto machine = memory_line(files, "MemAvailable");
  const group_limits group = read_group_limits(files);
  memory_now now;
  now.available = tighter(machine, group.memory_left);
  now.used = std::max(group.memory_used, used_share(total_memory(files), machine));
  const auto told = group.memory_stalled;
  const auto of_machine = stalled_share(files.read("/proc/pressure/memory").value_or(""));
  now.stalled = told ? *told : of_machine.value_or(0);
  return now;
}

std::uint64_t total_memory(const system_files& files) {
  return memory_line(files, "MemTotal").value_or(0);
}

}  // namespace amorsize::detail
