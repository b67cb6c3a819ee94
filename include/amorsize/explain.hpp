/// Why a plan is what it is, and what came of it, in sentences with numbers.
#pragma once

#include <string>

#include "amorsize/export.hpp"
#include "amorsize/plan.hpp"
#include "amorsize/report.hpp"

namespace amorsize {

AMORSIZE_API std::string explain(const batch_plan& plan);
AMORSIZE_API std::string explain(const stream_plan& plan);
AMORSIZE_API std::string explain(const run_report& report);

}  // namespace amorsize
