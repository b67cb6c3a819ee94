/// The results of a stream, as a lazy range.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

#include "amorsize/detail/stream_loop.hpp"

namespace amorsize {

/// Made by `stream_map`. Nothing is read before `begin()`. Its results can be gone through once, by
/// one thread at a time; a result lives until the next one is asked for, and may be moved from.
///
/// It may be moved while it runs, also to another thread; one that was moved from can only be
/// destroyed or assigned to. Destroying it leaves the stream early: no more is read, the source's
/// stop token is triggered, what has not started does not start, and what has is waited for.
template <class R>
class result_stream {
 public:
  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = R;
    using difference_type = std::ptrdiff_t;
    using reference = R&;
    using pointer = R*;

    iterator() = default;
    R& operator*() const noexcept { return of_->now(); }
    R* operator->() const noexcept { return std::addressof(of_->now()); }

    /// Throws what the stream throws at this place, and is at the end then.
    iterator& operator++() {
      of_->step();
      return *this;
    }
    void operator++(int) { of_->step(); }
    friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept {
      return i.of_->is_over();
    }

   private:
    friend result_stream;
    explicit iterator(detail::stream_state<R>& of) : of_(&of) {}
    detail::stream_state<R>* of_ = nullptr;
  };

  /// Where the stream is: at its first result, or the one that was looked at last.
  iterator begin() {
    state_->start();
    return iterator(*state_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  explicit result_stream(std::unique_ptr<detail::stream_state<R>> state)
      : state_(std::move(state)) {}

 private:
  std::unique_ptr<detail::stream_state<R>> state_;
};

}  // namespace amorsize
