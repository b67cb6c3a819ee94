/// A fixture of the layer rule.
#include "store/file.hpp"
