/// The user's loop as a chunk body: items, function, and where results go.
#pragma once

#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "amorsize/detail/engine.hpp"
#include "amorsize/detail/function.hpp"
#include "amorsize/detail/items.hpp"

namespace amorsize::detail {

/// Compiles to nothing where a range and a function can work together; else says why they cannot.
template <class Range, class F>
constexpr bool check_call() {
  static_assert(!is_infinite<Range>, "the range is infinite: a batch needs an end");
  using item = typename items_of<Range>::reference;
  using call = called_function<F>;
  if constexpr (!call::template is_called_with<item>) {
    static_assert(
        !call::template is_called_as_mutable<item>,
        "f is called as const, from several threads at once: drop `mutable`, or give each "
        "worker a state of its own with amorsize::per_worker");
    static_assert(call::template is_called_as_mutable<item>,
                  "f cannot be called with an item of the range");
    return false;
  } else {
    return !is_infinite<Range>;
  }
}

template <class Range, class F>
using result_of = std::remove_cvref_t<
    typename called_function<F>::template result<typename items_of<Range>::reference>::type>;

/// One call: `put(i, result)` takes the result of item i, or is a `discard`.
template <class Range, class F, class Put>
class loop {
 public:
  loop(Range& range, const F& f, const batch_options& options)
      : function_(f, options), items_(range) {}

  std::size_t size() const { return items_.size(); }

  /// `put` may be made once the size is known.
  batch_call describe(const Put& put) {
    put_ = &put;
    using item = typename items_of<Range>::reference;
    using result = typename called_function<F>::template result<item>::type;
    batch_call call;
    call.body = {&run, this};
    call.items = size();
    call.item_bytes = sizeof(std::remove_cvref_t<item>);
    if constexpr (!std::is_void_v<result>) call.result_bytes = sizeof(std::remove_cvref_t<result>);
    if constexpr (!items_of<Range>::any_order) {
      call.open = [](void* self, std::size_t first) {
        static_cast<loop*>(self)->items_.open(first);
      };
    }
    call.types = &types_of<F, item, result>;
    return call;
  }

 private:
  static void run(void* context, std::size_t first, std::size_t last) {
    loop& self = *static_cast<loop*>(context);
    std::size_t i = first;
    try {
      const auto call = self.function_.local();
      if constexpr (Put::is_discard) {
        self.items_.each(i, last, [&call](auto&& item, std::size_t) {
          static_cast<void>(call(std::forward<decltype(item)>(item)));
        });
      } else {
        const Put put = *self.put_;  // a local, like all that the items' loop reads
        self.items_.each(i, last, [&call, &put](auto&& item, std::size_t index) {
          put(index, call(std::forward<decltype(item)>(item)));
        });
      }
    } catch (...) {
      failed_at(i);
      throw;
    }
  }

  called_function<F> function_;
  items_of<Range> items_;
  const Put* put_ = nullptr;
};

struct discard {
  static constexpr bool is_discard = true;
};

/// Results are assigned to elements that exist.
template <class Iterator>
struct assign_to {
  static constexpr bool is_discard = false;
  Iterator out;
  template <class Result>
  void operator()(std::size_t i, Result&& result) const {
    *(out + static_cast<std::iter_difference_t<Iterator>>(i)) = std::forward<Result>(result);
  }
};

/// Results are made in empty slots.
template <class Slot>
struct emplace_in {
  static constexpr bool is_discard = false;
  Slot* slots;
  template <class Result>
  void operator()(std::size_t i, Result&& result) const {
    slots[i].emplace(std::forward<Result>(result));
  }
};

}  // namespace amorsize::detail
