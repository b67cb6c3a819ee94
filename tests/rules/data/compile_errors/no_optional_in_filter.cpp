/// A filter that cannot leave anything out.
// error: f must return std::optional<R>: what is empty is left out
#include <amorsize/amorsize.hpp>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  amorsize::stream_filter_map(items, [](int i) { return i; });
}
