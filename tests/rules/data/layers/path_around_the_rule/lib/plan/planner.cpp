/// A fixture of the layer rule.
#include "../run/job.hpp"
