#include "plan/measured_widths.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "learn/outcome.hpp"
#include "plan/chunking.hpp"

namespace amorsize::detail {
namespace {

// What overheads and caches may add or take where sizes differ by a factor of two.
constexpr double error_of_distance = 0.1;

std::pair<int, int> place_of(const measured_width& width) {
  return {width.n_jobs, width.chunk_rung};
}

}  // namespace

measured_widths::measured_widths(const sized_record& known, int distance) : similarity(1) {
  for (const outcome& o : known.outcomes) {
    const bool is_rung = static_cast<std::size_t>(o.by.chunk_rung) < chunk_rungs.size();
    if (!(o.count > 0) || !is_rung || o.by.buffer_size != 0) continue;
    const double error = std::hypot(log_error_of(o, known), error_of_distance * distance);
    add({o.by.n_jobs, o.by.chunk_rung, o.mean, error, o.count});
  }
}

void measured_widths::add(const measured_width& width) {
  auto* const end = widths_.data() + count_;
  auto* const place = std::find_if(widths_.data(), end, [&](const measured_width& other) {
    return place_of(other) >= place_of(width);
  });
  if (place != end && place_of(*place) == place_of(width)) {
    *place = width;
    return;
  }
  if (count_ == most) {
    const auto less = [](const measured_width& a, const measured_width& b) {
      return a.calls < b.calls;
    };
    auto* const least = std::min_element(widths_.data(), end, less);
    if (least->calls >= width.calls) return;
    std::move(least + 1, end, least);
    --count_;
    return add(width);
  }
  std::move_backward(place, end, end + 1);
  *place = width;
  ++count_;
}

void measured_widths::drop_faster_than(double least_item_ns) {
  const auto widths_here = widths();
  if (std::all_of(widths_here.begin(), widths_here.end(), [&](const measured_width& w) {
        return std::exp(w.log_item_ns) < least_item_ns;
      })) {
    count_ = 0;
  }
}

const measured_width* measured_widths::of(int n_jobs, int chunk_rung) const {
  for (const measured_width& width : widths()) {
    if (width.n_jobs == n_jobs && width.chunk_rung == chunk_rung) return &width;
  }
  return nullptr;
}

double measured_widths::calls() const {
  double sum = 0;
  for (const measured_width& width : widths()) sum += width.calls;
  return sum;
}

}  // namespace amorsize::detail
