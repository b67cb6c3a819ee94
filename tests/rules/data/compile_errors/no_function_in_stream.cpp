/// What is no function at all.
// error: f cannot be called with an item of the source
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  amorsize::stream_map(items, 3);
}
