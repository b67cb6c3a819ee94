/// What does a call lose to being recorded, and how large does a store become?
#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "learn/record.hpp"
#include "store/files.hpp"
#include "store/store.hpp"
#include "support/arguments.hpp"
#include "support/child.hpp"
#include "support/indices.hpp"
#include "support/results.hpp"
#include "support/statistics.hpp"
#include "support/temporary_folder.hpp"
#include "support/timing.hpp"

namespace {

using amorsize::learning;

// Long enough that the outcome of its plan is recorded, too.
constexpr double call_ns = 120'000;
constexpr std::size_t items_a_call = 100;

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made;
    for (int i = 0; i < 100; ++i) made.push_back("workload " + std::to_string(i));
    return made;
  }();
  return all;
}

/// Nanoseconds of a call beyond its items, which end at set times after the first of them began:
/// what disturbs them is not seen, what comes before and after them is.
double beyond_items(amorsize::runtime& on, const std::string& name, learning learn) {
  double first = 0;
  const auto item = [&first](std::size_t i) {
    if (i == 0) first = bench::now_ns();
    const double end = first + static_cast<double>(i + 1) * call_ns / items_a_call;
    while (bench::now_ns() < end) {
    }
  };
  const double took = bench::time_of(1, [&] {
    amorsize::parallel_for_each(bench::indices(items_a_call), item,
                                {.name = name, .n_jobs = 1, .learn = learn, .on = &on});
  });
  return took - call_ns;
}

double mean(const std::vector<double>& readings) {
  const double sum = std::accumulate(readings.begin(), readings.end(), 0.0);
  return sum / static_cast<double>(readings.size());
}

/// Of all but the least and the most hundredth.
double trimmed_mean(std::vector<double> readings) {
  std::sort(readings.begin(), readings.end());
  const auto off = static_cast<std::ptrdiff_t>(readings.size() / 100);
  return mean({readings.begin() + off, readings.end() - off});
}

/// Of calls in turn, with recording and without.
struct pairs {
  std::vector<double> with;
  std::vector<double> without;

  void take(amorsize::runtime& on, int count) {
    for (int i = 0; i < count; ++i) {
      const auto turn = static_cast<std::size_t>(i);
      for (const bool is_recorded : {i % 2 == 0, i % 2 != 0}) {
        // Of another name: the first call of a name brings its memory near for the second.
        const std::string& name = names()[(turn + (is_recorded ? 0 : 50)) % names().size()];
        (is_recorded ? with : without)
            .push_back(beyond_items(on, name, is_recorded ? learning::on : learning::frozen));
      }
    }
  }

  void add(const pairs& more) {
    with.insert(with.end(), more.with.begin(), more.with.end());
    without.insert(without.end(), more.without.begin(), more.without.end());
  }
};

/// Saves as often as nobody does, for as long as it lives.
class busy_saver {
 public:
  explicit busy_saver(amorsize::runtime& on)
      : thread_([this, &on] {
          while (!is_over_.load(std::memory_order_relaxed)) {
            save(on);
            bench::rest(1e7);
          }
        }) {}
  ~busy_saver() {
    is_over_.store(true, std::memory_order_relaxed);
    thread_.join();
  }
  busy_saver(const busy_saver&) = delete;
  busy_saver& operator=(const busy_saver&) = delete;

