#include "store/store.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <set>

#include "support.hpp"

using namespace amorsize::detail;

namespace {

constexpr auto quick = durability::quick;

struct watched_store {
  explicit watched_store(const std::string& folder)
      : kept(folder, real_files(), [this](std::string_view said) { warnings.emplace_back(said); }) {
    CHECK(kept.open());
  }
  std::vector<std::string> warnings;
  store kept;
};

}  // namespace

TEST_CASE("what one store saved, another one finds") {
  const temporary_folder folder;
  watched_store first(folder.path());
  CHECK(first.kept.find(1).empty());
  REQUIRE(first.kept.save(measured(1, 5), durability::synced));
  workload_record streaming = measured(1, 7);
  streaming.is_streaming = true;
  REQUIRE(first.kept.save(streaming, durability::synced));
  CHECK(stored_calls(folder.path(), 1) == 5);
  CHECK(stored_calls(folder.path(), 1, true) == 7);
  CHECK(stored_calls(folder.path(), 2) == 0);
  CHECK(folder.names("ml_training_0000000000000001_").size() == 1);
  CHECK(folder.names("ml_training_streaming_0000000000000001_").size() == 1);
  CHECK(folder.names(".tmp-").empty());
}

TEST_CASE("saves of one process add up in one file") {
  const temporary_folder folder;
  watched_store only(folder.path());
  for (int i = 0; i < 20; ++i) REQUIRE(only.kept.save(measured(1, 2), quick));
  CHECK(stored_calls(folder.path(), 1) == 40);
  CHECK(folder.names().size() == 1);
  CHECK(only.kept.find(1).front().from.sequence == 20);
}

