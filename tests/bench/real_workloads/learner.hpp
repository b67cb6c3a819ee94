/// What comes to know a work: runtimes on one store, one after the other, as processes would be.
#pragma once

#include <amorsize/amorsize.hpp>
#include <memory>

#include "support/temporary_folder.hpp"

namespace bench {

class learner {
 public:
  learner() { begin(); }

  amorsize::runtime& here() const { return *here_; }

  /// As the next process: it knows what is in the store.
  void renew() {
    here_->save();
    here_.reset();
    begin();
  }

 private:
  void begin() {
    here_ = std::make_unique<amorsize::runtime>(amorsize::runtime_options{.store = store_.path()});
  }

  temporary_folder store_;
  std::unique_ptr<amorsize::runtime> here_;
};

}  // namespace bench
