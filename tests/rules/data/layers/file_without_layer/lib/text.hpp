/// A fixture of the layer rule.
#include <string>
