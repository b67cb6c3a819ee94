/// Stop and progress: a search that ends as soon as one item has the answer.
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <stop_token>
#include <vector>

/// A stand-in for a costly test: the mixing steps of SplitMix64, a thousand times.
std::uint64_t digest(std::uint64_t x) {
  for (int round = 0; round < 1000; ++round) {
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    x ^= x >> 31U;
  }
  return x;
}

bool is_answer(std::uint64_t candidate) { return digest(candidate) >> 52U == 0; }

int main() {
  std::vector<std::uint64_t> candidates(1'000'000);
  std::iota(candidates.begin(), candidates.end(), std::uint64_t{1});
  std::stop_source found;
  std::atomic<std::uint64_t> answer{0};
  const auto test = [&](std::uint64_t candidate) {
    if (!is_answer(candidate)) return;
    answer = candidate;
    found.request_stop();
  };
  const auto show = [](amorsize::progress p) { std::printf("%zu of %zu\n", p.done, p.total); };

  try {
    amorsize::parallel_for_each(candidates, test, {.stop = found.get_token(), .on_progress = show});
  } catch (const amorsize::operation_cancelled&) {
    std::printf("found %llu\n", static_cast<unsigned long long>(answer));
  }
  return answer != 0 && is_answer(answer) ? 0 : 1;
}
