/// Sources: where a stream's items come from, one at a time.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <ranges>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "amorsize/detail/function.hpp"

namespace amorsize {

template <class R>
class result_stream;

namespace detail {

template <class T>
inline constexpr bool is_result_stream = false;
template <class R>
inline constexpr bool is_result_stream<result_stream<R>> = true;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// A range as `std::views::all` holds it: views and rvalues by value, other lvalues by reference.
template <class Range>
class held_range {
  using plain = std::remove_cvref_t<Range>;
  static constexpr bool is_referred =
      std::is_lvalue_reference_v<Range> && !std::ranges::view<plain>;
  using held = std::conditional_t<is_referred, std::add_pointer_t<Range>, plain>;

 public:
  using range = std::conditional_t<is_referred, std::remove_reference_t<Range>, plain>;

  explicit held_range(Range&& r) : held_(hold(r)) {}
  range& operator*() noexcept {
    if constexpr (is_referred) {
      return *held_;
    } else {
      return held_;
    }
  }

 private:
  static held hold(Range& r) {
    if constexpr (is_referred) {
      return std::addressof(r);
    } else {
      return held(std::forward<Range>(r));
    }
  }

  held held_;
};

/// Items of a range. An element that stays where it is, is kept as a pointer.
template <class Range>
class range_source {
  using range = typename held_range<Range>::range;
  using iterator = std::ranges::iterator_t<range>;
  using read_as = std::ranges::range_reference_t<range>;
  using value = std::ranges::range_value_t<range>;
  static constexpr bool is_stream = is_result_stream<std::remove_cv_t<range>>;
  static constexpr bool is_lvalue = std::is_lvalue_reference_v<read_as> && !is_stream;
  static constexpr bool stays = is_lvalue && std::ranges::forward_range<range>;

 public:
  using item = std::conditional_t<stays, std::remove_reference_t<read_as>*, value>;
  using reference = std::conditional_t<is_lvalue, read_as, value&&>;

  explicit range_source(Range&& r) : range_(std::forward<Range>(r)) {}

  void start(std::stop_token) noexcept {}

  /// Makes the next item at `place`; false: there is none.
  bool read(item* place) {
    if (!advance()) return false;
    if constexpr (stays) {
      ::new (static_cast<void*>(place)) item(std::addressof(**next_));
    } else if constexpr (is_stream || !std::is_constructible_v<value, read_as>) {
      ::new (static_cast<void*>(place)) item(std::ranges::iter_move(*next_));
    } else {
      ::new (static_cast<void*>(place)) item(**next_);
    }
    return true;
  }

  /// Calls `use` with the next item; false: there is none.
  template <class Use>
  bool visit(const Use& use) {
    if (!advance()) return false;
    if constexpr (is_lvalue) {
      use(static_cast<reference>(**next_));
    } else if constexpr (is_stream || !std::is_constructible_v<value, read_as>) {
      use(static_cast<reference>(std::ranges::iter_move(*next_)));
    } else {
      value now(**next_);
      use(static_cast<reference>(now));
    }
    return true;
  }

  static reference pass(item& kept) {
    if constexpr (stays) {
      return *kept;
    } else {
      return static_cast<reference>(kept);
    }
  }

 private:
  /// As late as possible: what comes after the last item that was asked for is not waited for.
  bool advance() {
    if (next_) {
      ++*next_;
    } else {
      next_.emplace(std::ranges::begin(*range_));
    }
    return *next_ != std::ranges::end(*range_);
  }

  held_range<Range> range_;
  std::optional<iterator> next_;
};

/// Items that a function makes, until it returns none.
template <class Callable>
class called_source {
  using call = std::decay_t<Callable>;
  static constexpr bool takes_token = std::is_invocable_v<call&, std::stop_token>;
  static auto result_type() {
    if constexpr (takes_token) {
      return std::type_identity<std::invoke_result_t<call&, std::stop_token>>{};
    } else {
      return std::type_identity<std::invoke_result_t<call&>>{};
    }
  }
  using made = typename decltype(result_type())::type;
  static_assert(is_optional<made>, "a callable source must return std::optional<T>");

 public:
  using item = typename made::value_type;
  using reference = item&&;

  explicit called_source(Callable&& source) : call_(std::forward<Callable>(source)) {
    check_callable(call_, "source");
  }

  void start(std::stop_token token) noexcept { token_ = std::move(token); }

  bool read(item* place) {
    made next = make();
    if (!next) return false;
    ::new (static_cast<void*>(place)) item(std::move(*next));
    return true;
  }

  template <class Use>
  bool visit(const Use& use) {
    made next = make();
    if (!next) return false;
    use(std::move(*next));
    return true;
  }

  static reference pass(item& kept) { return std::move(kept); }

 private:
  made make() {
    if constexpr (takes_token) {
      return std::invoke(call_, token_);
    } else {
      return std::invoke(call_);
    }
  }

  call call_;
  std::stop_token token_;
};

template <class Source>
concept is_source = std::ranges::input_range<Source> || std::is_invocable_v < std::decay_t<Source>
& > || std::is_invocable_v<std::decay_t<Source>&, std::stop_token>;

template <class Source>
auto source_kind() {
  if constexpr (std::ranges::input_range<Source>) {
    return std::type_identity<range_source<Source>>{};
  } else {
    return std::type_identity<called_source<Source>>{};
  }
}

/// `Source` as it is deduced by a forwarding reference.
template <class Source>
using source_of = typename decltype(source_kind<Source>())::type;

}  // namespace detail
}  // namespace amorsize
