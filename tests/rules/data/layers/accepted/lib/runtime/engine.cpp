/// A fixture of the layer rule.
#include "plan/planner.hpp"
#include "run/job.hpp"
