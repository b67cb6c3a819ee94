#include "amorsize/predict.hpp"

#include "runtime/check.hpp"
#include "runtime/engine.hpp"

namespace amorsize {

std::optional<batch_plan> predict_parameters(const workload& work, runtime& on) {
  detail::check(work);
  return detail::engine::of(&on).predict(work);
}

void update_model_from_execution(const workload& work, const run_report& report, runtime& on) {
  detail::check(work);
  detail::check(work, report);
  detail::engine::of(&on).update(work, report);
}

std::optional<stream_plan> predict_streaming_parameters(const workload& work, runtime& on) {
  detail::check(work);
  return detail::engine::of(&on).predict_stream(work);
}

void update_model_from_streaming_execution(const workload& work, const run_report& report,
                                           runtime& on) {
  detail::check(work);
  detail::check(work, report);
  detail::check_streaming(report);
  detail::engine::of(&on).update_stream(work, report);
}

}  // namespace amorsize
