/// The form with a sink says the same.
// error: drop `mutable`
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  int sum = 0;
  amorsize::stream_map(
      items, [sum](int i) mutable { return sum += i; }, [](int) {});
}
