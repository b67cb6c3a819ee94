/// What amorsize throws by itself. Exceptions of the user's own code pass through untouched.
#pragma once

#include <stdexcept>

#include "amorsize/export.hpp"

namespace amorsize {

/// The base of all errors of this library.
class AMORSIZE_API error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~error() override;
};

/// An option or argument breaks a rule. Thrown before any code of the user runs; the message names
/// the field, its value and the rule.
class AMORSIZE_API invalid_option : public error {
 public:
  using error::error;
  ~invalid_option() override;
};

/// The call's stop token was triggered: there are no results.
class AMORSIZE_API operation_cancelled : public error {
 public:
  using error::error;
  ~operation_cancelled() override;
};

/// What was learned could not be written, where that was asked for.
class AMORSIZE_API store_error : public error {
 public:
  using error::error;
  ~store_error() override;
};

}  // namespace amorsize
