/// Records as text and back. What is read is checked, number by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "learn/record.hpp"

namespace amorsize::detail {

inline constexpr std::size_t most_file_bytes = std::size_t{1} << 20U;

enum class content {
  record,
  sample,   ///< one run, as the first amorsize wrote them: read, never rewritten
  foreign,  ///< of a newer version or another program: to be left alone
  damaged,
  gone,       ///< the file was removed, since it was listed
  unreadable  ///< the file could not be opened or read: it may be sound
};

struct training_file {
  content is = content::damaged;
  workload_record record;  ///< empty unless `is` says record or sample
};

struct machine_file {
  content is = content::damaged;
  machine_record record;
};

/// What would not be read again is left out or clamped: the oldest outcomes beyond the bounds,
/// bytes that are not UTF-8, numbers out of range.
std::string to_text(const workload_record& record);
std::string to_text(const machine_record& record);

/// What a text is once it was written and read: cut where it is too long, without bytes that are
/// not UTF-8.
std::string storable(const std::string& text);

/// `hash` and `is_streaming` are those of the file's name; a sample may lack its own.
training_file read_training(std::string_view text, std::uint64_t hash, bool is_streaming);
machine_file read_machine(std::string_view text);

}  // namespace amorsize::detail
