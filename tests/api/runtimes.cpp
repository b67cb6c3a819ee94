/// Runtimes: several at once, gone in any order, with what the environment says; many callers.
#include <doctest/doctest.h>
#include <sched.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <thread>

#include "meeting.hpp"
#include "message_of.hpp"
#include "random.hpp"
#include "widths.hpp"

namespace {

using support::count;
using support::message_of;

/// A variable of the environment, for a scope.
class variable {
 public:
  variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) before_ = old;
    ::setenv(name, value, 1);
  }
  ~variable() {
    if (before_.empty()) {
      ::unsetenv(name_);
    } else {
      ::setenv(name_, before_.c_str(), 1);
    }
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

/// What a runtime made now warns of, and how many threads it gives to a call that wants many.
struct made {
  std::vector<std::string> warnings;
  int n_jobs = 0;

  explicit made(int max_n_jobs = 0) {
    amorsize::runtime_options options;
    options.max_n_jobs = max_n_jobs;
    options.on_warning = [this](std::string_view w) { warnings.emplace_back(w); };
    amorsize::runtime on(options);
    amorsize::run_report report;
    amorsize::parallel_for_each(std::vector<int>(100), [](int) {},
                                {.n_jobs = 64, .report = &report, .on = &on});
    n_jobs = report.plan.n_jobs;
  }
};

int allowed_processors() {
  cpu_set_t mask;
  REQUIRE(sched_getaffinity(0, sizeof mask, &mask) == 0);
  return CPU_COUNT(&mask);
}

TEST_CASE("AMORSIZE_N_JOBS is the maximum of a runtime that is given none") {
  const variable jobs("AMORSIZE_N_JOBS", "5");
  CHECK(made().n_jobs == 5);
  CHECK(made().warnings.empty());
  CHECK(made(3).n_jobs == 3);
}

TEST_CASE("an AMORSIZE_N_JOBS that breaks its rule is told with value and rule, and ignored") {
  for (const char* bad : {"0", "-1", "abc", "4x", "4097", "99999999999999999999", " 2"}) {
    CAPTURE(bad);
    const variable jobs("AMORSIZE_N_JOBS", bad);
    const made now;
    REQUIRE(now.warnings.size() == 1);
    CHECK(now.warnings[0] == "AMORSIZE_N_JOBS is \"" + std::string(bad) +
                                 "\", must be a whole number from 1 to 4096; it is ignored");
    CHECK(now.n_jobs == allowed_processors());
  }
}

TEST_CASE("AMORSIZE_LEARN is as strict as it says, and what it may not be is told") {
  const auto second_source = [] {
    amorsize::runtime on;
    amorsize::run_report report;
    for (int call = 0; call < 2; ++call) {
      amorsize::parallel_for_each(std::vector<int>(500), [](int) { support::work(100); },
                                  {.report = &report, .on = &on});
    }
    return report.plan.source;
  };
  CHECK(second_source() == amorsize::plan_source::predicted);
  for (const char* strict : {"off", "frozen"}) {
    const variable learn("AMORSIZE_LEARN", strict);
    CHECK(second_source() == amorsize::plan_source::sampled);
  }
  const variable learn("AMORSIZE_LEARN", "maybe");
  const made now;
  REQUIRE(now.warnings.size() == 1);
  CHECK(now.warnings[0] == "AMORSIZE_LEARN is \"maybe\", must be on, frozen or off; it is ignored");
}

TEST_CASE("a runtime warns of nothing where nothing is wrong, also with empty variables") {
  const variable jobs("AMORSIZE_N_JOBS", "");
  CHECK(made().warnings.empty());
}

TEST_CASE("options of a runtime that break a rule are refused") {
  const auto make = [](amorsize::runtime_options options) {
    return message_of([&] { const amorsize::runtime on(options); });
  };
  amorsize::runtime_options options;
  options.max_n_jobs = -1;
  CHECK(make(options) == "max_n_jobs is -1, must be 0 (automatic) to 4096");
  options.max_n_jobs = 4097;
  CHECK(make(options) == "max_n_jobs is 4097, must be 0 (automatic) to 4096");
  options.max_n_jobs = 2;
  options.learn = static_cast<amorsize::learning>(3);
  CHECK(make(options) == "learn is 3, must be on, frozen or off");
}

TEST_CASE("the machine's counts are possible, and those that may be used are this process's") {
  const amorsize::machine& m = support::wide().machine();
  CHECK(m.usable_processors == allowed_processors());
  CHECK(m.usable_processors <= m.processors);
  CHECK(m.usable_cores >= 1);
  CHECK(m.usable_cores <= m.usable_processors);
  CHECK(m.usable_cores <= m.cores);
  CHECK(m.cores <= m.processors);
  CHECK(m.packages >= 1);
  CHECK(m.packages <= m.cores);
  CHECK(m.numa_nodes >= 1);
  CHECK(&m == &support::wide().machine());
}

TEST_CASE("without other wishes a runtime has the threads that this process may use") {
  CHECK(made().n_jobs == allowed_processors());
  CHECK(&amorsize::runtime::shared() == &amorsize::runtime::shared());
}

TEST_CASE("runtimes of different widths live side by side, each with its own threads") {
  amorsize::runtime two(amorsize::runtime_options{.max_n_jobs = 2});
  amorsize::runtime five(amorsize::runtime_options{.max_n_jobs = 5});
  for (int repetition = 0; repetition < support::rounds(10); ++repetition) {
    std::thread beside([&two] {
      support::meeting both(2);
      amorsize::parallel_for_each(std::vector<int>(2), [&both](int) { both.attend(); },
                                  {.n_jobs = 2, .on = &two});
    });
    support::meeting all(5);
    amorsize::parallel_for_each(std::vector<int>(5), [&all](int) { all.attend(); },
                                {.n_jobs = 5, .on = &five});
    CHECK(all.distinct_threads() == 5);
    beside.join();
  }
}

TEST_CASE("runtimes are destroyed in any order, while helpers are still on their way") {
  for (int round = 0; round < support::rounds(100); ++round) {
    support::random dice(static_cast<std::uint64_t>(round));
    CAPTURE(support::base_seed());
    CAPTURE(round);
    std::vector<std::unique_ptr<amorsize::runtime>> alive;
    for (int i = 0; i < 4; ++i) {
      amorsize::runtime_options options;
      options.max_n_jobs = dice.between(1, 8);
      alive.push_back(std::make_unique<amorsize::runtime>(options));
    }
    while (!alive.empty()) {
      const auto at = dice.between<std::size_t>(0, alive.size() - 1);
      std::atomic<int> calls{0};
      amorsize::parallel_for_each(
          std::vector<int>(8), [&calls](int) { ++calls; },
          {.n_jobs = dice.between(0, 8), .chunksize = 1, .on = alive[at].get()});
      CHECK(calls == 8);
      alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

TEST_CASE("of eight callers at once, six finish while two are blocked in their items") {
  for (const int width : {2, 3, 8}) {
    CAPTURE(width);
    amorsize::runtime on(amorsize::runtime_options{.max_n_jobs = width});
    support::gate others_done;
    support::meeting all_started(8);
    std::atomic<int> wrong{0};
    std::atomic<int> finished{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 8; ++caller) {
      callers.emplace_back([&, blocks = caller < 2] {
        all_started.attend();
        if (blocks) {
          amorsize::parallel_for_each(std::vector<int>(8),
                                      [&others_done](int) { others_done.wait(); }, {.on = &on});
          return;
        }
        for (int call = 0; call < support::rounds(100); ++call) {
          const auto results = amorsize::parallel_map(
              std::vector<int>(200, call), [](int i) { return support::work(100) != 0 ? i : -1; },
              {.n_jobs = call % 3 == 0 ? 0 : 8, .on = &on});
          if (results != std::vector<int>(200, call)) ++wrong;
        }
        if (++finished == 6) others_done.open();
      });
    }
    for (std::thread& t : callers) t.join();
    CHECK(finished == 6);
    CHECK(wrong == 0);
  }
}

TEST_CASE("all callers together use no more helpers than the runtime's maximum less one") {
  for (const int width : {2, 3, 8}) {
    CAPTURE(width);
    amorsize::runtime on(amorsize::runtime_options{.max_n_jobs = width});
    std::atomic<int> helping{0};
    std::atomic<int> most{0};
    std::vector<std::thread> callers;
    for (int c = 0; c < 4; ++c) {
      callers.emplace_back([&] {
        const auto caller = std::this_thread::get_id();
        for (int call = 0; call < support::rounds(20); ++call) {
          amorsize::parallel_for_each(
              std::vector<int>(100),
              [&](int) {
                if (std::this_thread::get_id() == caller) return;
                const int now = ++helping;
                for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
                }
                support::work(2'000);
                --helping;
              },
              {.n_jobs = width, .chunksize = 1, .on = &on});
        }
      });
    }
    for (std::thread& t : callers) t.join();
    CHECK(most <= width - 1);
  }
}

}  // namespace
