/// What a call throws, as text.
#pragma once

#include <amorsize/error.hpp>
#include <string>

namespace support {

/// The message of the `Error` that `call` throws; says so where it throws none or another.
template <class Error = amorsize::invalid_option, class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  } catch (const std::exception& e) {
    return std::string("another exception: ") + e.what();
  } catch (...) {
    return "another exception";
  }
  return "no exception";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace support
