/// A fixture of the layer rule.
#include <oneapi/tbb.h>