 private:
  static void save(amorsize::runtime& on) {
    try {
      on.save();
    } catch (const amorsize::store_error&) {
      // The disk is too busy: what is left is for the next time.
    }
  }

  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

void time_lost(bench::results& out, const bench::arguments& given, bool is_saving) {
  const std::string row = is_saving ? "a call, saving every 10 ms, " : "a call, ";
  const bench::temporary_folder folder;
  amorsize::runtime here({.store = folder.path()});
  pairs().take(here, 200);
  std::unique_ptr<busy_saver> saver;
  if (is_saving) saver = std::make_unique<busy_saver>(here);

  pairs all;
  std::vector<double> means;
  std::vector<double> trimmed;
  std::vector<double> medians;
  for (int round = 0; round < given.rounds(60); ++round) {
    pairs block;
    block.take(here, given.quick ? 200 : 1'000);
    medians.push_back(bench::summarise(block.with).median - bench::summarise(block.without).median);
    means.push_back(mean(block.with) - mean(block.without));
    trimmed.push_back(trimmed_mean(block.with) - trimmed_mean(block.without));
    all.add(block);
  }
  out.add(row + "ns", "mean", means);
  out.add(row + "ns", "trimmed mean", trimmed);
  out.add(row + "ns", "median", medians);
  out.add(row + "ns", "worst mean", {*std::max_element(means.begin(), means.end())});
  std::sort(all.with.begin(), all.with.end());
  std::sort(all.without.begin(), all.without.end());
  const auto slow = [](const std::vector<double>& sorted) {
    return bench::quantile(sorted, 0.9999);
  };
  out.add(row + "ns", "99.99 %", {slow(all.with) - slow(all.without)});
}

/// The longest of a new process's calls beyond its items, in microseconds: it decides to read the
/// store, and wakes the thread that does.
int longest_of_first(const std::string& what) {
  const bench::temporary_folder folder;
  amorsize::runtime here({.store = folder.path()});
  const learning learn = what == "on" ? learning::on : learning::frozen;
  beyond_items(here, names()[0], learn);
  double longest = 0;
  for (int i = 0; i < 300; ++i) {
    longest = std::max(longest, beyond_items(here, names()[0], learn));
  }
  return bench::answer(longest / 1e3, true);
}

void new_processes(bench::results& out, const bench::arguments& given) {
  const std::string row = "longest of a process's first 300, us";
  std::vector<double> with;
  std::vector<double> without;
  for (int round = 0; round < given.rounds(41); ++round) {
    for (const bool is_recorded : {round % 2 == 0, round % 2 != 0}) {
      const auto told = bench::ask_child(is_recorded ? "on" : "frozen");
      if (!told) out.wrong(row);
      (is_recorded ? with : without).push_back(told.value_or(0));
    }
  }
  out.add(row, "recorded", with);
  out.add(row, "frozen", without);
}

/// Calls of all names at eight sizes, one and two threads; one in `long_every` is long.
void make_calls(amorsize::runtime& on, std::size_t calls, std::size_t long_every) {
  std::atomic<std::size_t> sum{0};
  for (std::size_t i = 0; i < calls; ++i) {
    const std::size_t turn = i / names().size();
    if (turn % long_every == long_every - 1) {
      beyond_items(on, names()[i % names().size()], learning::on);
      continue;
    }
    amorsize::parallel_for_each(
        bench::indices(std::size_t{1} << turn % 8),
        [&sum](std::size_t item) { sum.fetch_add(item, std::memory_order_relaxed); },
        {.name = names()[i % names().size()], .n_jobs = turn % 10 == 9 ? 2 : 1, .on = &on});
  }
}

double calls_in(const std::string& folder) {
  amorsize::detail::store kept(folder, amorsize::detail::real_files(), {});
  double calls = 0;
  kept.for_each([&calls](const amorsize::detail::workload_record& record) {
    for (const auto& size : record.sizes) calls += size.calls;
    return true;
  });
  return calls;
}

/// Each runtime has a store of its own and writes files of its own, as a process does.
void store_size(bench::results& out, const bench::arguments& given, std::size_t processes) {
  const std::size_t calls = given.quick ? 20'000 : 1'000'000;
  const std::string row = std::to_string(calls) + " calls of " + std::to_string(processes) +
                          (processes == 1 ? " process" : " processes");
  const std::size_t long_every = given.quick ? 5 : 100;
  const bench::temporary_folder folder;
  for (std::size_t i = 0; i < processes; ++i) {
    amorsize::runtime here({.store = folder.path()});
    make_calls(here, calls / processes, long_every);
    here.save();
  }
  double bytes = 0;
  double files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (!entry.is_regular_file()) continue;
    bytes += static_cast<double>(entry.file_size());
    ++files;
  }
  // What another thread was at is not recorded, and what took no time in all is not saved: of a few
  // calls, all but the long ones. Nothing counts twice.
  const double kept = calls_in(folder.path()) / static_cast<double>(calls);
  const double least = 0.9 * (given.quick ? 1.0 / static_cast<double>(long_every) : 1);
  if (kept < least || kept > 1) out.wrong(row + ", kept " + std::to_string(kept) + " of them");
  out.add(row, "KB", {bytes / 1e3});
  out.add(row, "files", {files});
  out.add(row, "% kept", {100 * kept});
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  if (!given.child.empty()) return longest_of_first(given.child);
  bench::results out("recording", given);
  time_lost(out, given, false);
  time_lost(out, given, true);
  new_processes(out, given);
  for (const std::size_t processes : {1U, 10U}) store_size(out, given, processes);
  return out.finish("what recording costs");
}
