#include "amorsize/importance.hpp"

#include "runtime/engine.hpp"

namespace amorsize {

std::vector<feature_importance> analyze_feature_importance(runtime& on) {
  const detail::importance found = detail::engine::of(&on).feature_importance();
  std::vector<feature_importance> all;
  if (found.records < detail::least_records) return all;
  for (std::size_t i = 0; i < detail::feature_count; ++i) {
    all.push_back({detail::feature_names[i], found.of[i].by_variance, found.of[i].by_outcome});
  }
  return all;
}

}  // namespace amorsize
