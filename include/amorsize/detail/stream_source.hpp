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

/// Whether a copy is worth what it saves: one that nobody else sees stays in registers.
template <class T>
inline constexpr bool is_free_to_copy =
    std::is_trivially_copyable_v<T>&& std::is_copy_constructible_v<T> && sizeof(T) <= 64;

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

  /// Calls `use` with items until it returns false. False: there are no more.
  template <class Use>
  bool visit(const Use& use) {
    if (next_) {
      ++*next_;
    } else {
      next_.emplace(std::ranges::begin(*range_));
    }
    if constexpr (is_free_to_copy<iterator>) {
      iterator at = *next_;
      const bool has_more = visit(at, use);
      *next_ = at;
      return has_more;
    } else {
      return visit(*next_, use);
    }
  }

  /// Makes the item that `visit` gave at `place`.
  static void keep(item* place, reference one) {
    if constexpr (stays) {
      ::new (static_cast<void*>(place)) item(std::addressof(one));
    } else {
      ::new (static_cast<void*>(place)) item(static_cast<reference>(one));
    }
  }

  static reference pass(item& kept) {
    if constexpr (stays) {
      return *kept;
    } else {
      return static_cast<reference>(kept);
    }
  }

 private:
  /// From `at` to the last item used: what comes behind it is not waited for.
  template <class Use>
  bool visit(iterator& at, const Use& use) {
    for (;; ++at) {
      if (at == std::ranges::end(*range_)) return false;
      if (!give(at, use)) return true;
    }
  }

  template <class Use>
  static bool give(iterator& at, const Use& use) {
    if constexpr (is_lvalue) {
      return use(static_cast<reference>(*at));
    } else if constexpr (is_stream || !std::is_constructible_v<value, read_as>) {
      return use(static_cast<reference>(std::ranges::iter_move(at)));
    } else {
      value now(*at);
      return use(static_cast<reference>(now));
    }
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

  template <class Use>
  bool visit(const Use& use) {
    if constexpr (is_free_to_copy<call>) {
      call copy(call_);
      const bool has_more = visit(copy, use);
      std::construct_at(std::addressof(call_), copy);
      return has_more;
    } else {
      return visit(call_, use);
    }
  }

  static void keep(item* place, reference one) {
    ::new (static_cast<void*>(place)) item(std::move(one));
  }

  static reference pass(item& kept) { return std::move(kept); }

 private:
  template <class Use>
  bool visit(call& from, const Use& use) {
    for (;;) {
      made next = make(from);
      if (!next) return false;
      if (!use(std::move(*next))) return true;
    }
  }

  made make(call& from) {
    if constexpr (takes_token) {
      return std::invoke(from, token_);
    } else {
      return std::invoke(from);
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
