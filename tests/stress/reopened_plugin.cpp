/// Opens a plugin that uses the library, has it work in parallel, and closes it; a hundred times.
#include <dlfcn.h>

#include "expect.hpp"

int main(int, char** arguments) {
  for (int round = 0; round < rounds(100); ++round) {
    void* const plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    expect(plugin != nullptr, "the plugin can be opened");
    void* const symbol = dlsym(plugin, "plugin_work");
    expect(symbol != nullptr, "the plugin has its function");
    const auto work = reinterpret_cast<long (*)(int)>(symbol);
    long sum = 0;
    for (long i = round; i < round + 2'000; ++i) sum += 2 * i * i;
    expect(work(round) == sum, "the plugin's results are right");
    expect(dlclose(plugin) == 0, "the plugin can be closed");
  }
}
