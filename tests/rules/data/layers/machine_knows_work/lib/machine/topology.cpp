/// A fixture of the layer rule.
#include "workload/site_key.hpp"
