/// Checksums and digests: of packets, of files, of passwords, and of hardly anything.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "real_workloads/real_work.hpp"
#include "real_workloads/sha256.hpp"

namespace bench {
namespace {

std::string random_bytes(std::size_t count) {
  std::mt19937_64 random(11);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

/// The checksum of Ethernet and zip, by a table.
class crc32 {
 public:
  crc32() {
    for (std::uint32_t i = 0; i < table_.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) * 0xEDB88320U);
      table_[i] = value;
    }
  }
  std::uint32_t of(std::string_view bytes) const {
    std::uint32_t value = ~0U;
    for (const char byte : bytes) {
      value = (value >> 8U) ^ table_[(value ^ static_cast<unsigned char>(byte)) & 0xFFU];
    }
    return ~value;
  }

 private:
  std::array<std::uint32_t, 256> table_{};
};

struct packets {
  static constexpr std::size_t count = 100;
  static constexpr std::size_t size = 1'500;

  crc32 sum;
  std::string bytes = random_bytes(count * size);

  std::uint32_t operator()(std::size_t i) const {
    return sum.of(std::string_view(bytes).substr(i * size, size));
  }
  bool knows(const std::vector<std::uint32_t>&) const { return sum.of("123456789") == 0xCBF43926U; }
};

struct files {
  static constexpr std::size_t count = 200;
  static constexpr std::size_t size = 8'192;

  std::string bytes = random_bytes(count * size);

  std::uint32_t operator()(std::size_t i) const {
    return sha256(std::string_view(bytes).substr(i * size, size))[0];
  }
  bool knows(const std::vector<std::uint32_t>&) const { return sha256("abc")[0] == 0xBA7816BFU; }
};

/// A password is hashed many times on purpose.
struct passwords {
  static constexpr std::size_t count = 3;
  static constexpr int times = 50'000;

  std::uint32_t operator()(std::size_t i) const {
    digest value = sha256("password " + std::to_string(i));
    for (int n = 1; n < times; ++n) value = sha256(bytes_of(value));
    return value[0];
  }
  bool knows(const std::vector<std::uint32_t>& results) const {
    return results[0] != results[1] && sha256("")[7] == 0x7852B855U;
  }
};

/// Tiny items: a key's place in a table.
struct keys {
  static constexpr std::size_t count = 20'000;

  std::uint64_t operator()(std::size_t i) const {
    std::uint64_t value = i;
    for (int round = 0; round < 32; ++round) {
      value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
      value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
    }
    return value ^ (value >> 31U);
  }
  /// Every step can be undone, so no two keys are alike.
  bool knows(std::vector<std::uint64_t> results) const {
    std::sort(results.begin(), results.end());
    return std::adjacent_find(results.begin(), results.end()) == results.end();
  }
};

}  // namespace

void add_hashes(real_works& to) {
  add_mapped(to, "checksums of packets", packets::count, packets());
  add_mapped(to, "digests of files", files::count, files());
  add_mapped(to, "3 passwords", passwords::count, passwords());
  add_mapped(to, "tiny keys", keys::count, keys());
}

}  // namespace bench
