#include "store/names.hpp"

#include <charconv>

namespace amorsize::detail {
namespace {

constexpr std::string_view batch_prefix = "ml_training_";
constexpr std::string_view streaming_prefix = "ml_training_streaming_";
constexpr std::string_view suffix = ".json";
constexpr std::string_view digits = "0123456789abcdef";

std::optional<std::uint64_t> parse_timestamp(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool is_plain = text.size() == 1 || (!text.empty() && text.front() != '0');
  if (error != std::errc{} || stop != end || !is_plain || value >= timestamp_limit) return {};
  return value;
}

}  // namespace

std::string hex16(std::uint64_t value) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4U) {
    *digit = digits[value & 15U];
  }
  return text;
}

std::optional<std::uint64_t> parse_hex16(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 4U | digit;
  }
  return value;
}

std::string training_name::text() const {
  std::string name(is_streaming ? streaming_prefix : batch_prefix);
  name += hex16(hash);
  name += '_';
  name += std::to_string(timestamp);
  return name += suffix;
}

std::optional<training_name> parse_training_name(std::string_view name) {
  training_name parsed;
  parsed.is_streaming = name.substr(0, streaming_prefix.size()) == streaming_prefix;
  const std::string_view prefix = parsed.is_streaming ? streaming_prefix : batch_prefix;
  const std::size_t least = prefix.size() + 16 + 1 + suffix.size();
  if (name.size() <= least || name.substr(0, prefix.size()) != prefix) return std::nullopt;
  if (name.substr(name.size() - suffix.size()) != suffix) return std::nullopt;
  const auto hash = parse_hex16(name.substr(prefix.size(), 16));
  const auto timestamp = parse_timestamp(name.substr(least - suffix.size(), name.size() - least));
  if (!hash || !timestamp || name[prefix.size() + 16] != '_') return std::nullopt;
  parsed.hash = *hash;
  parsed.timestamp = *timestamp;
  return parsed;
}

std::string machine_name(std::uint64_t fingerprint) {
  return "machine_" + hex16(fingerprint) + std::string(suffix);
}

}  // namespace amorsize::detail
