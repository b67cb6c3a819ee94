/// What the cases of streams would be, were they not wrong in one thing.
#include <amorsize/amorsize.hpp>
#include <optional>
#include <vector>

int main() {
  std::vector<int> items{1, 2, 3};
  amorsize::stream_map(items, [](int i) { return i; });
  amorsize::stream_map(
      items, [](int i) { return i; }, [](int) {});
  amorsize::stream_filter_map(items, [](int i) { return std::optional(i); });
  amorsize::stream_map([] { return std::optional(1); }, [](int i) { return i; });
}
