/// Streams: maps items as they come, on as many threads as pay, and never holds more than its
/// buffer.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "amorsize/detail/stream_loop.hpp"
#include "amorsize/options.hpp"
#include "amorsize/result_stream.hpp"

namespace amorsize {
namespace detail {

/// Compiles to nothing where a source and a function can work together; else says why they cannot.
template <class Source, class F>
constexpr bool check_stream() {
  using item = typename source_of<Source>::reference;
  using call = called_function<F>;
  constexpr bool is_called = call::template is_called_with<item>;
  static_assert(is_called || !call::template is_called_as_mutable<item>,
                "f is called as const, from several threads at once: drop `mutable`, or give each "
                "worker a state of its own with amorsize::per_worker");
  static_assert(is_called || call::template is_called_as_mutable<item>,
                "f cannot be called with an item of the source; those of an lvalue range are T&");
  return is_called;
}

template <class Source, class F>
using stream_result =
    typename called_function<F>::template result<typename source_of<Source>::reference>::type;

template <class Result>
constexpr auto filtered_type() {
  using plain = std::remove_cvref_t<Result>;
  static_assert(is_optional<plain>, "f must return std::optional<R>: what is empty is left out");
  if constexpr (is_optional<plain>) return std::type_identity<typename plain::value_type>{};
}

template <bool filters, class Source, class F>
constexpr auto stream_type() {
  if constexpr (check_stream<Source, F>()) {
    using result = stream_result<Source, F>;
    static_assert(!std::is_void_v<result>, "f returns nothing: a stream is of results");
    if constexpr (filters) {
      return std::type_identity<
          stream_loop<Source, F, typename decltype(filtered_type<result>())::type, true>>{};
    } else if constexpr (!std::is_void_v<result>) {
      return std::type_identity<stream_loop<Source, F, std::remove_cvref_t<result>, false>>{};
    }
  }
}

template <bool filters, class Source, class F>
using stream_of = typename decltype(stream_type<filters, Source, std::decay_t<F>>())::type;

template <class Loop>
struct result_type_of;
template <class Source, class F, class R, bool filters>
struct result_type_of<stream_loop<Source, F, R, filters>> {
  using type = R;
};

template <bool filters, class Source, class F>
auto make_stream(Source&& source, F&& f, const stream_options& options) {
  using loop = stream_of<filters, Source, F>;
  using result = typename result_type_of<loop>::type;
  return result_stream<result>(
      std::make_unique<loop>(std::forward<Source>(source), std::forward<F>(f), options));
}

template <bool filters, class Source, class F, class Sink>
void drain_stream(Source&& source, F&& f, Sink& sink, const stream_options& options) {
  using loop = stream_of<filters, Source, F>;
  using result = typename result_type_of<loop>::type;
  static_assert(std::is_invocable_v<Sink&, result&&> || std::is_invocable_v<Sink&, result&>,
                "the sink cannot be called with a result");
  check_callable(sink, "sink");
  loop stream(std::forward<Source>(source), std::forward<F>(f), options);
  stream.drain(sink);
}

template <class Sink>
concept is_sink = !std::same_as<std::remove_cvref_t<Sink>, stream_options>;

}  // namespace detail

/// The results f(item) of the source's items, as a lazy input range of `R&`.
///
/// A source is an input range (single pass, infinite and move-only items included; lvalues that are
/// no views are held by reference, all else is owned), or a callable that returns
/// `std::optional<T>`, empty at its end. A callable may take a `std::stop_token`, which is
/// triggered when the stream is left: one that waits should look at it. The source is called by one
/// thread at a time, in order, not always the consumer's.
///
/// The stream owns its copy of `f`, which is called as const, on several threads at once, exactly
/// once for each item. Results may be move-only and need not be default-constructible.
///
/// Items read and not delivered are never more than the buffer. Results that can be had are
/// delivered while the source waits. In input order an exception arrives at its item's place, after
/// all results before it; in completion order, when it is met, and of several the lowest item's. A
/// stream that was stopped throws `operation_cancelled` at the next result. After an exception the
/// stream is at its end. Throws `invalid_option` at once.
template <class Source, class F>
requires detail::is_source<Source>
auto stream_map(Source&& source, F&& f, const stream_options& options = {}) {
  return detail::make_stream<false>(std::forward<Source>(source), std::forward<F>(f), options);
}

/// The same for all items at once: each result is given to `sink(R&&)` on this thread.
template <class Source, class F, class Sink>
requires detail::is_source<Source> && detail::is_sink<Sink>
void stream_map(Source&& source, F&& f, Sink&& sink, const stream_options& options = {}) {
  detail::drain_stream<false>(std::forward<Source>(source), std::forward<F>(f), sink, options);
}

/// As `stream_map`, where f returns `std::optional<R>`: what is empty is not delivered.
template <class Source, class F>
requires detail::is_source<Source>
auto stream_filter_map(Source&& source, F&& f, const stream_options& options = {}) {
  return detail::make_stream<true>(std::forward<Source>(source), std::forward<F>(f), options);
}

template <class Source, class F, class Sink>
requires detail::is_source<Source> && detail::is_sink<Sink>
void stream_filter_map(Source&& source, F&& f, Sink&& sink, const stream_options& options = {}) {
  detail::drain_stream<true>(std::forward<Source>(source), std::forward<F>(f), sink, options);
}

}  // namespace amorsize
