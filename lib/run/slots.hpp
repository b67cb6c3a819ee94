/// A set of numbered places, taken and given back by any thread.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace amorsize::detail {

class slots {
 public:
  static constexpr std::size_t none = ~std::size_t{0};

  explicit slots(std::size_t size)
      : size_(size), words_(new std::atomic<std::uint64_t>[words(size)]()) {
    // Places beyond the last are taken for ever.
    if (size % bits != 0) words_[size / bits] = ~std::uint64_t{0} << (size % bits);
  }

  std::size_t size() const noexcept { return size_; }

  /// The lowest free place, or `none`.
  std::size_t take() noexcept {
    for (std::size_t w = 0; w < words(size_); ++w) {
      std::uint64_t taken = words_[w].load(std::memory_order_relaxed);
      while (~taken != 0) {
        const auto bit = static_cast<std::size_t>(std::countr_one(taken));
        // acquire: pairs with the release in `give_back`, of who had the place before.
        if (words_[w].compare_exchange_weak(taken, taken | (std::uint64_t{1} << bit),
                                            std::memory_order_acquire, std::memory_order_relaxed)) {
          return w * bits + bit;
        }
      }
    }
    return none;
  }

  void give_back(std::size_t place) noexcept {
    words_[place / bits].fetch_and(~(std::uint64_t{1} << (place % bits)),
                                   std::memory_order_release);
  }

 private:
  static constexpr std::size_t bits = 64;
  static constexpr std::size_t words(std::size_t size) { return (size + bits - 1) / bits; }

  std::size_t size_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

}  // namespace amorsize::detail
