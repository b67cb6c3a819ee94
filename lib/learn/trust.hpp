/// Trust: whether to plan by a prediction or to sample, by how often predictions came true.
#pragma once

#include <array>
#include <cstddef>

namespace amorsize::detail {

/// What predictions claimed and what came of them, by tenths of what they claimed; old ones fade.
/// Sums, so that it can be stored and shown.
struct reliability_table {
  struct decile {
    double count = 0;    ///< predictions
    double claimed = 0;  ///< sum of their confidences
    double right = 0;    ///< how many of them came true

    bool operator==(const decile&) const = default;
  };
  static constexpr std::size_t size = 10;
  std::array<decile, size> deciles{};

  double count() const noexcept;
  bool operator==(const reliability_table&) const = default;
};

/// Adds a prediction: what it was sure of, and whether its plan was within 10 % of the best. What
/// is no probability is ignored.
void observe(reliability_table& table, double confidence, bool came_true) noexcept;

/// The chance that a prediction comes true that claims so much: what it claims, as long as nothing
/// is known of others like it.
double calibrated(const reliability_table& table, double confidence) noexcept;

/// What a call loses, as parts of its time.
struct stakes {
  double sampling = 0.06;  ///< where it samples first
  double wrong = 0.20;     ///< where it goes by a prediction that is wrong
};

inline constexpr double least_threshold = 0.5;
inline constexpr double most_threshold = 0.95;

/// The least confidence from which on predictions come true often enough to lose less than sampling
/// does. Between the two bounds: what claims less than one is never believed, and what claims more
/// than the other always, so that trust can be won back.
double threshold(const reliability_table& table, const stakes& at = {}) noexcept;

}  // namespace amorsize::detail
