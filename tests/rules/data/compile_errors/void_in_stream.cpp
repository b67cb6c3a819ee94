/// Nothing cannot be delivered.
// error: f returns nothing: a stream is of results
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  amorsize::stream_map(items, [](int) {});
}
