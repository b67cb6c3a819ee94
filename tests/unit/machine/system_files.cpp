#include "machine/system_files.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace amorsize::detail;

namespace {

/// A folder that is there for one test.
class own_folder {
 public:
  own_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "amorsize-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    name_ = name;
  }
  own_folder(const own_folder&) = delete;
  own_folder& operator=(const own_folder&) = delete;
  ~own_folder() { std::filesystem::remove_all(name_); }

  void write(const std::string& path, const std::string& text) const {
    std::ofstream(name_ + path) << text;
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

}  // namespace

TEST_CASE("a file is read under the root, whole where it is small") {
  const own_folder root;
  const system_files files(root.name());
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 65536U}) {
    CAPTURE(size);
    const std::string text(size, 'x');
    root.write("/file", text);
    CHECK(files.read("/file") == text);
  }
}

TEST_CASE("no more is read than was asked for, and 64 KiB unless told") {
  const own_folder root;
  root.write("/file", std::string(65536, 'a') + std::string(65536, 'b'));
  const system_files files(root.name());
  CHECK(files.read("/file") == std::string(65536, 'a'));
  CHECK(files.read("/file", 10) == std::string(10, 'a'));
  CHECK(files.read("/file", 1024 * 1024)->size() == 131072);
}

TEST_CASE("what is no readable file is absent") {
  const own_folder root;
  std::filesystem::create_directory(root.name() + "/folder");
  const system_files files(root.name());
  CHECK_FALSE(files.read("/missing").has_value());
  CHECK_FALSE(files.read("/folder").has_value());
  CHECK_FALSE(files.read("/missing/file").has_value());
}

TEST_CASE("without a root it is the system's file, which tells no size beforehand") {
  const auto status = system_files().read("/proc/self/status");
  REQUIRE(status.has_value());
  CHECK(status->find("\nPid:\t" + std::to_string(getpid()) + "\n") != std::string::npos);
}
