/// What is known of each site of this process: one padded entry a site, its decision one atomic
/// word.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace amorsize::detail {

class memory;  // what the engine remembers of the work beyond this table

/// All that a warm call has to know, in one word, so that it is read and replaced at once.
struct decision {
  float item_ticks = 0;                ///< mean time of one item on one thread; zero: not known
  float coefficient_of_variation = 0;  ///< of the items' times
};
static_assert(sizeof(decision) == sizeof(std::uint64_t));

struct alignas(64) site {
  std::atomic<std::uint64_t> key{0};
  std::atomic<std::uint64_t> word{0};
  std::atomic<bool> waits{false};    // the items wait more than they compute
  std::atomic<bool> suspect{false};  // an inline call took far longer than it should
  std::atomic<memory*> remembered{nullptr};

  // relaxed, here and below: the word is a hint that stands alone; nothing is published by it.
  decision load() const noexcept {
    return std::bit_cast<decision>(word.load(std::memory_order_relaxed));
  }
  void store(decision d) noexcept {
    word.store(std::bit_cast<std::uint64_t>(d), std::memory_order_relaxed);
  }
};

/// A cache: where it is full, a new site takes the place of an old one, which is then sampled anew.
/// Threads may race for a place; a decision that ends up under another site's key costs one call a
/// wrong first guess, which its own measurements correct.
class site_table {
 public:
  static constexpr std::size_t capacity = 4096;

  site* find(std::uint64_t key) noexcept {
    for (std::size_t i = 0; i < probes; ++i) {
      site& s = at(key, i);
      const std::uint64_t found = s.key.load(std::memory_order_relaxed);
      if (found == key) return &s;
      if (found == 0) return nullptr;
    }
    return nullptr;
  }

  site& insert(std::uint64_t key) noexcept {
    for (std::size_t i = 0; i < probes; ++i) {
      site& s = at(key, i);
      std::uint64_t found = 0;
      if (s.key.compare_exchange_strong(found, key, std::memory_order_relaxed) || found == key) {
        return s;
      }
    }
    site& s = at(key, 0);
    s.store({});
    s.waits.store(false, std::memory_order_relaxed);
    s.suspect.store(false, std::memory_order_relaxed);
    s.remembered.store(nullptr, std::memory_order_relaxed);
    s.key.store(key, std::memory_order_relaxed);
    return s;
  }

 private:
  static constexpr std::size_t probes = 8;

  site& at(std::uint64_t key, std::size_t probe) noexcept {
    return sites_.get()[(static_cast<std::size_t>(key >> 32U) + probe) % capacity];
  }

  struct unmap {
    void operator()(site* sites) const noexcept { munmap(sites, capacity * sizeof(site)); }
  };

  /// Fresh pages are zero, which is what an unused site is, and cost nothing until they are used.
  static site* map() {
    void* pages = mmap(nullptr, capacity * sizeof(site), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    return static_cast<site*>(pages);
  }

  std::unique_ptr<site, unmap> sites_{map()};
};

}  // namespace amorsize::detail
