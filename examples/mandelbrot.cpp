/// Options and the report: an image's rows, some a hundred times dearer than others.
#include <amorsize/amorsize.hpp>
#include <complex>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

constexpr int width = 96;
constexpr int height = 400;

std::string row(int y) {
  std::string pixels(width, ' ');
  for (int x = 0; x < width; ++x) {
    const std::complex<double> c(-2.1 + 3.0 * x / width, -1.2 + 2.4 * y / height);
    std::complex<double> z;
    int steps = 0;
    while (steps < 500 && std::norm(z) < 4) {
      z = z * z + c;
      ++steps;
    }
    pixels[static_cast<std::size_t>(x)] = " .:-=+*#%@"[steps * 9 / 500];
  }
  return pixels;
}

int main() {
  std::vector<int> rows(height);
  std::iota(rows.begin(), rows.end(), 0);
  amorsize::run_report report;
  const auto image =
      amorsize::parallel_map(rows, row, {.name = "mandelbrot rows", .report = &report});
  for (std::size_t y = 0; y < image.size(); y += 16) std::puts(image[y].c_str());
  std::puts(amorsize::explain(report).c_str());

  return report.items == height && image[137] == row(137) ? 0 : 1;
}
