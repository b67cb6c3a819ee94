/// The numbers 0, 1, ... as a range: `std::views::iota` does not compile everywhere.
#pragma once

#include <compare>
#include <cstddef>
#include <iterator>

namespace bench {

class indices {
 public:
  class iterator {
   public:
    using value_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::random_access_iterator_tag;

    iterator() = default;
    explicit iterator(std::size_t at) : at_(at) {}

    std::size_t operator*() const { return at_; }
    std::size_t operator[](difference_type n) const { return at_ + static_cast<std::size_t>(n); }
    iterator& operator++() { return *this += 1; }
    iterator& operator--() { return *this -= 1; }
    iterator operator++(int) { return iterator(at_++); }
    iterator operator--(int) { return iterator(at_--); }
    iterator& operator+=(difference_type n) {
      at_ += static_cast<std::size_t>(n);
      return *this;
    }
    iterator& operator-=(difference_type n) { return *this += -n; }
    friend iterator operator+(iterator i, difference_type n) { return i += n; }
    friend iterator operator+(difference_type n, iterator i) { return i += n; }
    friend iterator operator-(iterator i, difference_type n) { return i -= n; }
    friend difference_type operator-(iterator a, iterator b) {
      return static_cast<difference_type>(a.at_ - b.at_);
    }
    friend auto operator<=>(iterator, iterator) = default;

   private:
    std::size_t at_ = 0;
  };

  explicit indices(std::size_t count) : count_(count) {}
  iterator begin() const { return iterator(0); }
  iterator end() const { return iterator(count_); }
  std::size_t size() const { return count_; }

 private:
  std::size_t count_;
};

}  // namespace bench