TEST_CASE("the folder and its parents are made, for their owner only") {
  const temporary_folder folder;
  watched_store only(folder / "a/b/c");
  CHECK(only.kept.is_writable());
  struct stat found {};
  REQUIRE(stat((folder / "a/b/c").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0700);
}

TEST_CASE("a folder that cannot be is not writable, and nothing can be saved or found") {
  const temporary_folder folder;
  write_text(folder / "file", "");
  for (const std::string& path : {folder / "file", folder / "file/below", std::string()}) {
    store none(path, real_files(), {});
    CHECK_FALSE(none.open());
    CHECK_FALSE(none.is_writable());
    CHECK_FALSE(none.save(measured(1), quick));
    CHECK_FALSE(none.save_machine({1}, quick));
    CHECK(none.find(1).empty());
  }
}

TEST_CASE("two stores that save in turn lose nothing") {
  const temporary_folder folder;
  watched_store a(folder.path());
  watched_store b(folder.path());
  for (int i = 1; i <= 30; ++i) {
    REQUIRE(a.kept.save(measured(1), quick));
    REQUIRE(b.kept.save(measured(1, 10), quick));
    REQUIRE(stored_calls(folder.path(), 1) == 11 * i);
  }
  CHECK(folder.names().size() == 2);
}

TEST_CASE("files of many processes are compacted to few, and no call is lost") {
  const temporary_folder folder;
  for (int i = 1; i <= 100; ++i) {
    watched_store one(folder.path());
    REQUIRE(one.kept.save(measured(1), quick));
    REQUIRE(stored_calls(folder.path(), 1) == i);
    REQUIRE(folder.names().size() <= 5);
  }
}

TEST_CASE("a store goes on after another one has compacted its file") {
  const temporary_folder folder;
  watched_store a(folder.path());
  REQUIRE(a.kept.save(measured(1, 100), quick));
  for (int i = 0; i < 4; ++i) {
    watched_store other(folder.path());
    REQUIRE(other.kept.save(measured(1), quick));
  }
  REQUIRE(folder.names().size() == 1);
  REQUIRE(a.kept.save(measured(1, 1'000), quick));
  CHECK(calls_of(a.kept, 1) == 1'104);
  CHECK(stored_calls(folder.path(), 1) == 1'104);
}

TEST_CASE("what compaction could not remove does not count twice") {
  const temporary_folder folder;
  std::vector<std::string> copies;
  for (int i = 0; i < 4; ++i) {
    watched_store one(folder.path());
    REQUIRE(one.kept.save(measured(1, 1 << i), quick));
  }
  for (const std::string& name : folder.names()) copies.push_back(text_of(folder / name));
  watched_store last(folder.path());
  REQUIRE(last.kept.save(measured(1, 16), quick));
  REQUIRE(folder.names().size() == 1);
  for (std::size_t i = 0; i < copies.size(); ++i) {
    write_text(folder / training_name{1, i, false}.text(), copies[i]);
  }
  CHECK(stored_calls(folder.path(), 1) == 31);
  last.kept.tidy();
  CHECK(folder.names().size() == 1);
  CHECK(stored_calls(folder.path(), 1) == 31);
}

TEST_CASE("files of different machines are never merged") {
  const temporary_folder folder;
  for (std::uint64_t machine = 1; machine <= 8; ++machine) {
    watched_store one(folder.path());
    REQUIRE(one.kept.save(measured(1, 1, machine), quick));
  }
  CHECK(folder.names().size() == 8);
  for (int i = 0; i < 4; ++i) {
    watched_store one(folder.path());
    REQUIRE(one.kept.save(measured(1, 1, 1), quick));
  }
  watched_store reader(folder.path());
  reader.kept.tidy();
  CHECK(folder.names().size() == 8);
  std::set<std::uint64_t> machines;
  for (const workload_record& record : reader.kept.find(1)) machines.insert(record.fingerprint);
  CHECK(machines.size() == 8);
}

TEST_CASE("copies of a file under another name count once") {
  const temporary_folder folder;
  watched_store only(folder.path());
  REQUIRE(only.kept.save(measured(1, 3), quick));
  const std::string text = text_of(folder / folder.names().front());
  for (const char* time : {"1", "2"}) {
    write_text(folder / ("ml_training_0000000000000001_" + std::string(time) + ".json"), text);
  }
  CHECK(only.kept.find(1).size() == 3);
  CHECK(stored_calls(folder.path(), 1) == 3);
}

TEST_CASE("a file that its user deleted is begun anew") {
  const temporary_folder folder;
  watched_store only(folder.path());
  REQUIRE(only.kept.save(measured(1, 3), quick));
  std::filesystem::remove(folder / folder.names().front());
  REQUIRE(only.kept.save(measured(1, 4), quick));
  CHECK(stored_calls(folder.path(), 1) == 4);
}

TEST_CASE("while another process keeps the lock, a new file takes what is saved") {
  const temporary_folder folder;
  watched_store only(folder.path());
  REQUIRE(only.kept.save(measured(1, 3), quick));
  const int lock = real_files().lock(folder / "lock");
  REQUIRE(lock >= 0);
  CHECK(only.kept.save(measured(1, 4), quick));
  CHECK(only.kept.open());
  real_files().close(lock);
  CHECK(folder.names().size() == 2);
  REQUIRE(only.kept.save(measured(1, 5), quick));
  CHECK(folder.names().size() == 2);
  CHECK(stored_calls(folder.path(), 1) == 12);
}

TEST_CASE("a forked child begins files of its own, and parent and child lose nothing") {
  const temporary_folder folder;
  store both(folder.path(), real_files(), {});
  REQUIRE(both.open());
  REQUIRE(both.save(measured(1, 1), quick));
  for (int i = 0; i < 3; ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(both.save(measured(1, 10), quick) ? 0 : 1);
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    REQUIRE(both.save(measured(1, 100), quick));
  }
  CHECK(stored_calls(folder.path(), 1) == 331);
}

TEST_CASE("a million calls on 100 workloads take a megabyte at most") {
  const temporary_folder folder;
  watched_store only(folder.path());
  for (int round = 0; round < 20; ++round) {
    for (std::uint64_t work = 1; work <= 100; ++work) {
      workload_record delta = measured(work, 500);
      for (int n : {1, 2, 4, 8}) {
        outcome other = delta.sizes[0].outcomes[0];
        other.by = {n, round % 5, 0, true};
        delta.sizes[0].outcomes.push_back(other);
      }
      REQUIRE(only.kept.save(delta, quick));
    }
  }
  only.kept.tidy();
  std::uintmax_t bytes = 0;
  double calls = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  only.kept.for_each([&calls](const workload_record& record) {
    calls += record.sizes.front().calls;
    return true;
  });
  CHECK(calls == 1'000'000);
  CHECK(bytes <= 1'000'000);
  CHECK(folder.names().size() == 100);
}

TEST_CASE("machine records are saved and found by fingerprint") {
  const temporary_folder folder;
  watched_store only(folder.path());
  CHECK_FALSE(only.kept.find_machine(5));
  REQUIRE(only.kept.save_machine({5, 1e10, 100, 200, 300, 400, 500, 6}, durability::synced));
  REQUIRE(only.kept.save_machine({5, 2e10, 100, 200, 300, 400, 500, 6}, quick));
  REQUIRE(only.kept.find_machine(5));
  CHECK(only.kept.find_machine(5)->bandwidth == 2e10);
  CHECK_FALSE(only.kept.find_machine(6));
  std::filesystem::copy(folder / machine_name(5), folder / machine_name(6));
  CHECK_FALSE(only.kept.find_machine(6));
  CHECK(only.kept.damaged() == 1);
  const std::string newer = R"({"format":"amorsize","version":2})";
  write_text(folder / machine_name(7), newer);
  CHECK_FALSE(only.kept.find_machine(7));
  CHECK_FALSE(only.kept.save_machine({7}, quick));
  CHECK(text_of(folder / machine_name(7)) == newer);
}

TEST_CASE("all files are visited until it is enough") {
  const temporary_folder folder;
  watched_store only(folder.path());
  for (std::uint64_t hash = 1; hash <= 5; ++hash) REQUIRE(only.kept.save(measured(hash), quick));
  std::set<std::uint64_t> seen;
  only.kept.for_each([&seen](const workload_record& record) {
    seen.insert(record.hash);
    return true;
  });
  CHECK(seen.size() == 5);
  int visits = 0;
  only.kept.for_each([&visits](const workload_record&) { return ++visits < 2; });
  CHECK(visits == 2);
}
