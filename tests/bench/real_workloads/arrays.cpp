/// Dense and sparse arrays: products, transforms, images.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "real_workloads/real_work.hpp"

namespace bench {
namespace {

std::vector<double> random_values(std::size_t count) {
  std::mt19937_64 random(23);
  std::uniform_real_distribution<double> value(-1, 1);
  std::vector<double> values(count);
  for (double& each : values) each = value(random);
  return values;
}

bool are_close(double a, double b) { return std::abs(a - b) < 1e-6; }

/// An item is a row of the product.
struct matrix_product {
  static constexpr std::size_t size = 192;

  std::vector<double> left = random_values(size * size);
  std::vector<double> right = random_values(size * size);
  mutable std::vector<double> product = std::vector<double>(size * size);

  void operator()(std::size_t row) const {
    double* const to = &product[row * size];
    std::fill(to, to + size, 0.0);
    for (std::size_t k = 0; k < size; ++k) {
      const double by = left[row * size + k];
      const double* const from = &right[k * size];
      for (std::size_t c = 0; c < size; ++c) to[c] += by * from[c];
    }
  }
  void clear() { std::fill(product.begin(), product.end(), 1e9); }
  /// Times a vector of ones, as the factors are, one after the other.
  bool is_right() const {
    for (std::size_t row = 0; row < size; ++row) {
      double sum = 0;
      double expected = 0;
      for (std::size_t k = 0; k < size; ++k) {
        sum += product[row * size + k];
        double of_right = 0;
        for (std::size_t c = 0; c < size; ++c) of_right += right[k * size + c];
        expected += left[row * size + k] * of_right;
      }
      if (!are_close(sum, expected)) return false;
    }
    return true;
  }
};

/// An item is a row: few values, at places all over a vector, so that memory is what it waits for.
struct sparse_product {
  static constexpr std::size_t rows = 60'000;
  static constexpr std::size_t values_a_row = 16;

  std::vector<double> values = random_values(rows * values_a_row);
  std::vector<std::uint32_t> columns;
  std::vector<double> by = std::vector<double>(rows, 1.0);
  mutable std::vector<double> product = std::vector<double>(rows);
  std::vector<double> expected = std::vector<double>(rows);

  sparse_product() {
    std::mt19937_64 random(29);
    for (std::size_t i = 0; i < values.size(); ++i) {
      columns.push_back(static_cast<std::uint32_t>(random() % rows));
      expected[i / values_a_row] += values[i];  // since all it is multiplied by is one
    }
  }
  void operator()(std::size_t row) const {
    double sum = 0;
    for (std::size_t i = row * values_a_row; i < (row + 1) * values_a_row; ++i) {
      sum += values[i] * by[columns[i]];
    }
    product[row] = sum;
  }
  void clear() { std::fill(product.begin(), product.end(), 1e9); }
  bool is_right() const {
    return std::equal(product.begin(), product.end(), expected.begin(), are_close);
  }
};

/// An item is a row of an image, each point the mean of those around it.
struct blurred_image {
  static constexpr std::size_t width = 400;
  static constexpr std::size_t height = 240;
  static constexpr std::size_t reach = 4;

  std::vector<float> image = gradient();
  mutable std::vector<float> blurred = std::vector<float>(width * height);

  static std::vector<float> gradient() {
    std::vector<float> made(width * height);
    for (std::size_t i = 0; i < made.size(); ++i) {
      made[i] = static_cast<float>(i % width + 2 * (i / width));
    }
    return made;
  }
  static bool is_inside(std::size_t i, std::size_t size) { return i >= reach && i + reach < size; }

  void operator()(std::size_t row) const {
    for (std::size_t column = 0; column < width; ++column) {
      float sum = 0;
      float count = 0;
      for (std::size_t y = row - std::min(row, reach); y <= std::min(row + reach, height - 1);
           ++y) {
        const std::size_t first = column - std::min(column, reach);
        for (std::size_t x = first; x <= std::min(column + reach, width - 1); ++x) {
          sum += image[y * width + x];
          ++count;
        }
      }
      blurred[row * width + column] = sum / count;
    }
  }
  void clear() { std::fill(blurred.begin(), blurred.end(), -1.0F); }
  /// What is straight stays as it is, but for the edges.
  bool is_right() const {
    for (std::size_t i = 0; i < image.size(); ++i) {
      const bool is_edge = !is_inside(i % width, width) || !is_inside(i / width, height);
      if (std::abs(blurred[i] - image[i]) > (is_edge ? 3.0F * reach : 0.1F)) return false;
    }
    return true;
  }
};

/// An item is a signal: its spectrum, by the fast Fourier transform.
struct spectra {
  using number = std::complex<double>;
  static constexpr std::size_t count = 200;
  static constexpr std::size_t size = 512;

  std::vector<number> roots = std::vector<number>(size / 2);
  mutable std::vector<number> all = std::vector<number>(count * size);

  spectra() {
    for (std::size_t i = 0; i < roots.size(); ++i) roots[i] = root(i);
  }
  static number root(std::size_t part) {
    return std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(part) / size);
  }
  static std::size_t reversed(std::size_t i) {
    std::size_t to = 0;
    for (std::size_t bit = 1; bit < size; bit *= 2, i /= 2) to = 2 * to + i % 2;
    return to;
  }

  /// Of a wave with as many periods as the signal has number.
  void operator()(std::size_t signal) const {
    number* const to = &all[signal * size];
    for (std::size_t i = 0; i < size; ++i) to[reversed(i)] = std::conj(root(i * signal % size));
    for (std::size_t half = 1; half < size; half *= 2) {
      for (std::size_t first = 0; first < size; first += 2 * half) {
        for (std::size_t i = first; i < first + half; ++i) {
          const number turned = roots[(i - first) * (size / (2 * half))];
          const number odd{
              turned.real() * to[i + half].real() - turned.imag() * to[i + half].imag(),
              turned.real() * to[i + half].imag() + turned.imag() * to[i + half].real()};
          to[i + half] = to[i] - odd;
          to[i] += odd;
        }
      }
    }
  }
  void clear() { std::fill(all.begin(), all.end(), number(7, 7)); }
  bool is_right() const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double expected = i % size == i / size ? size : 0;
      if (std::abs(all[i] - expected) > 1e-6) return false;
    }
    return true;
  }
};

}  // namespace

void add_arrays(real_works& to) {
  add_performed(to, "matrix product", matrix_product::size, matrix_product());
  add_performed(to, "sparse matrix by vector", sparse_product::rows, sparse_product());
  add_performed(to, "blurred image", blurred_image::height, blurred_image());
  add_performed(to, "spectra of signals", spectra::count, spectra());
}

}  // namespace bench
