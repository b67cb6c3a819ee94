#include "plan/stream_planner.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

using namespace amorsize::detail;

namespace {

stream_facts facts(double item_ns, double variation, int workers) {
  stream_facts f;
  f.item_ns = item_ns;
  f.coefficient_of_variation = variation;
  f.workers = workers;
  return f;
}

constexpr double item_times[] = {0, 1, 20, 100, 1e3, 1e4, 1e5, 1e6, 1e9};
constexpr double variations[] = {0, 0.1, 0.5, 1, 2, 3, 4, 100};
constexpr int worker_counts[] = {1, 2, 3, 8, 64};

template <class Check>
void with_all_facts(const Check& check) {
  for (const double item_ns : item_times) {
    for (const double variation : variations) {
      for (const int workers : worker_counts) check(facts(item_ns, variation, workers));
    }
  }
}

}  // namespace

TEST_CASE("what the user pinned is kept exactly") {
  with_all_facts([](const stream_facts& f) {
    for (const std::size_t pinned : {1U, 7U, 100'000U, 1'000'000'000U}) {
      CHECK(stream_buffer_size(f, {0, pinned}) == pinned);
      CHECK(stream_chunk_size(f, {pinned, 0}, pinned) == pinned);
    }
  });
}

TEST_CASE("a memory limit makes a pinned buffer smaller, never larger, and leaves one item") {
  stream_facts f = facts(1000, 0, 4);
  f.memory_limit = 1e6;
  f.buffered_bytes = 1e4;
  CHECK(stream_buffer_size(f, {0, 1000}) == 100);
  CHECK(stream_buffer_size(f, {0, 99}) == 99);
  f.buffered_bytes = 1e9;
  CHECK(stream_buffer_size(f, {0, 1000}) == 1);
  CHECK(stream_buffer_size(f, {}) == 1);
  f.buffered_bytes = 0;  // not known
  CHECK(stream_buffer_size(f, {0, 1000}) == 1000);
}

TEST_CASE("chunk and buffer are at least one item, whatever is known") {
  with_all_facts([](stream_facts f) {
    for (const double bytes : {0.0, 1.0, 1e12}) {
      for (const double limit : {0.0, 1.0, 1e9}) {
        f.buffered_bytes = bytes;
        f.memory_limit = limit;
        const std::size_t buffer = stream_buffer_size(f, {});
        CHECK(buffer >= 1);
        CHECK(stream_chunk_size(f, {}, buffer) >= 1);
      }
    }
  });
}

TEST_CASE("buffered results stay within the memory limit") {
  with_all_facts([](stream_facts f) {
    for (const double bytes : {1.0, 100.0, 1e6}) {
      f.buffered_bytes = bytes;
      f.memory_limit = 64e6;
      CHECK(static_cast<double>(stream_buffer_size(f, {})) * bytes <= 64e6);
    }
  });
}

TEST_CASE("a chunk leaves each worker some of the buffer") {
  with_all_facts([](const stream_facts& f) {
    for (const std::size_t buffer : {1U, 2U, 16U, 1000U, 65'536U}) {
      const std::size_t chunk = stream_chunk_size(f, {}, buffer);
      const std::size_t all = chunk * 2 * static_cast<std::size_t>(f.workers);
      CHECK((chunk == 1 || all <= buffer));
    }
  });
}

TEST_CASE("dear items travel alone, cheap ones in chunks, unknown ones alone") {
  CHECK(stream_chunk_size(facts(0, 0, 2), {}, 65'536) == 1);
  CHECK(stream_chunk_size(facts(1e6, 0, 2), {}, 65'536) == 1);
  CHECK(stream_chunk_size(facts(20, 0, 2), {}, 65'536) >= 100);
}

TEST_CASE("chunks only grow as items become cheaper or the buffer larger") {
  for (const int workers : worker_counts) {
    std::size_t last = SIZE_MAX;
    for (const double item_ns : item_times) {
      if (item_ns <= 0) continue;
      const std::size_t now = stream_chunk_size(facts(item_ns, 0, workers), {}, 10'000);
      CHECK(now <= last);
      last = now;
    }
    last = 0;
    for (const std::size_t buffer : {1U, 10U, 100U, 1'000U, 10'000U}) {
      const std::size_t now = stream_chunk_size(facts(50, 0, workers), {}, buffer);
      CHECK(now >= last);
      last = now;
    }
  }
}

TEST_CASE("buffers only grow with the spread of item times, and with the workers") {
  for (const double item_ns : item_times) {
    for (const int workers : worker_counts) {
      std::size_t last = 0;
      for (const double variation : variations) {
        const std::size_t now = stream_buffer_size(facts(item_ns, variation, workers), {});
        CHECK(now >= last);
        last = now;
      }
    }
    for (const double variation : variations) {
      std::size_t last = 0;
      for (const int workers : worker_counts) {
        const std::size_t now = stream_buffer_size(facts(item_ns, variation, workers), {});
        CHECK(now >= last);
        last = now;
      }
    }
  }
}

TEST_CASE("a buffer hides an item that takes as long as its spread lets expect") {
  // While one worker is at an item of (1 + cv^2) times the mean, the others run as many each.
  for (const double variation : {0.5, 1.0, 2.0, 3.0}) {
    for (const int workers : {2, 4, 8}) {
      const auto buffer =
          static_cast<double>(stream_buffer_size(facts(1e5, variation, workers), {}));
      CHECK(buffer >= (workers - 1) * (1 + variation * variation));
    }
  }
}

TEST_CASE("a spread beyond what items have grows the buffer no further") {
  const auto most = stream_buffer_size(facts(1e5, 4, 2), {});
  CHECK(stream_buffer_size(facts(1e5, 1e3, 2), {}) == most);
  CHECK(stream_buffer_size(facts(1, 1e3, 64), {}) <= 65'536);
}

TEST_CASE("a buffer has room for some pinned chunks for each worker") {
  for (const std::size_t chunk : {1U, 10U, 100U}) {
    for (const int workers : {1, 2, 8}) {
      const std::size_t buffer = stream_buffer_size(facts(1e5, 0, workers), {chunk, 0});
      CHECK(buffer >= 2 * chunk * static_cast<std::size_t>(workers));
    }
  }
}
