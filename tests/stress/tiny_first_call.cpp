/// A tiny first call reads nothing of the machine's topology; asking for the machine does.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

std::atomic<int> looks{0};

void look_at(const char* path) {
  constexpr const char* topology[] = {"/sys/devices/system", "sys/devices/system", "/sys/bus/cpu",
                                      "sys/bus/cpu"};
  for (const char* folder : topology) {
    if (std::strncmp(path, folder, std::strlen(folder)) == 0) looks.fetch_add(1);
  }
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// In the way of the C library's own, for hwloc calls these.
extern "C" __attribute__((visibility("default"))) int open(const char* path, int flags, ...) {
  look_at(path);
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return next<int(const char*, int, ...)>("open")(path, flags, mode);
}
extern "C" __attribute__((visibility("default"))) int openat(int folder, const char* path,
                                                             int flags, ...) {
  look_at(path);
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return next<int(int, const char*, int, ...)>("openat")(folder, path, flags, mode);
}
extern "C" __attribute__((visibility("default"))) FILE* fopen(const char* path, const char* mode) {
  look_at(path);
  return next<FILE*(const char*, const char*)>("fopen")(path, mode);
}
extern "C" __attribute__((visibility("default"))) DIR* opendir(const char* path) {
  look_at(path);
  return next<DIR*(const char*)>("opendir")(path);
}

int main() {
  if (is_sanitized) return skipped;  // it is in the way of these itself
  std::vector<int> numbers(100);
  for (int i = 0; i < 10; ++i) {
    amorsize::parallel_for_each(numbers, [](int& n) { ++n; });
    amorsize::parallel_for_each(std::vector<int>{1}, [](int) {});
  }
  expect(looks == 0, "a tiny first call does not look at the topology");
  amorsize::runtime::shared().machine();
  expect(looks > 0, "reading the machine does");
}
