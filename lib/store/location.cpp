#include "store/location.hpp"

namespace amorsize::detail {
namespace {

bool is_absolute(const std::string& path) { return !path.empty() && path.front() == '/'; }

}  // namespace

location find_location(const std::string& option,
                       const std::function<const char*(const char*)>& getenv_like) {
  const auto value_of = [&getenv_like](const char* name) {
    const char* value = getenv_like(name);
    return std::string(value != nullptr ? value : "");
  };
  location found;
  const std::string asked = option.empty() ? value_of("AMORSIZE_STORE") : option;
  if (asked == "off") return found;
  if (is_absolute(asked)) {
    found.folder = asked;
    return found;
  }
  if (!asked.empty()) {
    found.warning = (option.empty() ? "AMORSIZE_STORE" : "the option store") +
                    std::string(" is \"") + asked +
                    "\", must be off or an absolute path; it is ignored";
  }
  if (const std::string states = value_of("XDG_STATE_HOME"); is_absolute(states)) {
    found.folder = states + "/amorsize";
  } else if (const std::string home = value_of("HOME"); is_absolute(home)) {
    found.folder = home + "/.local/state/amorsize";
  } else {
    if (!found.warning.empty()) found.warning += "; ";
    found.warning += "no folder to keep what is learned in: it stays in this process's memory";
  }
  return found;
}

}  // namespace amorsize::detail
