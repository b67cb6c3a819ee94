#include "store/index.hpp"

#include <algorithm>

#include "support.hpp"

using namespace amorsize::detail;

namespace {

constexpr auto quick = durability::quick;

std::vector<training_name> some_names() {
  return {{1, 5, false}, {1, 5, true}, {1, 7, false}, {~0ULL, timestamp_limit - 1, true}};
}

void fill(const std::string& folder, std::uint64_t workloads) {
  store writer(folder, real_files(), {});
  REQUIRE(writer.open());
  for (std::uint64_t hash = 1; hash <= workloads; ++hash) {
    REQUIRE(writer.save(measured(hash, static_cast<double>(hash)), quick));
  }
  writer.tidy();
}

/// A reader that counts what it does to the files.
struct reader {
  explicit reader(const temporary_folder& folder) : kept(folder.path(), counted, {}) {}
  failing_files counted;
  store kept;
};

}  // namespace

TEST_CASE("an index survives the round trip, for the state of the folder it was made of") {
  const auto names = some_names();
  const std::string text = encode_index(names, 123);
  CHECK(decode_index(text, 123) == names);
  CHECK_FALSE(decode_index(text, 124));
  CHECK(decode_index(encode_index({}, 5), 5)->empty());
}

TEST_CASE("an index with any bit flipped or any end missing is not believed") {
  const std::string text = encode_index(some_names(), 123);
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    REQUIRE_FALSE(decode_index(text.substr(0, size), 123));
  }
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit);
    REQUIRE_FALSE(decode_index(flipped, 123));
  }
  CHECK_FALSE(decode_index(text + "x", 123));
  auto unsorted = some_names();
  std::swap(unsorted.front(), unsorted.back());
  CHECK_FALSE(decode_index(encode_index(unsorted, 123), 123));
}

TEST_CASE("through a fresh index a record is found by one look and two opens, without listing") {
  const temporary_folder folder;
  fill(folder.path(), 50);
  reader one(folder);
  CHECK(calls_of(one.kept, 17) == 17);
  CHECK(one.counted.count(operation::list) == 0);
  CHECK(one.counted.count(operation::open) == 2);
  CHECK(one.counted.count(operation::look) == 1);
  CHECK(calls_of(one.kept, 18) == 18);
  CHECK(one.counted.count(operation::open) == 3);
  CHECK(calls_of(one.kept, 51) == 0);
  CHECK(one.counted.count(operation::open) == 3);
}

TEST_CASE("an index is stale once the folder changed, also within one step of its clock") {
  const temporary_folder folder;
  fill(folder.path(), 5);
  constexpr std::int64_t stopped_clock = 1'700'000'000'000'000'000;
  for (std::uint64_t hash = 100; hash < 105; ++hash) {
    const training_name name{hash, 1, false};
    workload_record record = measured(hash, 3);
    record.from = {"elsewhere", hash, 1};
    write_text(folder / name.text(), to_text(record));
    REQUIRE(real_files().set_modified(folder / ".", stopped_clock));
    reader one(folder);
    REQUIRE(calls_of(one.kept, hash) == 3);
    REQUIRE(one.counted.count(operation::list) == 1);
    store tidier(folder.path(), real_files(), {});
    REQUIRE(tidier.open());
    tidier.tidy();
    reader other(folder);
    REQUIRE(calls_of(other.kept, hash) == 3);
    REQUIRE(other.counted.count(operation::list) == 0);
  }
}

TEST_CASE("a store that has read the index sees what others save afterwards") {
  const temporary_folder folder;
  fill(folder.path(), 5);
  reader one(folder);
  for (int i = 1; i <= 20; ++i) {
    CHECK(calls_of(one.kept, 1) == i);
    store other(folder.path(), real_files(), {});
    REQUIRE(other.open());
    REQUIRE(other.save(measured(1), quick));
  }
}

TEST_CASE("a damaged or missing index only costs the listing, and the next saver renews it") {
  const temporary_folder folder;
  const std::string index = folder / "index/training.idx";
  for (const char* text :
       {"", "garbage", "long garbage that could be a header and some rows of it"}) {
    fill(folder.path(), 5);
    write_text(index, text);
    reader one(folder);
    CHECK(calls_of(one.kept, 3) >= 3);
    CHECK(one.counted.count(operation::list) == 1);
    fill(folder.path(), 5);
    reader other(folder);
    CHECK(calls_of(other.kept, 3) >= 3);
    CHECK(other.counted.count(operation::list) == 0);
  }
  std::filesystem::remove_all(folder / "index");
  reader one(folder);
  CHECK(calls_of(one.kept, 3) >= 3);
}

TEST_CASE("an index that lies is found out where a file is gone") {
  const temporary_folder folder;
  fill(folder.path(), 3);
  const auto state = real_files().look(folder / ".");
  REQUIRE(state);
  const std::vector<training_name> lies = {{1, 1, false}, {2, 1, false}};
  write_text(folder / "index/training.idx", encode_index(lies, state->modified_ns));
  reader one(folder);
  CHECK(calls_of(one.kept, 2) == 2);
  CHECK(one.counted.count(operation::list) == 1);
}

TEST_CASE("beyond 20,000 files the oldest are removed") {
  class many_files : public failing_files {
   public:
    std::vector<std::string> removed;
    bool remove(const std::string& path) override {
      if (path.find("ml_training_") == std::string::npos) return failing_files::remove(path);
      removed.push_back(path.substr(path.rfind('/') + 1));
      return true;
    }
    std::optional<std::vector<std::string>> list(const std::string&) override {
      std::vector<std::string> names;
      for (std::uint64_t i = 0; i < most_training_files + 3; ++i) {
        const std::string name = training_name{i * 7'919 % 30'011, i + 1, false}.text();
        if (std::find(removed.begin(), removed.end(), name) == removed.end()) names.push_back(name);
      }
      return names;
    }
  };
  const temporary_folder folder;
  many_files files;
  store crowded(folder.path(), files, {});
  REQUIRE(crowded.open());
  crowded.tidy();
  std::sort(files.removed.begin(), files.removed.end());
  std::vector<std::string> oldest;
  for (std::uint64_t i = 0; i < 3; ++i) {
    oldest.push_back(training_name{i * 7'919 % 30'011, i + 1, false}.text());
  }
  std::sort(oldest.begin(), oldest.end());
  CHECK(files.removed == oldest);
}
