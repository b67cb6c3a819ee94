#include "learning/machine.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace learning {
namespace {

double speed_of_place(const machine& on, int i) {
  const int fast = on.cores - on.slow_cores;
  if (i < fast) return 1;
  if (i < on.cores) return on.slow_speed;
  return on.sibling_speed;
}

/// What waits for memory is slowed where all wait, where chunks or all of it leave the caches, and
/// where it is another socket's. Steps, not slopes.
double memory_slowdown(const machine& on, const work& of, int n, double chunk_items) {
  const double demand = of.memory_part * std::min(n, on.cores);
  double factor = std::pow(1 + std::pow(demand / on.bandwidth, 6), 1.0 / 6);
  if (chunk_items * of.item_bytes > on.cache_bytes) factor *= 1.35;
  if (of.items * of.item_bytes < n * on.cache_bytes) factor *= 0.7;
  if (of.items * of.item_bytes > on.shared_cache) factor *= 1.2;
  if (on.sockets > 1 && n > on.cores / on.sockets) factor *= 1.3;
  return factor;
}

/// The same for the same place, with mean 1.
double chance_at(const work& of, double place, double chunk_items) {
  const double deviation = of.spread / std::sqrt(std::max(chunk_items, 1.0));
  const auto hash = static_cast<std::uint64_t>(place * 1e9) * 0x9E3779B97F4A7C15ULL;
  const double uniform = static_cast<double>(hash >> 11U) / 9007199254740992.0;
  return std::max(1 + deviation * (uniform - 0.5) * 3.46, 0.05);
}

struct worker {
  double free_at = 0;
  double speed = 1;
  bool operator>(const worker& other) const { return free_at > other.free_at; }
};

std::vector<worker> arrivals(const machine& on, int n) {
  const int active = std::min(n, on.cores);
  const double share = on.cores > 1 ? static_cast<double>(active - 1) / (on.cores - 1) : 0;
  const double frequency = 1 - on.turbo / (1 + on.turbo) * std::sqrt(share);
  std::vector<worker> all;
  for (int i = 0; i < n; ++i) {
    worker w;
    w.speed = speed_of_place(on, i) * frequency;
    // The scheduler keeps free cores for us as long as there are any.
    if (i % on.cores >= on.cores - on.busy_cores) w.speed *= 0.5;
    // A core's two threads share it evenly.
    if (i < on.cores && n > on.cores + i) w.speed *= (1 + on.sibling_speed) / 2;
    if (i >= on.cores) w.speed *= (1 + on.sibling_speed) / 2 / on.sibling_speed;
    w.free_at = i == 0 ? 0.05 * on.wake : on.wake + (i - 1) * on.wake_next;
    all.push_back(w);
  }
  return all;
}

}  // namespace

double weight_before(const work& of, double place) {
  switch (of.skew) {
    case shape::dear_end:
      return place / 1.5 + std::max(place - 0.9, 0.0) * (10 / 3.0);
    case shape::dear_start:
      return place / 1.5 + std::min(place, 0.1) * (10 / 3.0);
    case shape::few_dear: {
      constexpr double groups = 37;
      constexpr double dear = 0.02;
      const double group = std::floor(place * groups);
      const double within = std::min(place * groups - group, dear);
      return 0.78 * place + 0.22 * (group + within / dear) / groups;
    }
    case shape::even:
    case shape::random:
      break;
  }
  return place;
}

double rung_ns(int rung) { return 8'000.0 * std::pow(4.0, rung - 1); }

double wall_of(const machine& on, const work& of, way by) {
  const int n = std::max(by.n_jobs, 1);
  const auto chunk_of = [&](double left) {
    const double wanted =
        by.rung == 0 ? std::clamp(left * of.item_ns / n / 8, 16 * on.claim, 1e6) : rung_ns(by.rung);
    return std::max(std::floor(std::min(wanted / of.item_ns, of.items / n)), 1.0);
  };
  const double usual = n == 1 ? 1 : chunk_of(of.items / 2);
  const double item_ns = of.item_ns * (1 - of.memory_part) +
                         of.item_ns * of.memory_part * memory_slowdown(on, of, n, usual);
  if (n == 1) {
    // With somebody else on every core, one thread shares too.
    return of.items * item_ns / (on.busy_cores >= on.cores ? 0.5 : 1.0);
  }
  const double claim = on.claim * (1 + on.contention * n);
  std::priority_queue<worker, std::vector<worker>, std::greater<>> line;
  for (const worker& w : arrivals(on, n)) line.push(w);

  // Beyond some thousands, chunks are claimed by the handful: their number is what costs.
  double done = 0;
  double end = 0;
  while (done < of.items) {
    const double left = of.items - done;
    const double chunk = std::min(chunk_of(left), left);
    const double many = std::max(std::floor(left / chunk / (12.0 * n)), 1.0);
    const double taken = std::min(many * chunk, left);
    worker w = line.top();
    line.pop();
    const double place = done / of.items;
    const double next = std::min((done + taken) / of.items, 1.0);
    const double weight = (weight_before(of, next) - weight_before(of, place)) / (next - place) *
                          chance_at(of, place, taken);
    w.free_at += std::ceil(taken / chunk) * claim + taken * item_ns * weight / w.speed;
    done += taken;
    end = std::max(end, w.free_at);
    line.push(w);
  }
  return end + on.join * std::log2(n);
}

double variation_of(const work& of) {
  if (of.skew == shape::dear_end || of.skew == shape::dear_start) return std::hypot(1, of.spread);
  return of.skew == shape::few_dear ? std::hypot(1.5, of.spread) : of.spread;
}

disturbance draw_disturbance(double noise, double outliers, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  disturbance d;
  d.factor = std::exp(std::normal_distribution<double>(0, noise)(random));
  if (uniform(random) >= outliers) return d;
  d.late = std::exponential_distribution<double>(1 / 3e6)(random);
  if (uniform(random) < 0.3) d.at = uniform(random);
  return d;
}

}  // namespace learning
