#include "store/index.hpp"

#include <algorithm>
#include <cstring>

#include "store/checksum.hpp"

namespace amorsize::detail {
namespace {

struct header {
  std::uint64_t magic = 0x7864'6e69'7a73'6d61;  ///< "amszindx", also tells the order of bytes
  std::uint64_t version = 1;
  std::int64_t modified_ns = 0;
  std::uint64_t rows = 0;
  std::uint64_t sum = 0;  ///< of the rows
};

struct row {
  std::uint64_t hash = 0;
  std::uint64_t timestamp_and_streaming = 0;  ///< the lowest bit says streaming
};

}  // namespace

std::string encode_index(std::span<const training_name> names, std::int64_t modified_ns) {
  std::string text(sizeof(header) + names.size() * sizeof(row), '\0');
  char* to = text.data() + sizeof(header);
  for (const training_name& name : names) {
    const row one{name.hash, name.timestamp << 1U | (name.is_streaming ? 1U : 0U)};
    std::memcpy(to, &one, sizeof one);
    to += sizeof one;
  }
  header head;
  head.modified_ns = modified_ns;
  head.rows = names.size();
  head.sum = checksum(std::string_view(text).substr(sizeof head));
  std::memcpy(text.data(), &head, sizeof head);
  return text;
}

std::optional<std::vector<training_name>> decode_index(std::string_view text,
                                                       std::int64_t modified_ns) {
  header head;
  if (text.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, text.data(), sizeof head);
  text.remove_prefix(sizeof head);
  const header known;
  if (head.magic != known.magic || head.version != known.version) return std::nullopt;
  if (head.modified_ns != modified_ns || head.rows != text.size() / sizeof(row))
    return std::nullopt;
  if (text.size() % sizeof(row) != 0 || head.sum != checksum(text)) return std::nullopt;
  std::vector<training_name> names(head.rows);
  for (training_name& name : names) {
    row one;
    std::memcpy(&one, text.data(), sizeof one);
    text.remove_prefix(sizeof one);
    name = {one.hash, one.timestamp_and_streaming >> 1U, (one.timestamp_and_streaming & 1U) != 0};
  }
  if (!std::is_sorted(names.begin(), names.end())) return std::nullopt;
  return names;
}

}  // namespace amorsize::detail
