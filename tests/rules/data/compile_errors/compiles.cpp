/// The cases beside this one are wrong in one thing only: this is what they would be.
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  amorsize::parallel_map(items, [](int i) { return i; });
  amorsize::parallel_for_each(items, [](int) {});
  amorsize::parallel_map_into(items, items.begin(), [](int i) { return i; });
}
