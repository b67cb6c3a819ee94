/// Transfer: what was measured of other work or on another machine, brought to where it is asked.
///
/// What is taken over is not a time and not a choice, but by how much a time was off from what
/// everybody would expect there. So it fits where there is more work, or where helpers wake later.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "learn/arm.hpp"
#include "workload/features.hpp"

namespace amorsize::detail {

/// What similar work says of one number of threads and duration of chunks.
struct hint {
  int n_jobs = 1;  ///< here: where it was measured, as large a part of the cores
  int chunk_rung = 0;
  double log_ratio = 0;  ///< ln(wall time per item / item time): 0 is a plain loop's
  // Standard deviations of how far this work may be from that: of this duration of chunks against
  // others with as many threads, and of this many threads against more or fewer.
  double log_error = 0;
  double width_error = 0;
  double count = 0;       ///< measurements behind it
  double similarity = 0;  ///< of those that tried it: 0 to 1, 1 in the same place
};

/// ln(wall time per item / item time) as everybody would expect it: all cores do their part, but
/// for the wake of the helpers and for shares of whole items.
double usual_log_ratio(const shared_work& work, int n_jobs) noexcept;

/// The number of threads, of the ladder 2, 4, 8, ..., cores, 2 cores, that is about as large a part
/// of these cores as `n_jobs` is of others; one thread is one, and of as many cores, all are the
/// same.
int translated(int n_jobs, double from_cores, double to_cores) noexcept;

/// How far what was measured somewhere may be off, as standard deviations of a logarithm.
struct unlikeness {
  double of_level = 0;  ///< of all numbers of threads alike
  double of_width = 0;  ///< of one number of threads against another
  double of_chunk = 0;  ///< of one duration of chunks against another
};

/// \param distance  between compared features
/// \param doublings  of the number of cores
unlikeness unlikeness_of(double distance, double doublings, bool is_same_work,
                         bool is_same_machine) noexcept;

/// What several say, added up. In how fast several threads are at all, work differs by more than in
/// which way is the fastest: so what one says is first brought to the level of those before it, and
/// the level of all is averaged by itself.
class consensus {
 public:
  /// `log_ratio` as of a hint, here; `log_error` of its measurement.
  struct statement {
    int n_jobs = 1;
    int chunk_rung = 0;
    double log_ratio = 0;
    double log_error = 0;
    double count = 0;
  };

  void add(std::span<const statement> said, const unlikeness& from, double similarity);

  /// In ascending order of `n_jobs` and `chunk_rung`.
  std::vector<hint> hints() const;

 private:
  struct weighted {
    double weights = 0;
    double values = 0;
    double squares = 0;
    double least_unlike = std::numeric_limits<double>::infinity();

    void add(double value, double error, double unlike);
    double mean() const { return weights > 0 ? values / weights : 0; }
    double error() const;
  };

  struct sums {
    int n_jobs = 1;
    int chunk_rung = 0;
    weighted ratio;
    double width_error = std::numeric_limits<double>::infinity();
    double similarity = 0;
    double count = 0;
  };

  std::vector<sums>::iterator place_of(int n_jobs, int chunk_rung);
  bool is_at(std::vector<sums>::iterator place, int n_jobs, int chunk_rung) const;
  double level_of(std::span<const statement> said, const unlikeness& from);

  std::vector<sums> all_;  // in order
  weighted level_;
};

/// Replaces the priors of arms by what is to be expected of them after hints, which were measured
/// elsewhere: so they are never more than a prior, and one measurement here outweighs them.
/// \param arms  in ascending order of threads; no more than `most_arms` are looked at
/// \param serial_ns  of all items, on one thread
void move_priors(std::span<arm> arms, std::span<const hint> hints, double serial_ns,
                 double prior_log_error) noexcept;

}  // namespace amorsize::detail
