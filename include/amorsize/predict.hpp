/// Prediction and learning by hand: for work that is described rather than run here.
#pragma once

#include <optional>

#include "amorsize/export.hpp"
#include "amorsize/plan.hpp"
#include "amorsize/report.hpp"
#include "amorsize/runtime.hpp"
#include "amorsize/workload.hpp"

namespace amorsize {

/// The plan that earlier calls suggest, without running anything: calls of the same name on this
/// machine, in this process or in others that use its store; else, where the item time is told, the
/// calls that are most alike. Likeness goes by all that `workload` tells: what is left out makes
/// others less alike. Empty where neither is known surely enough, or learning is off.
///
/// The first one of a process reads the machine and opens the store (some milliseconds). Any
/// thread. Throws `invalid_option`.
AMORSIZE_API std::optional<batch_plan> predict_parameters(const workload& work,
                                                          runtime& on = runtime::shared());

/// Learns from work that ran elsewhere, or is known from elsewhere: the plan and the wall time of
/// the report. Calls of this library are learned from by themselves, and would count twice.
///
/// Needs the workload's name, and the report's items, wall time and `plan.n_jobs`; an item's time
/// is the workload's or, where that is zero, follows from the report's `serial_estimate`. Any
/// thread. Throws `invalid_option`.
AMORSIZE_API void update_model_from_execution(const workload& work, const run_report& report,
                                              runtime& on = runtime::shared());

/// As `predict_parameters`, of a stream: what earlier streams of this name took, or those most
/// alike, also decides its buffer and whether results should come in order. Without `items` it is
/// planned for the usual length.
AMORSIZE_API std::optional<stream_plan> predict_streaming_parameters(
    const workload& work, runtime& on = runtime::shared());

/// As `update_model_from_execution`, of a stream that ran elsewhere: also needs the report's
/// `plan.buffer_size`, and takes its `plan.use_ordered`.
AMORSIZE_API void update_model_from_streaming_execution(const workload& work,
                                                        const run_report& report,
                                                        runtime& on = runtime::shared());

}  // namespace amorsize
