#include "store/store.hpp"
#include "support.hpp"

using namespace amorsize::detail;

namespace {

constexpr auto synced = durability::synced;
constexpr operation all_operations[] = {operation::open,    operation::create, operation::lock,
                                        operation::read,    operation::write,  operation::sync,
                                        operation::replace, operation::move,   operation::remove,
                                        operation::look,    operation::list};

/// Files of some other processes, one call each, not compacted.
void crowd(const std::string& folder, int how_many) {
  const int lock = real_files().lock(folder + "/lock");
  REQUIRE(lock >= 0);
  for (int i = 0; i < how_many; ++i) {
    store other(folder, real_files(), {});
    REQUIRE(other.open());
    REQUIRE(other.save(measured(1), durability::quick));
  }
  real_files().close(lock);
}

/// Tries `change` with each operation of each kind failing, until none is left to fail. It is given
/// a store that has saved a call of its own, beside which `beside` processes have.
template <class Change>
void with_each_failure(int beside, bool writes_short, const Change& change) {
  for (const operation kind : all_operations) {
    for (int nth = 1;; ++nth) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(nth);
      const temporary_folder folder;
      failing_files faulty;
      faulty.writes_short = writes_short;
      store failing(folder.path(), faulty, {});
      REQUIRE(failing.open());
      REQUIRE(failing.save(measured(1), synced));
      crowd(folder.path(), beside);
      faulty.fail(kind, nth);
      change(failing, faulty, folder.path());
      if (!faulty.has_failed()) break;
    }
  }
}

/// One save while an operation fails, one after.
void save_twice(store& failing, failing_files& faulty, const std::string& folder) {
  const double before = stored_calls(folder, 1);
  const double saved = failing.save(measured(1, 10), synced) ? 10 : 0;
  faulty.fail_no_more();
  REQUIRE(stored_calls(folder, 1) == before + saved);
  REQUIRE(failing.save(measured(1, 100), synced));
  REQUIRE(stored_calls(folder, 1) == before + saved + 100);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    REQUIRE(entry.path().filename().string().find(".tmp") == std::string::npos);
  }
  REQUIRE(failing.damaged() == 0);
  REQUIRE(calls_of(failing, 1) == before + saved + 100);
}

}  // namespace

TEST_CASE("whatever fails while a file is rewritten, nothing is lost and the next save works") {
  with_each_failure(0, false, save_twice);
}

TEST_CASE("whatever fails while files are compacted, nothing is lost or counted twice") {
  with_each_failure(4, false, save_twice);
}

TEST_CASE("short writes are written on, and may fail in the middle of a file") {
  with_each_failure(0, true, save_twice);
}

TEST_CASE("whatever fails while a store is opened and read, it reads well afterwards") {
  with_each_failure(2, false, [](store&, failing_files& faulty, const std::string& folder) {
    store reader(folder, faulty, {});
    reader.open();
    calls_of(reader, 1);
    reader.find_machine(1);
    reader.for_each([](const workload_record&) { return true; });
    faulty.fail_no_more();
    REQUIRE(calls_of(reader, 1) == 3);
    REQUIRE(reader.damaged() == 0);
  });
}

TEST_CASE("whatever fails while a machine is saved, what was known stays known") {
  const temporary_folder folder;
  failing_files faulty;
  store failing(folder.path(), faulty, {});
  REQUIRE(failing.open());
  for (const operation kind : all_operations) {
    for (int nth = 1; nth < 5; ++nth) {
      REQUIRE(failing.save_machine({5, 1e9, 1, 2, 3, 4, 5, 6}, synced));
      faulty.fail(kind, nth);
      const bool saved = failing.save_machine({5, 2e9, 1, 2, 3, 4, 5, 6}, synced);
      faulty.fail_no_more();
      const auto found = failing.find_machine(5);
      REQUIRE(found);
      REQUIRE(found->bandwidth == (saved ? 2e9 : 1e9));
    }
  }
  CHECK(faulty.has_failed());
}

TEST_CASE("a save that could not be written says so") {
  const temporary_folder folder;
  failing_files faulty;
  store failing(folder.path(), faulty, {});
  REQUIRE(failing.open());
  for (const operation kind :
       {operation::create, operation::write, operation::sync, operation::move}) {
    faulty.fail(kind, 1);
    CHECK_FALSE(failing.save(measured(1), synced));
    CHECK(faulty.has_failed());
    faulty.fail_no_more();
    CHECK(stored_calls(folder.path(), 1) == 0);
  }
  faulty.fail(operation::sync, 1);
  CHECK(failing.save(measured(1), durability::quick));
  CHECK(faulty.count(operation::sync) == 0);
}

TEST_CASE("a temporary file that could not be removed is removed before the next one is written") {
  class broken_files : public failing_files {
   public:
    bool is_broken = false;
    bool sync(int file) override { return !is_broken && failing_files::sync(file); }
    bool remove(const std::string& path) override {
      errno = EIO;
      return !is_broken && failing_files::remove(path);
    }
  };
  const temporary_folder folder;
  broken_files files;
  store failing(folder.path(), files, {});
  REQUIRE(failing.open());
  files.is_broken = true;
  CHECK_FALSE(failing.save(measured(1), synced));
  CHECK(folder.names(".tmp-").size() == 1);
  files.is_broken = false;
  CHECK(failing.save(measured(1), synced));
  CHECK(folder.names(".tmp-").empty());
}
