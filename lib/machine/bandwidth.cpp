#include "machine/bandwidth.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "machine/memory.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace amorsize::detail {
namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr std::size_t mib = std::size_t{1} << 20U;
constexpr seconds filling_time{0.012};
constexpr seconds reading_time{0.012};

constexpr std::size_t line = 64;  // of the cache
constexpr std::size_t page = 4096;

/// Memory from the system and to it, past the heap, which might keep it.
class pages {
 public:
  explicit pages(std::size_t bytes)
      : at_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        bytes_(bytes) {
    if (!is_there()) return;
    // A fault for every 4 KiB would take longer than the measurement. Refused is no harm.
    madvise(at_, bytes_, MADV_HUGEPAGE);
  }
  pages(const pages&) = delete;
  pages& operator=(const pages&) = delete;
  ~pages() {
    if (is_there()) munmap(at_, bytes_);
  }

  bool is_there() const { return at_ != MAP_FAILED; }
  volatile std::uint64_t* words() const { return static_cast<std::uint64_t*>(at_); }
  std::size_t bytes() const { return bytes_; }

 private:
  void* at_;
  std::size_t bytes_;
};

/// Has the system give as much memory as time allows, and tells how much: in a virtual machine, new
/// memory may take milliseconds a MiB. Pages that were never written are one page of zeros.
std::size_t fill(const pages& room) {
  const auto begin = clock::now();
  std::size_t filled = 0;
  while (filled < room.bytes() && clock::now() - begin < filling_time) {
    const std::size_t until = std::min(filled + mib, room.bytes());
    for (; filled < until; filled += page) room.words()[filled / sizeof(std::uint64_t)] = filled;
  }
  return std::min(filled, room.bytes());
}

/// One read from each line: all of it comes from memory, and nothing else takes time.
void stream(const pages& from, std::size_t bytes) {
  constexpr std::size_t step = line / sizeof(std::uint64_t);
  const volatile std::uint64_t* const words = from.words();
  const std::size_t count = bytes / sizeof(std::uint64_t);
  for (std::size_t i = 0; i < count; i += step) static_cast<void>(words[i]);
}

/// Empties the cache of the memory. Tells whether it can.
bool flush([[maybe_unused]] const pages& memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__x86_64__)
  for (std::size_t at = 0; at < bytes; at += line) {
    _mm_clflush(const_cast<const std::uint64_t*>(memory.words()) + at / sizeof(std::uint64_t));
  }
  _mm_mfence();
  return true;
#else
  return false;
#endif
}

/// Several times what the cache holds, but little of what there is.
std::size_t size_for(const machine& m, std::uint64_t available) {
  constexpr std::size_t usual_cache = 32 * mib;
  const std::size_t cache = m.l3_bytes != 0 ? m.l3_bytes : usual_cache;
  const std::size_t bytes = 4 * std::min(cache, 64 * mib);
  return available == 0 ? bytes : std::min<std::size_t>(bytes, available / 10);
}

/// Zero where it would be the cache's.
double best_pass(const machine& m, const pages& room, std::size_t bytes) {
  const auto begin = clock::now();
  double best = 0;
  while (clock::now() - begin < reading_time) {
    if (!flush(room, bytes) && bytes / 2 < m.l3_bytes) return 0;
    const auto start = clock::now();
    stream(room, bytes);
    const double took = seconds(clock::now() - start).count();
    best = std::max(best, static_cast<double>(bytes) / took);
  }
  return best;
}

}  // namespace

double measure_bandwidth(const machine& m) noexcept {
  try {
    const std::size_t wanted = size_for(m, available_memory(system_files()));
    if (wanted < mib) return 0;
    const pages room(wanted);
    return room.is_there() ? best_pass(m, room, fill(room)) : 0;
  } catch (...) {  // no memory even for the text of a file
    return 0;
  }
}

}  // namespace amorsize::detail
