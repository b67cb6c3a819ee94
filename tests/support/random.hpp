/// Random schedules that can be had again: AMORSIZE_TEST_SEED gives the seed, which is printed.
/// AMORSIZE_TEST_SCALE, in percent, makes them fewer or more.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace support {

inline std::uint64_t base_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("AMORSIZE_TEST_SEED");
    const std::uint64_t chosen =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::printf("AMORSIZE_TEST_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return seed;
}

inline int rounds(int at_full_scale) {
  const char* given = std::getenv("AMORSIZE_TEST_SCALE");
  const long percent = given != nullptr ? std::strtol(given, nullptr, 10) : 100;
  const long scaled = at_full_scale * percent / 100;
  return scaled < 1 ? 1 : static_cast<int>(scaled);
}

class random {
 public:
  explicit random(std::uint64_t round) : engine_(base_seed() + round) {}

  /// From `least` to `most`, both included.
  template <class T>
  T between(T least, T most) {
    return std::uniform_int_distribution<T>(least, most)(engine_);
  }
  bool chance(double p) { return std::bernoulli_distribution(p)(engine_); }

 private:
  std::mt19937_64 engine_;
};

/// Work that no optimiser removes.
inline std::uint64_t work(std::uint64_t steps) {
  std::uint64_t x = steps + 1;
  for (std::uint64_t i = 0; i < steps; ++i) {
    x ^= x << 13U;
    x ^= x >> 7U;
    x ^= x << 17U;
    __asm__ __volatile__("" : "+r"(x));
  }
  return x;
}

}  // namespace support
