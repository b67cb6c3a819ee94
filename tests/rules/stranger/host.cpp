/// host PLUGIN: loads a plug-in, has it map, and closes it while its helpers may still be about.
#include <dlfcn.h>

#include <cstdio>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const char* const name = arguments[1];
  for (int round = 0; round < 20; ++round) {
    void* const plugin = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    const auto map_and_check = reinterpret_cast<bool (*)()>(dlsym(plugin, "map_and_check"));
    if (map_and_check == nullptr || !map_and_check()) return 1;
    dlclose(plugin);
  }
  // Where the library's code could go, a thread of TBB's might come back to nothing.
  const bool keeps_library = dlopen(name, RTLD_NOW | RTLD_NOLOAD) != nullptr ||
                             dlopen("libamorsize.so.0.1.0", RTLD_NOW | RTLD_NOLOAD) != nullptr;
  if (!keeps_library) std::fprintf(stderr, "the library was unloaded\n");
  return keeps_library ? 0 : 1;
}
