#include "plan/measured_widths.hpp"

#include <algorithm>
#include <cmath>

#include "learn/outcome.hpp"
#include "learn/similar.hpp"

namespace amorsize::detail {
namespace {

// What overheads and caches may add or take where sizes differ by a factor of two.
constexpr double error_of_distance = 0.1;

}  // namespace

measured_widths::measured_widths(const sized_record& known, int distance) : similarity(1) {
  for (const outcome& o : known.outcomes) {
    if (o.count < 1 || o.by.chunk_rung != 0 || o.by.buffer_size != 0) continue;
    add({o.by.n_jobs, o.mean, std::hypot(log_error_of(o), error_of_distance * distance), o.count});
  }
}

void measured_widths::add(const measured_width& width) {
  auto* const end = widths_.data() + count_;
  auto* const place = std::find_if(widths_.data(), end, [&](const measured_width& other) {
    return other.n_jobs >= width.n_jobs;
  });
  if (place != end && place->n_jobs == width.n_jobs) {
    *place = width;
    return;
  }
  if (count_ == most) return;
  std::move_backward(place, end, end + 1);
  *place = width;
  ++count_;
}

measured_widths::measured_widths(std::span<const hint> similar, double item_ns) {
  for (const hint& e : similar) {
    add({e.n_jobs, std::log(item_ns) + e.log_ratio, e.log_error, e.count});
    similarity = std::max(similarity, e.similarity);
  }
}

void measured_widths::drop_faster_than(double least_item_ns) {
  auto* const end = std::remove_if(
      widths_.data(), widths_.data() + count_,
      [&](const measured_width& w) { return std::exp(w.log_item_ns) < least_item_ns; });
  count_ = static_cast<std::size_t>(end - widths_.data());
}

const measured_width* measured_widths::of(int n_jobs) const {
  for (const measured_width& width : widths()) {
    if (width.n_jobs == n_jobs) return &width;
  }
  return nullptr;
}

double measured_widths::calls() const {
  double sum = 0;
  for (const measured_width& width : widths()) sum += width.calls;
  return sum;
}

}  // namespace amorsize::detail
