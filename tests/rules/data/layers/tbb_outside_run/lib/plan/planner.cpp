/// A fixture of the layer rule.
#include <tbb/parallel_for.h>
