/// A batch needs an end.
// error: the range is infinite: a batch needs an end
#include <amorsize/amorsize.hpp>
#include <iterator>

struct counter {
  const int* begin() const { return nullptr; }
  std::unreachable_sentinel_t end() const { return {}; }
};

int main() {
  amorsize::parallel_for_each(counter(), [](int) {});
}
