/// A fixture of the layer rule.
#include "runtime/engine.hpp"
