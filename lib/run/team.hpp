/// Work that is no batch, but can be helped with: what a job leaves to its owner.
#pragma once

#include <cstddef>

namespace amorsize::detail {

/// Lives while its job is open. Any thread.
class team {
 public:
  virtual bool has_work() const noexcept = 0;

  /// As that worker, until there is nothing to do for it.
  virtual void work(std::size_t worker) noexcept = 0;

 protected:
  ~team() = default;
};

}  // namespace amorsize::detail
