/// Arithmetic on little data: skewed, irregular, growing and uniform items.
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "real_workloads/real_work.hpp"

namespace bench {
namespace {

/// An item is a row: those through the middle of the set take by far the longest.
struct mandelbrot {
  static constexpr std::size_t rows = 128;
  static constexpr std::size_t columns = 192;
  static constexpr std::uint32_t most = 300;

  static std::uint32_t steps(double re, double im) {
    double x = 0;
    double y = 0;
    std::uint32_t n = 0;
    for (; n < most && x * x + y * y <= 4; ++n) {
      const double next = x * x - y * y + re;
      y = 2 * x * y + im;
      x = next;
    }
    return n;
  }
  std::uint32_t operator()(std::size_t row) const {
    const double im = 2.4 * static_cast<double>(row) / (rows - 1) - 1.2;
    std::uint32_t sum = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      sum += steps(3 * static_cast<double>(c) / columns - 2, im);
    }
    return sum;
  }
  /// It is its own mirror image, nearly: places above and below differ by rounding.
  bool knows(const std::vector<std::uint32_t>& results) const {
    if (steps(0, 1) != most || steps(1, 0) != 3 || steps(0, 0.9) > 20) return false;
    for (std::size_t row = 0; row < rows / 2; ++row) {
      const auto above = static_cast<double>(results[row]);
      const auto below = static_cast<double>(results[rows - 1 - row]);
      if (std::abs(above - below) > 0.02 * above + most) return false;
    }
    return true;
  }
};

/// An item is an option, priced by walks of its own.
struct option_prices {
  static constexpr std::size_t count = 200;
  static constexpr int walks = 500;

  static double strike(std::size_t i) { return 80 + 0.2 * static_cast<double>(i); }

  double operator()(std::size_t i) const {
    std::mt19937_64 random(i);
    std::normal_distribution<double> step(-0.02, 0.2);
    double sum = 0;
    for (int n = 0; n < walks; ++n) sum += std::max(0.0, 100 * std::exp(step(random)) - strike(i));
    return sum / walks;
  }
  /// By the formula of Black and Scholes, without interest.
  bool knows(const std::vector<double>& results) const {
    const auto part = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2)); };
    double off = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double d = (std::log(100 / strike(i)) + 0.02) / 0.2;
      off += results[i] - (100 * part(d) - strike(i) * part(d - 0.2));
    }
    return std::abs(off) / count < 0.5;
  }
};

struct point {
  double x = 0;
  double y = 0;
  double z = 0;
};

std::vector<point> random_points(std::size_t count) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> place(-1, 1);
  std::vector<point> points(count);
  for (point& p : points) p = {place(random), place(random), place(random)};
  return points;
}

/// An item is a body, pulled by all others.
struct bodies {
  static constexpr std::size_t count = 700;

  std::vector<point> places = random_points(count);

  point force_on(std::size_t i) const {
    const point at = places[i];
    point sum;
    for (const point& other : places) {
      const point to{other.x - at.x, other.y - at.y, other.z - at.z};
      const double square = to.x * to.x + to.y * to.y + to.z * to.z + 1e-3;
      const double pull = 1 / (square * std::sqrt(square));
      sum = {sum.x + pull * to.x, sum.y + pull * to.y, sum.z + pull * to.z};
    }
    return sum;
  }
  double operator()(std::size_t i) const {
    const point force = force_on(i);
    return force.x + force.y + force.z;
  }
  /// Every pull has its counterpart.
  bool knows(const std::vector<double>& results) const {
    const double sum = std::accumulate(results.begin(), results.end(), 0.0);
    return std::abs(sum) < 1e-6 && results[0] != 0;
  }
};

/// An item is a point, compared with all before it: the last one costs most.
struct near_pairs {
  static constexpr std::size_t count = 1'200;

  std::vector<point> places = random_points(count);

  std::uint32_t operator()(std::size_t i) const {
    std::uint32_t found = 0;
    for (std::size_t j = 0; j < i; ++j) {
      const double x = places[i].x - places[j].x;
      const double y = places[i].y - places[j].y;
      const double z = places[i].z - places[j].z;
      found += x * x + y * y + z * z < 0.25 ? 1U : 0U;
    }
    return found;
  }
  /// A ball of radius 1/2 in a cube of side 2 has 6.5 % of it, somewhat less at its walls.
  bool knows(const std::vector<std::uint32_t>& results) const {
    const double sum = std::accumulate(results.begin(), results.end(), 0.0);
    const double part = sum / (count * (count - 1) / 2.0);
    return part > 0.035 && part < 0.065;
  }
};

/// An item is the beginning of a board, two rows of it: some cannot go on, some go on for long.
struct queens {
  static constexpr unsigned size = 11;

  static std::uint32_t boards(unsigned row, unsigned taken, unsigned left, unsigned right) {
    if (row == size) return 1;
    std::uint32_t found = 0;
    for (unsigned free = ~(taken | left | right) & ((1U << size) - 1); free != 0;
         free &= free - 1) {
      const unsigned at = free & (~free + 1);
      found += boards(row + 1, taken | at, (left | at) << 1U, (right | at) >> 1U);
    }
    return found;
  }
  std::uint32_t operator()(std::size_t i) const {
    const unsigned first = 1U << (i / size);
    const unsigned second = 1U << (i % size);
    if (((first | first << 1U | first >> 1U) & second) != 0) return 0;
    return boards(2, first | second, (first << 1U | second) << 1U, (first >> 1U | second) >> 1U);
  }
  bool knows(const std::vector<std::uint32_t>& results) const {
    return std::accumulate(results.begin(), results.end(), 0U) == 2'680;
  }
};

}  // namespace

void add_numbers(real_works& to) {
  add_mapped(to, "Mandelbrot rows", mandelbrot::rows, mandelbrot());
  add_mapped(to, "option prices", option_prices::count, option_prices());
  add_mapped(to, "forces between bodies", bodies::count, bodies());
  add_mapped(to, "near pairs, a triangle", near_pairs::count, near_pairs());
  add_mapped(to, "queens on a board", std::size_t{queens::size} * queens::size, queens());
}

}  // namespace bench
