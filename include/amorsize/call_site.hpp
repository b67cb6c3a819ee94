/// The place of a call, part of the identity of unnamed work.
#pragma once

namespace amorsize {

struct call_site {
  const char* file = "";
  unsigned line = 0;

  /// The place where this is written, or where the call stands that has it as its default argument.
  /// (`std::source_location` does not work in all compilers supported here.)
  static constexpr call_site here(const char* file = __builtin_FILE(),
                                  unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

}  // namespace amorsize
