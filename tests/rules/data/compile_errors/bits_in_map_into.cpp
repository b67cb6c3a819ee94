/// Bits of one byte cannot be written by two threads.
// error: elements of std::vector<bool> share bytes
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  std::vector<bool> bits(3);
  amorsize::parallel_map_into(items, bits.begin(), [](int i) { return i > 1; });
}
