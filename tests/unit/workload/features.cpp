#include "workload/features.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

using namespace amorsize::detail;
using amorsize::duration;
using amorsize::machine;
using amorsize::workload;

namespace {

struct described {
  workload work;
  machine here;
  surroundings around;
};

/// How one input of the features is set; where its feature begins to rise and where it ends to.
struct input {
  feature which;
  double least;
  double most;
  void (*set)(described&, double);
};

std::size_t whole(double value) { return static_cast<std::size_t>(value); }

const std::vector<input> inputs = {
    {feature::items, 1, 1e9, [](described& d, double v) { d.work.items = whole(v); }},
    {feature::item_time, 1, 1e9,
     [](described& d, double v) { d.work.estimated_item_time = duration(v); }},
    {feature::coefficient_of_variation, 0, 2,
     [](described& d, double v) { d.work.coefficient_of_variation = v; }},
    {feature::item_bytes, 1, 1e7, [](described& d, double v) { d.work.item_bytes = whole(v); }},
    {feature::result_bytes, 1, 1e7, [](described& d, double v) { d.work.result_bytes = whole(v); }},
    {feature::cores, 1, 256,
     [](described& d, double v) { d.here.usable_cores = static_cast<int>(v); }},
    {feature::available_memory, 1e9, 1e12,
     [](described& d, double v) { d.around.available_memory = v; }},
    {feature::l3_bytes, 1e6, 256e6, [](described& d, double v) { d.here.l3_bytes = whole(v); }},
    {feature::bandwidth, 1e9, 1e12, [](described& d, double v) { d.around.bandwidth = v; }},
    {feature::wake, 1e3, 1e6, [](described& d, double v) { d.around.wake_ns = v; }},
};

features of(const described& d) { return normalised(d.work, d.here, d.around); }

features with(const input& in, double value) {
  described d;
  in.set(d, value);
  return of(d);
}

}  // namespace

TEST_CASE("each feature rises with its own input, from 0 to 1, and stays there") {
  for (const input& in : inputs) {
    CAPTURE(static_cast<int>(in.which));
    const double between = in.least > 0 ? std::sqrt(in.least * in.most) : in.most / 2;
    CHECK(at(with(in, 0), in.which) == 0);
    CHECK(at(with(in, in.least), in.which) == 0);
    CHECK(at(with(in, in.least / 2), in.which) == 0);
    CHECK(at(with(in, between), in.which) == doctest::Approx(0.5).epsilon(0.001));
    CHECK(at(with(in, in.most * 0.9), in.which) < 1);
    CHECK(at(with(in, in.most), in.which) == 1);
    CHECK(at(with(in, in.most * 2), in.which) == 1);
  }
}

TEST_CASE("no feature moves with another one's input") {
  const features still = of({});
  for (const input& in : inputs) {
    const features moved = with(in, in.most);
    for (std::size_t i = 0; i < feature_count; ++i) {
      CAPTURE(static_cast<int>(in.which));
      CAPTURE(i);
      CHECK((moved[i] != still[i]) == (i == static_cast<std::size_t>(in.which)));
    }
  }
}

TEST_CASE("nodes of memory are counted, and more than one is another kind of machine") {
  const auto nodes = [](int n) {
    return of({.work = {}, .here = {.numa_nodes = n}, .around = {}});
  };
  CHECK(at(nodes(1), feature::numa_nodes) == doctest::Approx(0.125));
  CHECK(at(nodes(2), feature::numa_nodes) == doctest::Approx(0.25));
  CHECK(at(nodes(8), feature::numa_nodes) == 1);
  CHECK(at(nodes(64), feature::numa_nodes) == 1);
  CHECK(at(nodes(1), feature::has_numa) == 0);
  CHECK(at(nodes(2), feature::has_numa) == 1);
  for (const feature other : {feature::cores, feature::l3_bytes, feature::bandwidth}) {
    CHECK(at(nodes(2), other) == at(nodes(1), other));
  }
}

