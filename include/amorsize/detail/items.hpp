/// Items by index, whatever the range: random access, walked forward, or read once.
#pragma once

#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "amorsize/detail/engine.hpp"
#include "amorsize/error.hpp"

namespace amorsize::detail {

/// What the range says of its size, or `otherwise` where it says nothing.
template <class Range>
long long told_size(Range& range, long long otherwise) {
  if constexpr (std::ranges::sized_range<Range>) {
    return static_cast<long long>(std::ranges::size(range));
  } else {
    return otherwise;
  }
}

/// Any order, nothing kept.
template <class Range>
class indexed_items {
 public:
  using iterator = std::ranges::iterator_t<Range>;
  using reference = std::ranges::range_reference_t<Range>;
  static constexpr bool any_order = true;

  explicit indexed_items(Range& range) : begin_(std::ranges::begin(range)) {
    const auto found =
        static_cast<long long>(std::ranges::distance(begin_, std::ranges::end(range)));
    const long long told = told_size(range, found);
    if (found < 0) reject("the range ends before it begins: end() - begin() is negative");
    if (told != found) reject_size(told, found);
    size_ = static_cast<std::size_t>(found);
  }

  std::size_t size() const { return size_; }

  /// Calls `use(item, i)` for i up to `last`; i stays at the item that throws.
  template <class Use>
  void each(std::size_t& i, std::size_t last, const Use& use) const {
    // A local: through `this`, writing a byte-sized result would reload it for every item.
    auto item = begin_ + static_cast<std::iter_difference_t<iterator>>(i);
    for (; i != last; ++i, ++item) use(*item, i);
  }

 private:
  iterator begin_;
  std::size_t size_ = 0;
};

/// A sized forward range: walked in order while one thread works, indexed before others join.
template <class Range>
class walked_items {
 public:
  using iterator = std::ranges::iterator_t<Range>;
  using reference = std::ranges::range_reference_t<Range>;
  static constexpr bool any_order = false;

  explicit walked_items(Range& range)
      : next_(std::ranges::begin(range)), end_(std::ranges::end(range)) {
    const long long told = told_size(range, 0);
    if (told < 0) reject_size(told, static_cast<long long>(std::ranges::distance(next_, end_)));
    size_ = static_cast<std::size_t>(told);
    // A large size is counted before memory is taken for it; a small one when its items are
    // reached.
    constexpr std::size_t large = 1U << 16U;
    if (size_ == 0) check_end(0);
    if (size_ > large) {
      const auto found = static_cast<long long>(std::ranges::distance(next_, end_));
      if (found != told) reject_size(told, found);
    }
  }

  std::size_t size() const { return size_; }

  void open(std::size_t first) {
    index_from_ = first;
    index_.reserve(size_ - first);
    try {
      for (; next_ != end_ && index_.size() < size_ - first; ++next_) index_.push_back(next_);
      check_end(first + index_.size());
    } catch (const error&) {
      throw;
    } catch (...) {
      // The walk's own failure is that of the item it did not reach: items below may fail, too.
      failure_ = std::current_exception();
    }
    is_open_ = true;
  }

  template <class Use>
  void each(std::size_t& i, std::size_t last, const Use& use) {
    if (is_open_) {
      for (; i != last; ++i) use(at(i), i);
      return;
    }
    for (; i != last; ++i, ++next_) {
      if (next_ == end_) check_end(i);
      use(*next_, i);
    }
    if (last == size_) check_end(last);
  }

 private:
  reference at(std::size_t i) {
    if (i - index_from_ >= index_.size()) std::rethrow_exception(failure_);
    return *index_[i - index_from_];
  }

  void check_end(std::size_t position) {
    if (position == size_ && next_ == end_) return;
    auto found = static_cast<long long>(position);
    for (; next_ != end_; ++next_) ++found;
    reject_size(static_cast<long long>(size_), found);
  }

  iterator next_;  // of the first item not visited, while not open
  std::ranges::sentinel_t<Range> end_;
  std::size_t size_ = 0;
  std::vector<iterator> index_;
  std::size_t index_from_ = 0;
  std::exception_ptr failure_;
  bool is_open_ = false;
};

/// A forward range of unknown size: found out once, since finding the next item may call the user.
template <class Range>
class listed_items {
 public:
  using iterator = std::ranges::iterator_t<Range>;
  using reference = std::ranges::range_reference_t<Range>;
  static constexpr bool any_order = true;

  explicit listed_items(Range& range) {
    for (auto it = std::ranges::begin(range); it != std::ranges::end(range); ++it) {
      index_.push_back(it);
    }
  }

  std::size_t size() const { return index_.size(); }

  template <class Use>
  void each(std::size_t& i, std::size_t last, const Use& use) const {
    for (; i != last; ++i) use(*index_[i], i);
  }

 private:
  std::vector<iterator> index_;
};

/// A range that can be read once: its items are held until the call ends.
template <class Range>
class read_items {
  struct holder {  // so that bool does not become a packed vector
    std::ranges::range_value_t<Range> value;
  };

 public:
  using value = std::ranges::range_value_t<Range>;
  using reference =
      std::conditional_t<std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>, value&,
                         value&&>;
  static constexpr bool any_order = true;

  explicit read_items(Range& range) {
    const long long told = told_size(range, -1);
    constexpr long long large = 1 << 16;  // beyond this, memory is taken for what is read
    if (told > 0) read_.reserve(static_cast<std::size_t>(told < large ? told : large));
    const auto end = std::ranges::end(range);
    for (auto it = std::ranges::begin(range); it != end; ++it) {
      if constexpr (std::is_constructible_v<value, std::ranges::range_reference_t<Range>>) {
        read_.push_back(holder{value(*it)});
      } else {
        read_.push_back(holder{value(std::ranges::iter_move(it))});
      }
    }
    const auto found = static_cast<long long>(read_.size());
    if (std::ranges::sized_range<Range> && told != found) reject_size(told, found);
  }

  std::size_t size() const { return read_.size(); }

  template <class Use>
  void each(std::size_t& i, std::size_t last, const Use& use) {
    for (; i != last; ++i) use(static_cast<reference>(read_[i].value), i);
  }

 private:
  std::vector<holder> read_;
};

template <class Range>
auto items_kind() {
  using std::type_identity;
  if constexpr (std::ranges::random_access_range<Range>) {
    return type_identity<indexed_items<Range>>{};
  } else if constexpr (std::ranges::forward_range<Range> && std::ranges::sized_range<Range>) {
    return type_identity<walked_items<Range>>{};
  } else if constexpr (std::ranges::forward_range<Range>) {
    return type_identity<listed_items<Range>>{};
  } else {
    return type_identity<read_items<Range>>{};
  }
}

/// Range without reference; const where it is.
template <class Range>
using items_of = typename decltype(items_kind<Range>())::type;

template <class Range>
inline constexpr bool is_infinite =
    std::is_same_v<std::ranges::sentinel_t<Range>, std::unreachable_sentinel_t>;

}  // namespace amorsize::detail
