/// A sink that takes no such result.
// error: the sink cannot be called with a result
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  amorsize::stream_map(
      items, [](int i) { return i; }, [](const char*) {});
}
