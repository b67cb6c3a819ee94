/// Work that waits for memory: in order, at random places, and by all the multiples of a number.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "real_workloads/real_work.hpp"

namespace bench {
namespace {

/// An item is a block of an array, made of two others: as fast as memory is.
struct scaled_sum {
  static constexpr std::size_t blocks = 256;
  static constexpr std::size_t size = 8'192;

  std::vector<double> a = std::vector<double>(blocks * size, 2.0);
  std::vector<double> b = std::vector<double>(blocks * size, 3.0);
  mutable std::vector<double> sum = std::vector<double>(blocks * size);

  void operator()(std::size_t block) const {
    const double* const from_a = &a[block * size];
    const double* const from_b = &b[block * size];
    double* const to = &sum[block * size];
    for (std::size_t i = 0; i < size; ++i) to[i] = from_a[i] + 0.5 * from_b[i];
  }
  void clear() { std::fill(sum.begin(), sum.end(), 0.0); }
  bool is_right() const {
    return std::all_of(sum.begin(), sum.end(), [](double value) { return value == 3.5; });
  }
};

/// An item is a block of an array, read and added up.
struct block_sums {
  static constexpr std::size_t blocks = 400;
  static constexpr std::size_t size = 8'192;

  std::vector<std::uint64_t> values = std::vector<std::uint64_t>(blocks * size);

  block_sums() { std::iota(values.begin(), values.end(), 0U); }

  std::uint64_t operator()(std::size_t block) const {
    const std::uint64_t* const first = &values[block * size];
    return std::accumulate(first, first + size, std::uint64_t{0});
  }
  bool knows(const std::vector<std::uint64_t>& results) const {
    const std::uint64_t all = std::accumulate(results.begin(), results.end(), std::uint64_t{0});
    return all == values.size() * (values.size() - 1) / 2;
  }
};

/// An item is a walk through a table larger than the caches; each step says where the next one
/// goes.
struct random_walks {
  static constexpr std::size_t count = 400;
  static constexpr std::size_t places = std::size_t{1} << 22U;
  static constexpr int steps = 100;

  std::vector<std::uint32_t> next = std::vector<std::uint32_t>(places);

  /// One circle through all places.
  random_walks() {
    std::vector<std::uint32_t> order(places);
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(31));
    for (std::size_t i = 0; i < places; ++i) next[order[i]] = order[(i + 1) % places];
  }
  std::uint32_t operator()(std::size_t i) const {
    auto at = static_cast<std::uint32_t>(i * (places / count));
    for (int step = 0; step < steps; ++step) at = next[at];
    return at;
  }
  /// In a circle, walks from different places end at different places.
  bool knows(std::vector<std::uint32_t> results) const {
    std::sort(results.begin(), results.end());
    return std::adjacent_find(results.begin(), results.end()) == results.end();
  }
};

/// An item is a prime number, whose multiples are crossed out: 2 has a sixth of all the work, and
/// most have hardly any.
struct prime_sieve {
  static constexpr std::size_t end = 2'000'000;

  std::vector<std::size_t> primes;
  std::unique_ptr<std::atomic<bool>[]> is_crossed = std::make_unique<std::atomic<bool>[]>(end);

  prime_sieve() {
    for (std::size_t n = 2; n * n < end; ++n) {
      const bool is_prime =
          std::all_of(primes.begin(), primes.end(), [n](std::size_t p) { return n % p != 0; });
      if (is_prime) primes.push_back(n);
    }
  }
  void operator()(std::size_t i) const {
    for (std::size_t n = primes[i] * primes[i]; n < end; n += primes[i]) {
      is_crossed[n].store(true, std::memory_order_relaxed);
    }
  }
  void clear() {
    for (std::size_t n = 0; n < end; ++n) is_crossed[n].store(false, std::memory_order_relaxed);
  }
  bool is_right() const {
    std::size_t left = 0;
    for (std::size_t n = 2; n < end; ++n) {
      left += is_crossed[n].load(std::memory_order_relaxed) ? 0U : 1U;
    }
    return left == 148'933;
  }
};

}  // namespace

void add_streams(real_works& to) {
  add_performed(to, "scaled sum of arrays", scaled_sum::blocks, scaled_sum());
  add_mapped(to, "sums of blocks", block_sums::blocks, block_sums());
  add_mapped(to, "walks through memory", random_walks::count, random_walks());
  prime_sieve sieve;
  const std::size_t primes = sieve.primes.size();
  add_performed(to, "sieve of primes", primes, std::move(sieve));
}

}  // namespace bench
