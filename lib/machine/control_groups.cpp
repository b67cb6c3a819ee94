#include "machine/control_groups.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "machine/text_values.hpp"

namespace amorsize::detail {
namespace {

/// A hierarchy of groups, or a part of one, where it can be seen.
struct mounted {
  std::string root;   ///< the group that is seen at `point`
  std::string point;  ///< a folder
  bool is_v2 = false;
  bool has_cpu = false;
  bool has_memory = false;
};

bool lists(std::string_view names, std::string_view name) {
  const auto all = split(names, ',');
  return std::find(all.begin(), all.end(), name) != all.end();
}

/// The kernel writes blanks and backslashes of a path as a backslash and three octal digits.
std::string unescaped(std::string_view field) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const std::string_view digits = field.substr(i + 1, 3);
    if (field[i] == '\\' && digits.size() == 3 &&
        std::all_of(digits.begin(), digits.end(), is_octal)) {
      text += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
      i += 3;
    } else {
      text += field[i];
    }
  }
  return text;
}

/// Empty for what is no mount of control groups.
std::optional<mounted> parse_mount(std::string_view line) {
  constexpr std::string_view separator = " - ";
  const std::size_t middle = line.find(separator);
  if (middle == std::string_view::npos) return std::nullopt;
  const auto place = split(line.substr(0, middle), ' ');
  const auto kind = split(line.substr(middle + separator.size()), ' ');
  if (place.size() < 6 || kind.size() < 3) return std::nullopt;
  mounted m{.root = unescaped(place[3]), .point = unescaped(place[4])};
  m.is_v2 = kind[0] == "cgroup2";
  if (!m.is_v2 && kind[0] != "cgroup") return std::nullopt;
  m.has_cpu = m.is_v2 || lists(kind.back(), "cpu");
  m.has_memory = m.is_v2 || lists(kind.back(), "memory");
  return m;
}

std::vector<mounted> parse_mounts(std::string_view text) {
  std::vector<mounted> mounts;
  for (const std::string_view line : split(text, '\n')) {
    auto m = parse_mount(line);
    if (!m) continue;
    // A later mount on the same folder hides the earlier one.
    std::erase_if(mounts, [&](const mounted& earlier) { return earlier.point == m->point; });
    mounts.push_back(std::move(*m));
  }
  return mounts;
}

/// This process's group in the hierarchy that is mounted; empty where it is in none.
std::string_view group_in(const mounted& m, std::string_view memberships) {
  for (const std::string_view line : split(memberships, '\n')) {
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool same = m.is_v2 ? controllers.empty()
                              : (m.has_cpu && lists(controllers, "cpu")) ||
                                    (m.has_memory && lists(controllers, "memory"));
    if (same) return line.substr(second + 1);
  }
  return {};
}

bool goes_up(std::string_view path) {
  const auto parts = split(path, '/');
  return std::find(parts.begin(), parts.end(), "..") != parts.end();
}

bool only_goes_up(std::string_view path) {
  const auto parts = split(path, '/');
  return !parts.empty() && std::count(parts.begin(), parts.end(), "..") == std::ssize(parts);
}

/// The way from the mount's root to the group: "" or "/a/b". Empty where the group is elsewhere, as
/// in a mount that was made for another process.
std::optional<std::string> way_down(std::string_view root, std::string_view group) {
  if (!group.starts_with('/')) return std::nullopt;
  if (root == "/") root = {};
  if (group.starts_with(root)) {
    const std::string_view rest = group.substr(root.size());
    if ((rest.empty() || rest.front() == '/') && !goes_up(rest)) return std::string(rest);
  }
  // A mount from outside this namespace: names on the way are hidden, but its root is above us.
  if (only_goes_up(root) && !goes_up(group)) return std::string();
  return std::nullopt;
}

/// Zero: no limit.
double cpus_of(std::string_view quota, std::string_view period) {
  const auto time = whole_number(quota);
  const auto every = whole_number(period);
  if (!time || !every || *every == 0) return 0;
  return static_cast<double>(*time) / static_cast<double>(*every);
}

/// What a group has of memory.
struct memory_room {
  std::uint64_t limit = 0;
  std::uint64_t left = 0;
};

/// The files of one group.
class group {
 public:
  group(const system_files& files, std::string folder)
      : files_(files), folder_(std::move(folder) + '/') {}

