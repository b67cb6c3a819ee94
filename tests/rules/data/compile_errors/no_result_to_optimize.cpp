/// A plan for a stream whose function returns nothing.
// error: f returns nothing: a stream is of results
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  amorsize::optimize_streaming(items, [](int) {});
}
