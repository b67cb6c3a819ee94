/// A fixture of the layer rule.
#include <nlohmann/json.hpp>
