#include <sys/stat.h>

#include "store/store.hpp"
#include "support.hpp"

using namespace amorsize::detail;

namespace {

constexpr auto quick = durability::quick;
const std::string prefix = "ml_training_0000000000000001_";

struct watched_store {
  explicit watched_store(const std::string& folder)
      : kept(folder, real_files(), [this](std::string_view said) { warnings.emplace_back(said); }) {
    REQUIRE(kept.open());
  }
  std::vector<std::string> warnings;
  store kept;
};

}  // namespace

TEST_CASE("damaged files are set aside, counted and reported once each; the others are read") {
  const temporary_folder folder;
  watched_store only(folder.path());
  REQUIRE(only.kept.save(measured(1, 3), quick));
  for (const char* time : {"1", "2", "3"}) write_text(folder / (prefix + time + ".json"), "{\"");
  for (int i = 0; i < 3; ++i) CHECK(only.kept.find(1).size() == 1);
  CHECK(only.kept.damaged() == 3);
  REQUIRE(only.warnings.size() == 3);
  CHECK(only.warnings[0] == "the store's file " + (folder / (prefix + "1.json")) +
                                " is damaged; it is ignored and set aside");
  CHECK(folder.names().size() == 1);
  CHECK(text_of(folder / ("damaged/" + prefix + "2.json")) == "{\"");
}

TEST_CASE("at most 100 damaged files are kept") {
  const temporary_folder folder;
  watched_store only(folder.path());
  for (int i = 1; i <= 120; ++i) {
    write_text(folder / (prefix + std::to_string(i) + ".json"), "x");
  }
  CHECK(only.kept.find(1).empty());
  CHECK(only.kept.damaged() == 120);
  CHECK(folder.names().empty());
  CHECK(real_files().list(folder / "damaged")->size() == 100);
}

TEST_CASE("a damaged file stays where it is while another process writes") {
  const temporary_folder folder;
  watched_store only(folder.path());
  write_text(folder / (prefix + "1.json"), "x");
  const int lock = real_files().lock(folder / "lock");
  CHECK(only.kept.find(1).empty());
  real_files().close(lock);
  CHECK(only.kept.damaged() == 1);
  CHECK(folder.names().size() == 1);
  CHECK(only.kept.find(1).empty());
  CHECK(folder.names().empty());
  CHECK(only.warnings.size() == 1);
}

TEST_CASE("newer versions and other formats are neither read nor touched") {
  const temporary_folder folder;
  watched_store only(folder.path());
  write_text(folder / (prefix + "1.json"), R"({"format":"amorsize","version":2})");
  write_text(folder / (prefix + "2.json"), R"({"format":"other"})");
  CHECK(only.kept.find(1).empty());
  CHECK(only.kept.damaged() == 0);
  CHECK(only.warnings.empty());
  CHECK(folder.names().size() == 2);
}

TEST_CASE("links, folders and pipes with our names are not followed, read or touched") {
  const temporary_folder folder;
  const temporary_folder outside;
  {
    watched_store other(outside.path());
    REQUIRE(other.kept.save(measured(1, 3), quick));
    REQUIRE(other.kept.save_machine({5}, quick));
  }
  const std::string name = outside.names().front();
  watched_store only(folder.path());
  std::filesystem::create_symlink(outside / name, folder / (prefix + "1.json"));
  std::filesystem::create_directory(folder / (prefix + "2.json"));
  REQUIRE(mkfifo((folder / (prefix + "3.json")).c_str(), 0600) == 0);
  CHECK(only.kept.find(1).empty());
  std::filesystem::create_symlink(outside / machine_name(5), folder / machine_name(5));
  CHECK_FALSE(only.kept.find_machine(5));
  only.kept.tidy();
  CHECK(only.kept.find(1).empty());
  CHECK(only.kept.damaged() == 0);
  CHECK(folder.names().size() == 3);
  CHECK(stored_calls(outside.path(), 1) == 3);
}

TEST_CASE("a file larger than a megabyte is set aside unread") {
  const temporary_folder folder;
  watched_store only(folder.path());
  write_text(folder / (prefix + "1.json"), std::string((std::size_t{1} << 20U) + 1, ' '));
  CHECK(only.kept.find(1).empty());
  CHECK(only.kept.damaged() == 1);
  CHECK(folder.names().empty());
}

TEST_CASE("samples of the first amorsize are found, and never rewritten or merged away") {
  const temporary_folder folder;
  watched_store only(folder.path());
  const std::string sample = R"({"features": {"data_size": 1000, "estimated_item_time": 0.001},
    "n_jobs": 2, "chunksize": 10, "speedup": 1.5, "timestamp": 1700000000.0,
    "function_signature": "0000000000000001"})";
  for (int i = 1; i <= 6; ++i) {
    write_text(folder / (prefix + std::to_string(i) + ".json"), sample);
  }
  CHECK(calls_of(only.kept, 1) == 6);
  for (int i = 0; i < 6; ++i) {
    watched_store other(folder.path());
    REQUIRE(other.kept.save(measured(1), quick));
  }
  only.kept.tidy();
  CHECK(stored_calls(folder.path(), 1) == 12);
  for (int i = 1; i <= 6; ++i) {
    CHECK(text_of(folder / (prefix + std::to_string(i) + ".json")) == sample);
  }
  CHECK(folder.names().size() < 12);
}

TEST_CASE("old temporary files are swept, young ones are left to who writes them") {
  const temporary_folder folder;
  watched_store only(folder.path());
  write_text(folder / ".tmp-1-1", "");
  write_text(folder / ".tmp-1-2", "");
  write_text(folder / "mine.txt", "");
  const auto now = std::filesystem::file_time_type::clock::now();
  for (const char* name : {".tmp-1-1", "mine.txt"}) {
    std::filesystem::last_write_time(folder / name, now - std::chrono::hours(2));
  }
  only.kept.tidy();
  CHECK(folder.names(".tmp-") == std::vector<std::string>{".tmp-1-2"});
  CHECK(folder.names("mine").size() == 1);
}
