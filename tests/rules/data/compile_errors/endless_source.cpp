/// A callable source that cannot tell its end.
// error: a callable source must return std::optional<T>
#include <amorsize/amorsize.hpp>

int main() {
  amorsize::stream_map([] { return 1; }, [](int i) { return i; });
}
