/// A library's own function on top: it passes its caller's place on, so that each caller is learned
/// as work of its own.
#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <cstdio>
#include <numeric>
#include <vector>

namespace signals {

/// The mean of each window of `radius` samples to both sides.
std::vector<double> smooth(const std::vector<double>& samples, std::size_t radius,
                           amorsize::call_site where = amorsize::call_site::here()) {
  const auto mean = [&samples, radius](std::size_t i) {
    const std::size_t first = i < radius ? 0 : i - radius;
    const std::size_t last = std::min(samples.size(), i + radius + 1);
    double sum = 0;
    for (std::size_t k = first; k < last; ++k) sum += samples[k];
    return sum / static_cast<double>(last - first);
  };
  std::vector<std::size_t> places(samples.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  return amorsize::parallel_map(places, mean, {.where = where});
}

}  // namespace signals

int main() {
  std::vector<double> ramp(20'000);
  std::iota(ramp.begin(), ramp.end(), 0.0);

  const auto fine = signals::smooth(ramp, 1);      // cheap items
  const auto coarse = signals::smooth(ramp, 500);  // dear ones, and another place: another plan

  std::printf("%.1f %.1f %.1f\n", fine[0], fine[10'000], coarse[0]);
  return fine[10'000] == 10'000 && coarse[10'000] == 10'000 && coarse[0] == 250 ? 0 : 1;
}