  double cpus_v1() const { return cpus_of(text("cpu.cfs_quota_us"), text("cpu.cfs_period_us")); }

  double cpus_v2() const {
    const std::string both = text("cpu.max");
    const auto parts = split(trimmed(both), ' ');
    return parts.size() == 2 ? cpus_of(parts[0], parts[1]) : 0;
  }

  std::optional<memory_room> memory_v1() const {
    return room_of(number("memory.limit_in_bytes"), "memory.usage_in_bytes", "total_inactive_file");
  }

  std::optional<memory_room> memory_v2() const {
    constexpr std::uint64_t none = UINT64_MAX;
    const auto most = number("memory.max");
    const auto high = number("memory.high");
    if (!most && !high) return std::nullopt;
    return room_of(std::min(most.value_or(none), high.value_or(none)), "memory.current",
                   "inactive_file");
  }

  std::optional<double> memory_stalled() const { return stalled_share(text("memory.pressure")); }

 private:
  std::string text(const char* name) const {
    return files_.read(folder_ + name).value_or(std::string());
  }
  std::optional<std::uint64_t> number(const char* name) const { return whole_number(text(name)); }

  std::optional<memory_room> room_of(std::optional<std::uint64_t> limit, const char* use,
                                     std::string_view reclaimable) const {
    // Version 1 writes "none" as the largest number of whole pages.
    constexpr std::uint64_t as_good_as_none = std::uint64_t{1} << 60U;
    if (!limit || *limit >= as_good_as_none) return std::nullopt;
    const std::uint64_t used = number(use).value_or(0);
    const std::string statistics = text("memory.stat");
    const std::uint64_t free =
        whole_number(value_of(statistics, reclaimable).value_or("")).value_or(0);
    const std::uint64_t kept = used - std::min(used, free);
    return memory_room{*limit, *limit - std::min(*limit, kept)};
  }

  const system_files& files_;
  std::string folder_;
};

void tighten(group_limits& limits, double cpus) {
  if (cpus > 0 && (limits.cpus == 0 || cpus < limits.cpus)) limits.cpus = cpus;
}

void tighten(group_limits& limits, std::optional<memory_room> room) {
  if (!room) return;
  limits.memory_left = std::min(room->left, limits.memory_left.value_or(room->left));
  const double left = static_cast<double>(room->left);
  const double used = room->limit > 0 ? 1 - left / static_cast<double>(room->limit) : 1;
  limits.memory_used = std::max(limits.memory_used, used);
}

void tighten(group_limits& limits, const mounted& m, const group& by) {
  if (m.has_cpu) tighten(limits, m.is_v2 ? by.cpus_v2() : by.cpus_v1());
  if (!m.has_memory) return;
  tighten(limits, m.is_v2 ? by.memory_v2() : by.memory_v1());
  // What a group around it waits for may be another one's trouble.
  if (!limits.memory_stalled) limits.memory_stalled = by.memory_stalled();
}

}  // namespace

std::optional<double> stalled_share(std::string_view text) {
  constexpr std::string_view key = "avg10=";
  const auto times = split(value_of(text, "some").value_or(""), ' ');
  if (times.empty() || !times[0].starts_with(key)) return std::nullopt;
  const std::string_view digits = times[0].substr(key.size());
  double percent = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, failure] = std::from_chars(digits.data(), end, percent);
  if (failure != std::errc() || stopped != end) return std::nullopt;
  if (!(percent >= 0 && percent <= 100)) return std::nullopt;
  return percent / 100;
}

group_limits read_group_limits(const system_files& files) {
  constexpr std::size_t many_mounts = std::size_t{1} << 20U;
  const std::string memberships = files.read("/proc/self/cgroup").value_or("");
  const std::string mounts = files.read("/proc/self/mountinfo", many_mounts).value_or("");
  group_limits limits;
  for (const mounted& m : parse_mounts(mounts)) {
    auto inside = way_down(m.root, group_in(m, memberships));
    if (!inside) continue;
    for (;; inside->resize(inside->rfind('/'))) {
      tighten(limits, m, group(files, m.point + *inside));
      if (inside->empty()) break;
    }
  }
  return limits;
}

int allowed_workers(double cpus, int processors) {
  const int most = std::max(1, processors);
  if (!(cpus > 0) || cpus >= most) return most;
  return std::clamp(static_cast<int>(std::ceil(cpus - 0.25)), 1, most);
}

}  // namespace amorsize::detail
