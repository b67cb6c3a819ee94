/// Work whose items get into each other's way, or would without states of their own.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "real_workloads/real_work.hpp"
#include "real_workloads/sample_text.hpp"

namespace bench {
namespace {

using counts = std::unordered_map<std::string, std::size_t>;

void count_words(const std::string& line, counts& to) {
  std::size_t first = 0;
  for (std::size_t end = 0; (end = line.find(' ', first)) != std::string::npos; first = end + 1) {
    ++to[line.substr(first, end - first)];
  }
}

std::size_t sum_of(const counts& all) {
  std::size_t sum = 0;
  for (const auto& [each, count] : all) sum += count;
  return sum;
}

/// An item is a line, whose words are counted in one table that all threads share.
struct locked_counts {
  static constexpr std::size_t count = 2'000;

  struct shared {
    std::mutex mutex;
    counts all;
  };

  std::vector<std::string> lines = sample_lines(count, 12);
  std::unique_ptr<shared> table = std::make_unique<shared>();
  counts expected;

  locked_counts() {
    for (const std::string& line : lines) count_words(line, expected);
  }
  void operator()(std::size_t i) const {
    const std::lock_guard lock(table->mutex);
    count_words(lines[i], table->all);
  }
  void begin() const { table->all.clear(); }
  void clear() { begin(); }
  bool is_right() const { return table->all == expected && sum_of(expected) > count; }
};

/// An item is some numbers, each counted in one of a few counters side by side.
struct shared_counters {
  static constexpr std::size_t count = 2'000;
  static constexpr std::size_t numbers = 200;
  using counters = std::array<std::atomic<std::uint32_t>, 16>;

  std::unique_ptr<counters> all = std::make_unique<counters>();

  void operator()(std::size_t i) const {
    std::uint32_t value = static_cast<std::uint32_t>(i) + 1;
    for (std::size_t n = 0; n < numbers; ++n) {
      value = value * 1'664'525U + 1'013'904'223U;
      (*all)[value >> 28U].fetch_add(1, std::memory_order_relaxed);
    }
  }
  void clear() { begin(); }
  void begin() const {
    for (auto& each : *all) each.store(0, std::memory_order_relaxed);
  }
  bool is_right() const {
    std::size_t sum = 0;
    for (const auto& each : *all) sum += each.load(std::memory_order_relaxed);
    return sum == count * numbers;
  }
};

/// An item is a line; each worker counts its words in a table of its own, and the tables are added
/// up at the end.
class counts_a_worker final : public real_work {
  static constexpr std::size_t count = 2'000;

  struct adder {
    explicit adder(counts& to) : all(to) {}
    ~adder() {
      for (const auto& [each, times] : mine) all[each] += times;
    }
    adder(const adder&) = delete;
    adder& operator=(const adder&) = delete;

    counts& all;
    counts mine;
  };

 public:
  counts_a_worker() : real_work("words counted by workers", count) {
    for (const std::string& line : lines_) count_words(line, expected_);
  }
  void loop() override {
    all_.clear();
    adder only(all_);
    for (const std::string& line : lines_) count_words(line, only.mine);
  }
  void call(const amorsize::batch_options& options) override {
    all_.clear();
    const auto count_item = [this](adder& to, std::size_t i) { count_words(lines_[i], to.mine); };
    const auto f = amorsize::per_worker([this] { return adder(all_); }, count_item);
    amorsize::parallel_for_each(indices(items()), f, options);
  }
  void clear() override { all_.clear(); }
  bool is_right() const override { return all_ == expected_ && sum_of(expected_) > count; }

 private:
  std::vector<std::string> lines_ = sample_lines(count, 12);
  counts all_;
  counts expected_;
};

}  // namespace

void add_contended(real_works& to) {
  add_performed(to, "words counted under a lock", locked_counts::count, locked_counts());
  add_performed(to, "counters side by side", shared_counters::count, shared_counters());
  to.push_back(std::make_unique<counts_a_worker>());
}

}  // namespace bench
