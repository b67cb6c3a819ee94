/// Ranges that are unlike a vector: read once, wrong about their size, failing on the way.
#pragma once

#include <compare>
#include <cstddef>
#include <iterator>
#include <list>
#include <memory>
#include <stdexcept>
#include <vector>

namespace support {

/// Move-only, read once, its end known only when it is reached; items are made by `next`.
template <class T>
class generator {
 public:
  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    explicit iterator(generator* from) : from_(from) {}
    iterator(iterator&&) = default;
    iterator& operator=(iterator&&) = default;
    iterator(const iterator&) = delete;
    iterator& operator=(const iterator&) = delete;
    T&& operator*() const { return std::move(*from_->now()); }
    iterator& operator++() {
      from_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& i, std::default_sentinel_t) {
      return i.from_->now() == nullptr;
    }

   private:
    generator* from_ = nullptr;
  };

  generator(int items, T (*make)(int)) : items_(items), make_(make) {}
  generator(generator&&) = default;
  generator& operator=(generator&&) = default;
  generator(const generator&) = delete;
  generator& operator=(const generator&) = delete;

  iterator begin() {
    advance();
    return iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

  T* now() const { return now_.get(); }
  void advance() { now_ = at_ < items_ ? std::make_unique<T>(make_(at_++)) : nullptr; }

 private:
  int items_;
  T (*make_)(int);
  int at_ = 0;
  std::unique_ptr<T> now_;
};

/// Says `told` where it has as many items as `Items` has.
template <class Items, class Size = long long>
struct lying {
  Items items;
  Size told;
  auto begin() const { return items.begin(); }
  auto end() const { return items.end(); }
  Size size() const { return told; }
};

/// The numbers from 0; where asked to, fails at the number `fails_at`: `*` there, `++` from there.
template <class Concept>
class failing_iterator {
 public:
  using iterator_concept = Concept;
  using iterator_category = std::input_iterator_tag;
  using value_type = int;
  using difference_type = std::ptrdiff_t;
  using reference = int;
  enum class at { nothing, read, step };

  failing_iterator() = default;
  failing_iterator(int now, at what, int fails_at) : now_(now), what_(what), fails_at_(fails_at) {}

  int operator*() const {
    fail_at(at::read);
    return now_;
  }
  int operator[](difference_type n) const { return *(*this + n); }
  failing_iterator& operator++() {
    fail_at(at::step);
    ++now_;
    return *this;
  }
  failing_iterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  failing_iterator& operator--() {
    --now_;
    return *this;
  }
  failing_iterator operator--(int) {
    auto before = *this;
    --*this;
    return before;
  }
  failing_iterator& operator+=(difference_type n) {
    now_ += static_cast<int>(n);
    return *this;
  }
  failing_iterator& operator-=(difference_type n) { return *this += -n; }
  friend failing_iterator operator+(failing_iterator i, difference_type n) { return i += n; }
  friend failing_iterator operator+(difference_type n, failing_iterator i) { return i += n; }
  friend failing_iterator operator-(failing_iterator i, difference_type n) { return i -= n; }
  friend difference_type operator-(const failing_iterator& a, const failing_iterator& b) {
    return a.now_ - b.now_;
  }
  friend bool operator==(const failing_iterator& a, const failing_iterator& b) {
    return a.now_ == b.now_;
  }
  friend auto operator<=>(const failing_iterator& a, const failing_iterator& b) {
    return a.now_ <=> b.now_;
  }

 private:
  void fail_at(at here) const {
    if (what_ == here && now_ == fails_at_) throw std::out_of_range("the iterator fails");
  }

  int now_ = 0;
  at what_ = at::nothing;
  int fails_at_ = 0;
};

template <class Concept>
struct failing_range {
  using iterator = failing_iterator<Concept>;
  int items;
  typename iterator::at what;
  int fails_at;
  iterator begin() const { return {0, what, fails_at}; }
  iterator end() const { return {items, what, fails_at}; }
  std::size_t size() const { return static_cast<std::size_t>(items); }
};

}  // namespace support
