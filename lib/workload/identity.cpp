#include "workload/identity.hpp"

#include <errno.h>  // program_invocation_short_name

namespace amorsize::detail {

/// FNV-1a of 64 bits (Fowler, Noll, Vo), and a last mix, since short texts leave its upper bits
/// alike.
std::uint64_t stable_hash(std::string_view text) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  }
  hash = (hash ^ (hash >> 32U)) * 0x9E3779B97F4A7C15ULL;
  hash ^= hash >> 29U;
  return hash == 0 ? 1 : hash;
}

std::string identity_of(std::string_view name, const call_site& where, const char* (*types)()) {
  if (!name.empty()) return "name " + std::string(name);
  std::string text = std::string("place ") + program_invocation_short_name + " " + where.file +
                     ":" + std::to_string(where.line);
  if (types != nullptr) text.append(" ").append(types());
  return text;
}

}  // namespace amorsize::detail
