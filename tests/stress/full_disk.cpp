/// A disk that fills up: saves fail and say so, nothing is torn, and space makes them work again.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "expect.hpp"
#include "learn/merge.hpp"
#include "store/store.hpp"

namespace {

using namespace amorsize::detail;

workload_record one_call(std::uint64_t hash) {
  workload_record record;
  record.hash = hash;
  record.identity = std::string(3'000, 'x');
  sized_record size;
  size.size_class = 1;
  size.calls = 1;
  record.sizes.push_back(size);
  return record;
}

double stored_calls(const std::string& folder, std::uint64_t hash) {
  store fresh(folder, real_files(), {});
  const workload_record whole = merged(fresh.find(hash));
  expect(fresh.damaged() == 0, "nothing is torn");
  return whole.sizes.empty() ? 0 : whole.sizes.front().calls;
}

/// Takes all the space there is, but for less than a page.
void fill(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  expect(file >= 0, "a file can be made");
  const std::string some(4'096, 'x');
  while (write(file, some.data(), some.size()) > 0) {
  }
  close(file);
}

void use(const std::string& folder) {
  store kept(folder, real_files(), {});
  expect(kept.open(), "an empty disk can be written to");
  expect(kept.save(one_call(1), durability::synced), "an empty disk takes a record");
  double saved = 1;
  const std::string ballast = folder + "/ballast";
  for (int round = 0; round < 3; ++round) {
    fill(ballast);
    for (const auto how : {durability::synced, durability::quick}) {
      expect(!kept.save(one_call(1), how), "a save on a full disk fails");
      expect(!kept.save(one_call(2), how), "a new file on a full disk fails");
      expect(!kept.save_machine({1}, how), "a machine on a full disk fails");
    }
    expect(stored_calls(folder, 1) == saved, "what was there stays there");
    expect(stored_calls(folder, 2) == 0, "what failed left nothing");
    expect(unlink(ballast.c_str()) == 0, "space can be made");
    expect(kept.save(one_call(1), durability::synced), "with space, saves work again");
    expect(stored_calls(folder, 1) == ++saved, "with space, a save adds up");
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    expect(name.find("tmp") == std::string::npos, "no temporary file is left");
  }
}

}  // namespace

int main() {
  // Seen by this process alone, and gone with it.
  if (unshare(CLONE_NEWNS) != 0) return skipped;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return skipped;
  std::string folder = std::filesystem::temp_directory_path() / "amorsize-XXXXXX";
  expect(mkdtemp(folder.data()) != nullptr, "a temporary folder can be made");
  const bool is_small = mount("none", folder.c_str(), "tmpfs", 0, "size=64k") == 0;
  if (is_small) use(folder);
  if (is_small) expect(umount(folder.c_str()) == 0, "the disk can be taken away");
  expect(rmdir(folder.c_str()) == 0, "the folder can be removed");
  return is_small ? 0 : skipped;
}
