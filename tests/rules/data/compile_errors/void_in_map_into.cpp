/// Nothing cannot be assigned.
// error: f returns nothing: use amorsize::parallel_for_each
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  amorsize::parallel_map_into(items, items.begin(), [](int) {});
}
