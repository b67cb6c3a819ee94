/// The door: arguments that break a rule are rejected here.
#pragma once

#include "amorsize/options.hpp"
#include "amorsize/report.hpp"
#include "amorsize/workload.hpp"

namespace amorsize::detail {

/// Throw `invalid_option`, naming field, value and rule.
void check(const stream_options& options);
void check(const workload& work);
void check(const workload& work, const run_report& report);  ///< to learn from
void check_streaming(const run_report& report);              ///< of a stream, as well

}  // namespace amorsize::detail