TEST_CASE("2 and 16 cores are far apart, as are items of 100 ns and 10 us") {
  const auto cores = [](int n) {
    return at(of({.work = {}, .here = {.usable_cores = n}, .around = {}}), feature::cores);
  };
  CHECK(cores(16) - cores(2) == doctest::Approx(3.0 / 8));
  const auto item = [](double ns) { return at(with(inputs[1], ns), feature::item_time); };
  CHECK(item(1e4) - item(100) > 0.2F);
}

TEST_CASE("no input makes a feature that is no number from 0 to 1") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double odd[] = {
      std::numeric_limits<double>::quiet_NaN(), infinity, -infinity, -1, 1e300, 1e-300};
  for (const double value : odd) {
    CAPTURE(value);
    const features all =
        of({.work = {.name = {},
                     .estimated_item_time = duration(value),
                     .coefficient_of_variation = value},
            .here = {.usable_cores = -3, .numa_nodes = -3},
            .around = {.available_memory = value, .bandwidth = value, .wake_ns = value}});
    for (const float f : all) CHECK((f >= 0 && f <= 1));
  }
  CHECK(at(with(inputs[1], odd[0]), feature::item_time) == 0);
  CHECK(at(with(inputs[1], infinity), feature::item_time) == 1);
}

TEST_CASE("what features tell of sharing is what they were made from") {
  described d;
  d.work.items = 12'345;
  d.work.estimated_item_time = duration(678);
  d.here.usable_cores = 24;
  d.around.wake_ns = 45'000;
  const shared_work told = shared_work_of(of(d));
  CHECK(told.items == doctest::Approx(12'345).epsilon(1e-4));
  CHECK(told.item_ns == doctest::Approx(678).epsilon(1e-4));
  CHECK(told.cores == doctest::Approx(24).epsilon(1e-4));
  CHECK(told.wake_ns == doctest::Approx(45'000).epsilon(1e-4));
  CHECK(shared_work_of({}).items == 1);
  CHECK(shared_work_of({}).cores == 1);
}

TEST_CASE("cache is compared by the core, so that twice of all is as near as it is in cores") {
  const auto machine_with = [](int cores, double l3) {
    return compared(
        of({.work = {}, .here = {.usable_cores = cores, .l3_bytes = whole(l3)}, .around = {}}));
  };
  CHECK(at(machine_with(8, 32e6), feature::l3_bytes) ==
        doctest::Approx(at(machine_with(16, 64e6), feature::l3_bytes)));
  CHECK(at(machine_with(8, 32e6), feature::l3_bytes) >
        at(machine_with(16, 32e6), feature::l3_bytes));
}

TEST_CASE("what is not known is as usual, and so a machine is near itself before it was measured") {
  const described unknown;
  described measured;
  measured.around = {.available_memory = 0, .bandwidth = 20e9, .wake_ns = 30'000};
  const features a = compared(of(unknown));
  const features b = compared(of(measured));
  for (std::size_t i = 0; i < feature_count; ++i) {
    CHECK(a[i] == doctest::Approx(b[i]).epsilon(0.001));
  }
}

TEST_CASE("2 and 16 cores are compared as unlike, four times the items are not") {
  const auto off = [](feature which, double a, double b) {
    for (const input& in : inputs) {
      if (in.which != which) continue;
      return std::abs(at(compared(with(in, a)), which) - at(compared(with(in, b)), which));
    }
    return 0.0F;
  };
  CHECK(off(feature::cores, 2, 16) > 0.5F);
  CHECK(off(feature::cores, 8, 16) < 0.35F);
  CHECK(off(feature::items, 1'000, 4'000) < 0.35F);
  CHECK(off(feature::available_memory, 4e9, 16e9) < 0.15F);  // differs from hour to hour
  for (const std::string_view name : feature_names) CHECK(!name.empty());
}
