/// A fixture of the layer rule.
#include "run/job.hpp"

#include <tbb/task_arena.h>

#include "amorsize/plan.hpp"
#include "base/clock.hpp"
