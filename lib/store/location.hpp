/// Where the store's folder is.
#pragma once

#include <functional>
#include <string>

namespace amorsize::detail {

struct location {
  std::string folder;   ///< absolute; empty: none, what is learned stays in memory
  std::string warning;  ///< empty: none
};

/// By `option`, or where it is empty AMORSIZE_STORE ("off" or an absolute path), else the user's
/// folder of states.
location find_location(const std::string& option,
                       const std::function<const char*(const char*)>& getenv_like);

}  // namespace amorsize::detail
