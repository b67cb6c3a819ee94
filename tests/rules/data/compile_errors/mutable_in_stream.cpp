/// A function that changes itself cannot be called by several threads.
// error: drop `mutable`
// error: amorsize::per_worker
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  int sum = 0;
  amorsize::stream_map(items, [sum](int i) mutable { return sum += i; });
}
