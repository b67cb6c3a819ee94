/// Does a stream that chooses its buffer itself hide the spread of item times as well as the best
/// buffer found by search?
#include <amorsize/amorsize.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/arguments.hpp"
#include "support/results.hpp"

namespace {

using clock_type = std::chrono::steady_clock;
using durations = std::vector<double>;  // of items, in nanoseconds

constexpr double mean_ns = 20'000;

std::uint64_t work(std::uint64_t steps) {
  std::uint64_t x = steps + 1;
  for (std::uint64_t i = 0; i < steps; ++i) {
    x ^= x << 13U;
    x ^= x >> 7U;
    x ^= x << 17U;
    __asm__ __volatile__("" : "+r"(x));
  }
  return x;
}

template <class Call>
double nanoseconds(const Call& call) {
  const auto start = clock_type::now();
  call();
  return std::chrono::duration<double, std::nano>(clock_type::now() - start).count();
}

durations with_mean(durations items) {
  double sum = 0;
  for (const double ns : items) sum += ns;
  for (double& ns : items) ns *= mean_ns * static_cast<double>(items.size()) / sum;
  return items;
}

durations lognormal(std::size_t count) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> of(0, 1.5);
  durations items(count);
  for (double& ns : items) ns = of(random);
  return with_mean(items);
}

durations bimodal(std::size_t count) {
  std::mt19937_64 random(5);
  std::bernoulli_distribution is_long(0.05);
  durations items(count);
  for (double& ns : items) ns = is_long(random) ? 50 : 1;
  return with_mean(items);
}

durations one_long(std::size_t count) {
  durations items(count, mean_ns);
  items[count / 3] *= 1'000;
  return items;
}

/// Adds up what came, by its place: results that are out of order make another sum.
struct ordered_sum {
  std::uint64_t sum = 0;
  std::uint64_t place = 1;
  void add(std::uint64_t x) { sum += x * place++; }
};

class stream_work {
 public:
  stream_work(const durations& items, double step_ns) {
    for (const double ns : items) steps_.push_back(static_cast<std::uint64_t>(ns / step_ns));
  }
  std::uint64_t serial() const {
    ordered_sum all;
    for (const std::uint64_t steps : steps_) all.add(work(steps));
    return all.sum;
  }
  /// \param buffer_size  zero: the stream chooses
  std::uint64_t stream(const std::string& name, std::size_t buffer_size) const {
    ordered_sum all;
    amorsize::stream_map(
        steps_, [](std::uint64_t steps) { return work(steps); },
        [&all](std::uint64_t x) { all.add(x); }, {.name = name, .buffer_size = buffer_size});
    return all.sum;
  }

 private:
  std::vector<std::uint64_t> steps_;
};

void compare(bench::results& out, const bench::arguments& given, const std::string& row,
             const stream_work& what) {
  std::vector<std::size_t> buffers{0};  // the stream's own choice, then the search
  for (std::size_t buffer = 4; buffer <= 4'096; buffer *= given.quick ? 32 : 2) {
    buffers.push_back(buffer);
  }
  const std::uint64_t expected = what.serial();
  std::vector<std::vector<double>> times(buffers.size());
  std::vector<double> serial;
  for (int round = 0; round < given.rounds(15); ++round) {
    serial.push_back(nanoseconds([&] {
      if (what.serial() != expected) out.wrong(row + ", plain loop");
    }));
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      const std::size_t k = (i + static_cast<std::size_t>(round)) % buffers.size();
      times[k].push_back(nanoseconds([&] {
        if (what.stream(row, buffers[k]) != expected) {
          out.wrong(row + ", buffer " + std::to_string(buffers[k]));
        }
      }));
    }
  }
  std::size_t best = 1;
  for (std::size_t k = 1; k < buffers.size(); ++k) {
    if (bench::summarise(times[k]).median < bench::summarise(times[best]).median) best = k;
  }
  out.add(row, "best buffer", {static_cast<double>(buffers[best])});
  out.add(row, "buffer of 4", bench::ratios(times[1], serial));
  out.add(row, "best/plain loop", bench::ratios(times[best], serial));
  out.add(row, "automatic/plain loop", bench::ratios(times[0], serial));
  out.add(row, "automatic/best", bench::ratios(times[0], times[best]));
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("stream_buffers", given);
  const double step_ns = nanoseconds([] { work(1'000'000); }) / 1e6;
  const std::size_t items = given.quick ? 300 : 4'000;
  compare(out, given, "even", {durations(items, mean_ns), step_ns});
  compare(out, given, "lognormal, sigma 1.5", {lognormal(items), step_ns});
  compare(out, given, "one in 20 is 50 x longer", {bimodal(items), step_ns});
  compare(out, given, "one is 1,000 x longer", {one_long(items), step_ns});
  return out.finish("time over that of the plain loop, or as said");
}
