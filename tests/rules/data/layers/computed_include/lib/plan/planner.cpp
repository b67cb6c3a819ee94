/// A fixture of the layer rule.
#define JOB "run/job.hpp"
#include JOB
