/// A store that its user may read but not write: it is read, and nothing else fails or is changed.
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "expect.hpp"
#include "store/store.hpp"

namespace {

using namespace amorsize::detail;

constexpr uid_t nobody = 65'534;

workload_record one_call() {
  workload_record record;
  record.hash = 1;
  return record;
}

void read_only(const std::string& folder) {
  expect(setgroups(0, nullptr) == 0 && setgid(nobody) == 0 && setuid(nobody) == 0,
         "root can become nobody");
  store kept(folder, real_files(), {});
  expect(!kept.open(), "a folder of another user cannot be written to");
  expect(!kept.is_writable(), "the store knows that");
  expect(kept.find(1).size() == 1, "what is there is read");
  expect(!kept.save(one_call(), durability::synced), "a save fails");
  expect(!kept.save_machine({1}, durability::quick), "a machine fails");
  kept.tidy();
  expect(kept.damaged() == 1, "what is damaged is counted");
  store none(folder + "/below", real_files(), {});
  expect(!none.open(), "no folder can be made in it");
  expect(none.find(1).empty(), "there is nothing in it");
}

}  // namespace

int main() {
  if (geteuid() != 0) return skipped;
  std::string folder = std::filesystem::temp_directory_path() / "amorsize-XXXXXX";
  expect(mkdtemp(folder.data()) != nullptr, "a temporary folder can be made");
  {
    store kept(folder, real_files(), {});
    expect(kept.open() && kept.save(one_call(), durability::synced), "root can write");
  }
  const std::string damaged = folder + "/" + training_name{1, 1, false}.text();
  const int file = real_files().create(damaged);
  expect(file >= 0, "a file can be made");
  real_files().close(file);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    expect(chmod(entry.path().c_str(), entry.is_directory() ? 0755 : 0644) == 0, "mode");
  }
  expect(chmod(folder.c_str(), 0755) == 0, "mode");
  const pid_t child = fork();
  expect(child >= 0, "a process can be forked");
  if (child == 0) {
    read_only(folder);
    _exit(0);
  }
  int status = 0;
  expect(waitpid(child, &status, 0) == child, "the child ends");
  expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child finds all so");
  expect(std::filesystem::exists(damaged), "nothing is changed");
  std::filesystem::remove_all(folder);
}
