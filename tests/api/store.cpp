/// The store: what one runtime learned is known to the next one on the same folder, and to no
/// other; nothing that is wrong with the folder fails a call.
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "message_of.hpp"
#include "store_folder.hpp"
#include "widths.hpp"

namespace {

using amorsize::batch_plan;
using amorsize::duration;
using amorsize::learning;
using amorsize::plan_source;
using amorsize::runtime;
using amorsize::runtime_options;
using support::contains;
using support::store_folder;

constexpr double ms = 1e6;
const std::vector<int> items(1'000);
constexpr auto f = [](int i) { return i + 1; };

void tell(runtime& on, std::string_view name, int n_jobs, double wall_ms, int times = 1) {
  amorsize::run_report report;
  report.plan.n_jobs = n_jobs;
  report.items = items.size();
  report.wall = duration(wall_ms * ms);
  for (int i = 0; i < times; ++i) {
    amorsize::update_model_from_execution({.name = name, .estimated_item_time = duration(80'000)},
                                          report, on);
  }
}

/// Of these milliseconds on one thread and on two, each told three times.
void fill(const store_folder& folder, double one, double two) {
  runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
  tell(on, "work", 1, one, 3);
  tell(on, "work", 2, two, 3);
  on.save();
}

std::optional<batch_plan> predict(runtime& on, std::string_view name = "work") {
  return amorsize::predict_parameters({.name = name, .items = items.size()}, on);
}

std::optional<batch_plan> predict(const store_folder& folder, std::string_view name = "work") {
  runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
  return predict(on, name);
}

plan_source source_of_call(runtime& on, std::string_view name = "work") {
  amorsize::run_report report;
  CHECK(amorsize::parallel_map(items, f, {.name = name, .report = &report, .on = &on}) ==
        std::vector<int>(items.size(), 1));
  return report.plan.source;
}

TEST_CASE("a new runtime on the same folder predicts the same") {
  const store_folder folder;
  std::optional<batch_plan> before;
  {
    runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
    tell(on, "work", 1, 80, 3);
    tell(on, "work", 2, 45, 4);
    before = predict(on);
    on.save();
  }
  const auto after = predict(folder);
  REQUIRE(before);
  REQUIRE(after);
  CHECK(after->source == plan_source::predicted);
  CHECK(after->n_jobs == before->n_jobs);
  CHECK(after->measurements == 7);
  CHECK(after->measurements == before->measurements);
  CHECK(after->similarity == before->similarity);
  CHECK(after->confidence == doctest::Approx(before->confidence));
  CHECK(after->expected_serial.count() == doctest::Approx(before->expected_serial.count()));
  CHECK(after->expected_parallel.count() == doctest::Approx(before->expected_parallel.count()));
}

TEST_CASE("what was learned is saved when its runtime goes, without being asked to") {
  const store_folder folder;
  {
    runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
    CHECK_FALSE(predict(on));  // opens the store
    tell(on, "work", 2, 45, 3);
  }
  CHECK(folder.calls_of("work") == 3);
  CHECK(predict(folder));
}

TEST_CASE("what runtimes of one folder learned at the same time adds up") {
  const store_folder folder;
  {
    runtime one(runtime_options{.store = folder.path(), .max_n_jobs = 2});
    runtime other(runtime_options{.store = folder.path(), .max_n_jobs = 2});
    for (int round = 1; round <= 4; ++round) {
      tell(one, "work", 1, 80, round);
      tell(other, "work", 2, 45, 10 * round);
      one.save();
      other.save();
    }
  }
  CHECK(folder.calls_of("work") == 110);
  // Of those with one configuration, the last 64 count: here of 100, beside 10 of the other.
  CHECK(folder.outcomes_of("work") == 74);
  CHECK(predict(folder)->measurements == 74);
  CHECK(predict(folder)->n_jobs == 2);
}

TEST_CASE("saving twice does not count twice") {
  const store_folder folder;
  runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
  tell(on, "work", 2, 45, 3);
  for (int i = 0; i < 5; ++i) on.save();
  CHECK(folder.calls_of("work") == 3);
  CHECK(predict(on)->measurements == 3);
  tell(on, "work", 2, 45, 2);
  on.save();
  CHECK(folder.calls_of("work") == 5);
  CHECK(predict(on)->measurements == 5);
  CHECK(predict(folder)->measurements == 5);
}

TEST_CASE("what several threads tell at once all counts") {
  const store_folder folder;
  {
    runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
    std::vector<std::thread> tellers;
    for (int t = 0; t < 4; ++t) {
      tellers.emplace_back([&on, t] {
        const std::string own = "own " + std::to_string(t);
        for (int i = 0; i < 500; ++i) {
          tell(on, "work", 1 + t % 2, 45);
          tell(on, own, 1, 45);
        }
      });
    }
    for (int i = 0; i < 20; ++i) on.save();
    for (std::thread& t : tellers) t.join();
    on.save();
  }
  CHECK(folder.calls_of("work") == 2'000);
  for (int t = 0; t < 4; ++t) CHECK(folder.calls_of("own " + std::to_string(t)) == 500);
}

TEST_CASE("a deleted folder brings back sampling") {
  const store_folder folder;
  fill(folder, 80, 45);
  CHECK(predict(folder));
  folder.remove();
  CHECK_FALSE(predict(folder));
  runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
  CHECK(source_of_call(on) == plan_source::sampled);
}

TEST_CASE("a folder that is deleted under a runtime is made again by its next save") {
  const store_folder folder;
  runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
  tell(on, "work", 2, 45, 3);
  on.save();
  folder.remove();
  tell(on, "work", 2, 45, 2);
  CHECK_NOTHROW(source_of_call(on));
  try {
    on.save();
    CHECK(folder.calls_of("work") >= 2);
  } catch (const amorsize::store_error& e) {
    CHECK(contains(e.what(), folder.path()));
  }
}

TEST_CASE("outcomes that are swapped in the files swap the plan") {
  const store_folder folder;
  const store_folder swapped;
  fill(folder, 80, 45);
  fill(swapped, 45, 80);
  CHECK(predict(folder)->n_jobs == 2);
  for (const std::string& file : folder.files()) std::filesystem::remove(file);
  for (const std::string& file : swapped.files()) {
    std::filesystem::copy(file, folder.path());
  }
  CHECK(predict(folder)->n_jobs == 1);
}

TEST_CASE("what is learned without a store stays in its runtime") {
  runtime one(runtime_options{.store = "off", .max_n_jobs = 2});
  runtime other(runtime_options{.store = "off", .max_n_jobs = 2});
  tell(one, "work", 2, 45, 3);
  CHECK_NOTHROW(one.save());
  CHECK(predict(one));
  CHECK_FALSE(predict(other));
}

TEST_CASE("learning that is frozen or off writes nothing, not even a folder") {
  const store_folder filled;
  const store_folder missing;
  fill(filled, 80, 45);
  for (const learning strict : {learning::frozen, learning::off}) {
    for (const store_folder* const folder : {&filled, &missing}) {
      CAPTURE(static_cast<int>(strict));
      CAPTURE(folder == &missing);
      const auto before = folder->contents();
      {
        runtime on(runtime_options{.store = folder->path(), .learn = strict, .max_n_jobs = 2});
        predict(on);
        tell(on, "work", 1, 1, 10);
        for (int call = 0; call < 20; ++call) source_of_call(on);
        CHECK_NOTHROW(on.save());
      }
      CHECK(folder->contents() == before);
      CHECK(std::filesystem::exists(folder->path()) == (folder == &filled));
    }
  }
  runtime frozen(
      runtime_options{.store = filled.path(), .learn = learning::frozen, .max_n_jobs = 2});
  CHECK(predict(frozen));
}

TEST_CASE("the name of work is only its name, whatever a file system makes of it") {
  const store_folder folder;
  const std::vector<std::string> names{"../../outside",
                                       "/absolute",
                                       "a/b",
                                       std::string("nul\0nul", 7),
                                       "\xff\xfe not UTF-8",
                                       "\"quotes\" and \\",
                                       std::string(5'000, 'x')};
  {
    runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
    for (const std::string& name : names) tell(on, name, 2, 45, 3);
    on.save();
  }
  CHECK(folder.files().size() == names.size());
  for (const auto& [path, text] : folder.contents()) CHECK(contains(path, folder.path()));
  for (const std::string& name : names) {
    CAPTURE(name.substr(0, 20));
    CHECK(predict(folder, name));
  }
}

/// What a runtime says of its store.
struct warned {
  std::vector<std::string> sentences;
  std::mutex mutex;
  std::atomic<int> inside{0};

  runtime_options options(const std::string& store) {
    return {.store = store, .max_n_jobs = 2, .on_warning = [this](std::string_view sentence) {
              CHECK(inside++ == 0);
              const std::lock_guard lock(mutex);
              sentences.emplace_back(sentence);
              --inside;
            }};
  }
  int saying(const std::string& part) {
    const std::lock_guard lock(mutex);
    int count = 0;
    for (const std::string& sentence : sentences) count += contains(sentence, part) ? 1 : 0;
    return count;
  }
};

TEST_CASE("a damaged file is told of once, set aside, and fails no call") {
  for (const std::string_view garbage : {"", "{", "not JSON at all", "{\"format\":\"amorsize\"}"}) {
    CAPTURE(garbage);
    const store_folder folder;
    fill(folder, 80, 45);
    REQUIRE(folder.files().size() == 1);
    const std::string damaged = folder.files().front();
    std::ofstream(damaged, std::ios::trunc) << garbage;
    warned heard;
    runtime on(heard.options(folder.path()));
    CHECK_FALSE(predict(on));
    CHECK_FALSE(predict(on));
    CHECK(source_of_call(on) == plan_source::sampled);
    CHECK(heard.saying(damaged) == 1);
    CHECK(folder.files().empty());
    tell(on, "work", 2, 45, 3);
    CHECK_NOTHROW(on.save());
    CHECK(predict(folder));
  }
}

TEST_CASE("what was only told is in the store once its runtime is gone") {
  const store_folder folder;
  {
    runtime on({.store = folder.path(), .max_n_jobs = 2});
    tell(on, "work", 2, 45, 3);
  }
  CHECK(predict(folder));
}

TEST_CASE("who is told of a warning may come back to the runtime that tells it") {
  const store_folder folder;
  fill(folder, 80, 45);
  std::ofstream(folder.files().front(), std::ios::trunc) << "garbage";
  int told = 0;
  runtime* teller = nullptr;
  runtime on({.store = folder.path(), .max_n_jobs = 2, .on_warning = [&](std::string_view) {
                ++told;
                CHECK_FALSE(predict(*teller));
                CHECK_NOTHROW(teller->save());
              }});
  teller = &on;
  CHECK_FALSE(predict(on));
  CHECK(told == 1);
}

TEST_CASE("of a file that was cut anywhere, nothing is believed") {
  const store_folder folder;
  fill(folder, 80, 45);
  const std::string file = folder.files().front();
  const std::string whole = store_folder::text_of(file);
  for (std::size_t size = 0; size + 2 < whole.size(); size += 97) {
    CAPTURE(size);
    std::ofstream(file, std::ios::trunc) << whole.substr(0, size);
    CHECK_FALSE(predict(folder));
  }
  std::ofstream(file, std::ios::trunc) << whole;
  CHECK(predict(folder));
}

TEST_CASE("a folder that cannot be written is told of once, and fails no call but save") {
  const store_folder folder;
  std::ofstream(folder.path()) << "a file where the folder should be";
  const std::string below = folder.path() + "/below";
  for (const std::string& store : {folder.path(), below}) {
    CAPTURE(store);
    warned heard;
    runtime on(heard.options(store));
    CHECK_FALSE(predict(on));
    CHECK(source_of_call(on) == plan_source::sampled);
    tell(on, "work", 2, 45, 3);
    CHECK(predict(on));
    CHECK(heard.saying(store) == 1);
    CHECK_THROWS_AS(on.save(), amorsize::store_error);
    CHECK_THROWS_AS(on.save(), amorsize::error);
    CHECK(source_of_call(on) == plan_source::predicted);
  }
  CHECK(folder.contents().size() == 1);
}

TEST_CASE("a store that is no absolute path is refused") {
  for (const std::string bad : {"relative", "./here", "on", "OFF", " /tmp", "~/store"}) {
    CHECK(support::message_of([&] { runtime on(runtime_options{.store = bad}); }) ==
          "store is \"" + bad + "\", must be an absolute path, \"off\" or empty (automatic)");
  }
  CHECK_FALSE(std::filesystem::exists("relative"));
}

}  // namespace
