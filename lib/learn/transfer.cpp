#include "learn/transfer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "learn/posterior.hpp"

namespace amorsize::detail {
namespace {

/// By how much two pieces of work differ, in what several threads make of them: where it is other
/// work or another machine although no feature differs, per unit of distance, and for each doubling
/// of the number of cores. As simulated machines of tests/bench/learning do.
struct differences {
  double of_other_work;
  double of_other_machine;
  double of_distance;
  double of_doubling;
};
constexpr differences of_levels{0.10, 0.05, 0.6, 0.15};
constexpr differences of_widths{0.05, 0.02, 0.4, 0.05};
constexpr differences of_chunks{0.05, 0.02, 0.2, 0.02};

constexpr double least_unlike = 0.01;

double square(double x) { return x * x; }

double total(const differences& by, double distance, double doublings, bool is_same_work,
             bool is_same_machine) {
  return std::sqrt(square(is_same_work ? 0 : by.of_other_work) +
                   square(is_same_machine ? 0 : by.of_other_machine) +
                   square(by.of_distance * distance) + square(by.of_doubling * doublings) +
                   square(least_unlike));
}

const hint* find(std::span<const hint> hints, const configuration& by) {
  const auto same = std::find_if(hints.begin(), hints.end(), [&](const hint& h) {
    return h.n_jobs == by.n_jobs && h.chunk_rung == by.chunk_rung;
  });
  return same == hints.end() ? nullptr : &*same;
}

/// By how much an arm takes longer, as a logarithm, than its prior says.
double off_by(const arm& a, const hint& h, double serial_ns) {
  return std::log(serial_ns / a.prior) + h.log_ratio;
}

/// All arms of one number of threads as one: with the prior of the first, and as much off from it
/// as their hints say in the mean.
arm width_of(std::span<const arm> arms, std::span<const hint> hints, double serial_ns) {
  arm width;
  width.by.n_jobs = arms.front().by.n_jobs;
  double weights = 0;
  double off = 0;
  double error = 0;
  for (const arm& a : arms) {
    if (!has_prior(a)) continue;
    if (!has_prior(width)) width.prior = a.prior;
    const hint* const said = find(hints, a.by);
    if (said == nullptr) continue;
    const double weight = 1 / square(said->log_error);
    weights += weight;
    off += weight * off_by(a, *said, serial_ns);
    error += weight * said->width_error;
  }
  if (!(weights > 0)) return width;
  width.measured = width.prior * std::exp(off / weights);
  width.count = 2;  // of a single one, the posterior would doubt whether it was disturbed
  width.log_error = std::hypot(error / weights, 1 / std::sqrt(weights));
  return width;
}

/// \param log_shift  of all arms of this number of threads
void move_width(std::span<arm> arms, std::span<const hint> hints, const arm& width,
                double log_shift, double serial_ns, double prior_log_error) {
  for (arm& a : arms) {
    if (!has_prior(a)) continue;
    double shift = log_shift;
    if (const hint* const said = find(hints, a.by)) {
      const double trust =
          square(prior_log_error) / (square(prior_log_error) + square(said->log_error));
      shift += trust * (off_by(a, *said, serial_ns) - std::log(width.measured / width.prior));
    }
    a.prior *= std::exp(shift);
  }
}

/// The arms from the first on that have as many threads as it.
std::span<arm> first_width(std::span<arm> arms) {
  const auto end = std::find_if(arms.begin(), arms.end(), [&](const arm& a) {
    return a.by.n_jobs != arms.front().by.n_jobs;
  });
  return arms.first(static_cast<std::size_t>(end - arms.begin()));
}

}  // namespace

double usual_log_ratio(const shared_work& work, int n_jobs) noexcept {
  constexpr double sibling_share = 0.3;
  const double n = std::max(n_jobs, 1);
  const double cores = std::min(n, work.cores) + sibling_share * std::max(n - work.cores, 0.0);
  const double items = std::max(std::round(work.items), 1.0);
  const double largest_share = std::ceil(items / n) / items;
  const double wakes = work.wake_ns * (n - 1) / n / (items * work.item_ns);
  return std::log(std::max(1 / cores, largest_share) + wakes);
}

int translated(int n_jobs, double from_cores, double to_cores) noexcept {
  const double doublings = std::log2(to_cores / from_cores);
  if (n_jobs <= 1 || std::abs(doublings) < 0.01) return n_jobs;
  const double wanted = std::log2(n_jobs) + doublings;
  const double whole = std::log2(to_cores);
  double best = std::max(whole, 1.0);
  const auto offer = [&](double rung) {
    if (std::abs(rung - wanted) < std::abs(best - wanted)) best = rung;
  };
  for (int rung = 1; rung < whole; ++rung) offer(rung);
  offer(whole + 1);
  return static_cast<int>(std::lround(std::exp2(best)));
}

unlikeness unlikeness_of(double distance, double doublings, bool is_same_work,
                         bool is_same_machine) noexcept {
  const auto of = [&](const differences& by) {
    return total(by, distance, doublings, is_same_work, is_same_machine);
  };
  return {of(of_levels), of(of_widths), of(of_chunks)};
}

void consensus::weighted::add(double value, double error, double unlike) {
  const double weight = 1 / (square(error) + square(unlike));
  weights += weight;
  values += weight * value;
  squares += weight * value * value;
  least_unlike = std::min(least_unlike, unlike);
}

/// This work may differ from all others as they do from each other.
double consensus::weighted::error() const {
  const double between = std::max(squares / weights - square(mean()), 0.0);
  return std::sqrt(between + (1 / weights + square(least_unlike)) / 2);
}

std::vector<consensus::sums>::iterator consensus::place_of(int n_jobs, int chunk_rung) {
  return std::find_if(all_.begin(), all_.end(), [&](const sums& s) {
    return std::tie(s.n_jobs, s.chunk_rung) >= std::tie(n_jobs, chunk_rung);
  });
}

bool consensus::is_at(std::vector<sums>::iterator place, int n_jobs, int chunk_rung) const {
  return place != all_.end() && place->n_jobs == n_jobs && place->chunk_rung == chunk_rung;
}

/// How much slower all is that both this and those before say something of.
double consensus::level_of(std::span<const statement> said, const unlikeness& from) {
  weighted off;
  for (const statement& s : said) {
    const auto known = place_of(s.n_jobs, s.chunk_rung);
    if (s.n_jobs == 1 || !is_at(known, s.n_jobs, s.chunk_rung)) continue;
    off.add(s.log_ratio - known->ratio.mean(), s.log_error, from.of_chunk);
  }
  return off.mean();
}

void consensus::add(std::span<const statement> said, const unlikeness& from, double similarity) {
  const double level = level_of(said, from);
  level_.add(level, 0, from.of_level);
  for (const statement& s : said) {
    auto place = place_of(s.n_jobs, s.chunk_rung);
    if (!is_at(place, s.n_jobs, s.chunk_rung)) {
      place = all_.insert(place, sums{s.n_jobs, s.chunk_rung, {}});
    }
    const double before = place->ratio.weights;
    // One thread is at no level: it is what the others are measured by.
    place->ratio.add(s.n_jobs == 1 ? s.log_ratio : s.log_ratio - level, s.log_error, from.of_chunk);
    place->similarity += (place->ratio.weights - before) * similarity;
    place->width_error = std::min(place->width_error, from.of_width);
    place->count += s.count;
  }
}

std::vector<hint> consensus::hints() const {
  std::vector<hint> all;
  all.reserve(all_.size());
  for (const sums& s : all_) {
    hint h{s.n_jobs,
           s.chunk_rung,
           s.ratio.mean(),
           s.ratio.error(),
           s.width_error,
           s.count,
           s.similarity / s.ratio.weights};
    if (s.n_jobs == 1) h.width_error = level_.error();
    if (s.n_jobs != 1) h.log_ratio += level_.mean();
    all.push_back(h);
  }
  return all;
}

// In two steps, so that what all durations of chunks share does not count as often as there are
// hints: first one number of threads against the others, then one duration against the others.
void move_priors(std::span<arm> arms, std::span<const hint> hints, double serial_ns,
                 double prior_log_error) noexcept {
  if (hints.empty()) return;
  arms = arms.first(std::min(arms.size(), most_arms));
  std::array<arm, most_arms> widths;
  std::size_t count = 0;
  for (auto left = arms; !left.empty(); left = left.subspan(first_width(left).size())) {
    widths[count++] = width_of(first_width(left), hints, serial_ns);
  }
  const posterior believed({widths.data(), count}, prior_log_error);
  for (std::size_t i = 0; i < count; ++i) {
    const auto width = first_width(arms);
    if (has_prior(widths[i])) {
      move_width(width, hints, widths[i], believed.mean(i) - std::log(widths[i].prior), serial_ns,
                 prior_log_error);
    }
    arms = arms.subspan(width.size());
  }
}

}  // namespace amorsize::detail
