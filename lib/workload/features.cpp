#include "workload/features.hpp"

#include <algorithm>
#include <cmath>

namespace amorsize::detail {
namespace {

constexpr double us = 1e3;
constexpr double ms = 1e6;
constexpr double s = 1e9;

/// What a logarithmic feature is 0 at, and 1.
struct range {
  double least;
  double most;
};
constexpr range of_items{1, 1e9};
constexpr range of_item_time{1, s};
constexpr range of_bytes{1, 1e7};
constexpr range of_cores{1, 256};
constexpr range of_memory{1e9, 1e12};
constexpr range of_l3{1e6, 256e6};
constexpr range of_bandwidth{1e9, 1e12};
constexpr range of_wake{us, ms};

/// Zero where the value is not known or no number.
float linear(double value, double most) {
  if (!(value > 0)) return 0;
  return static_cast<float>(std::min(value / most, 1.0));
}

/// The place of the value between least and most, by orders of magnitude.
float logarithmic(double value, range between) {
  if (!(value > between.least)) return 0;
  const double whole = std::log(between.most / between.least);
  return static_cast<float>(std::min(std::log(value / between.least) / whole, 1.0));
}

double value_at(float place, range between) {
  return between.least * std::pow(between.most / between.least, static_cast<double>(place));
}

/// By how much of its range a feature of work differs where what is known of one piece of work
/// tells nothing of another; zero: it does not matter.
struct unit {
  feature of;
  float difference;
};
constexpr unit units[] = {
    {feature::items, 0.2F},
    {feature::item_time, 0.2F},
    {feature::coefficient_of_variation, 0.3F},
    {feature::item_bytes, 0.25F},
    {feature::result_bytes, 0.25F},
    {feature::cores, 0.45F},
    {feature::available_memory, 2},
    {feature::l3_bytes, 0.5F},
    {feature::numa_nodes, 0.5F},
    {feature::has_numa, 2},
    {feature::bandwidth, 0.2F},
    {feature::wake, 0.6F},
};

// What most machines have, where it is not known: 20 GB/s, 4 MB a core, 30 us.
constexpr double usual_bandwidth = 20e9;
constexpr double usual_l3_of_core = 4e6;
constexpr double usual_wake = 30 * us;

}  // namespace

features normalised(const workload& work, const machine& here, const surroundings& around) {
  features all{};
  const auto set = [&all](feature which, float value) { at(all, which) = value; };
  set(feature::items, logarithmic(static_cast<double>(work.items), of_items));
  set(feature::item_time, logarithmic(work.estimated_item_time.count(), of_item_time));
  set(feature::coefficient_of_variation, linear(work.coefficient_of_variation, 2));
  set(feature::item_bytes, logarithmic(static_cast<double>(work.item_bytes), of_bytes));
  set(feature::result_bytes, logarithmic(static_cast<double>(work.result_bytes), of_bytes));
  set(feature::cores, logarithmic(here.usable_cores, of_cores));
  set(feature::available_memory, logarithmic(around.available_memory, of_memory));
  set(feature::l3_bytes, logarithmic(static_cast<double>(here.l3_bytes), of_l3));
  set(feature::numa_nodes, linear(here.numa_nodes, 8));
  set(feature::has_numa, here.numa_nodes > 1 ? 1 : 0);
  set(feature::bandwidth, logarithmic(around.bandwidth, of_bandwidth));
  set(feature::wake, logarithmic(around.wake_ns, of_wake));
  return all;
}

shared_work shared_work_of(const features& all) noexcept {
  return {value_at(at(all, feature::items), of_items),
          value_at(at(all, feature::item_time), of_item_time),
          value_at(at(all, feature::cores), of_cores), value_at(at(all, feature::wake), of_wake)};
}

features compared(const features& all) noexcept {
  features relative = all;
  const double cores = value_at(at(all, feature::cores), of_cores);
  const bool has_l3 = at(all, feature::l3_bytes) > 0;
  const double l3 = value_at(at(all, feature::l3_bytes), of_l3) / cores;
  // Of a core: from 1/256 of the least of a machine on.
  const double l3_of_core = has_l3 ? l3 : usual_l3_of_core;
  at(relative, feature::l3_bytes) =
      logarithmic(l3_of_core, {of_l3.least / of_cores.most, of_l3.most});
  if (!(at(all, feature::bandwidth) > 0)) {
    at(relative, feature::bandwidth) = logarithmic(usual_bandwidth, of_bandwidth);
  }
  if (!(at(all, feature::wake) > 0)) at(relative, feature::wake) = logarithmic(usual_wake, of_wake);
  for (const unit& u : units) at(relative, u.of) /= u.difference;
  return relative;
}

}  // namespace amorsize::detail
