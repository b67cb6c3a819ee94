#include "machine/fingerprint.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include "machine/text_values.hpp"

namespace amorsize::detail {
namespace {

/// FNV-1a (Fowler, Noll, Vo), byte by byte: the same whatever the word and its order of bytes.
class stable_hash {
 public:
  void add(std::uint64_t number) {
    for (unsigned shift = 0; shift < 64; shift += 8) add_byte((number >> shift) & 0xFFU);
  }
  void add(std::string_view text) {
    add(text.size());
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
  }
  std::uint64_t value() const { return value_; }

 private:
  void add_byte(std::uint64_t byte) { value_ = (value_ ^ byte) * 0x100000001B3ULL; }

  std::uint64_t value_ = 0xCBF29CE484222325ULL;
};

}  // namespace

std::uint64_t fingerprint_of(const machine& m, std::string_view processor_model) {
  stable_hash hash;
  for (const int count : {m.usable_processors, m.usable_cores, m.usable_fast_cores, m.processors,
                          m.cores, m.packages, m.numa_nodes, m.core_kinds}) {
    hash.add(static_cast<std::uint64_t>(count));
  }
  hash.add(m.l2_bytes);
  hash.add(m.l3_bytes);
  hash.add(processor_model);
  return std::max<std::uint64_t>(1, hash.value());
}

std::string processor_model(const system_files& files) {
  // Each processor has its block of lines. The first ones tell, the last may be cut.
  constexpr std::size_t first_blocks = 4096;
  const std::string text = files.read("/proc/cpuinfo", first_blocks).value_or("");
  const std::string_view whole_lines = std::string_view(text).substr(0, text.rfind('\n') + 1);
  if (const auto name = value_of(whole_lines, "model name")) return std::string(*name);

  std::string parts;
  std::vector<std::string_view> seen;
  for (const std::string_view line : split(whole_lines, '\n')) {
    const auto part = value_of(line, "CPU part");
    if (!part || std::find(seen.begin(), seen.end(), *part) != seen.end()) continue;
    seen.push_back(*part);
    parts.append(parts.empty() ? "" : " ").append(*part);
  }
  return parts;
}

}  // namespace amorsize::detail
