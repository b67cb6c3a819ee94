/// A fixture of the layer rule.
#include <hwloc.h>
