/// The main function of every doctest program, compiled once.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

int main(int count, char** arguments) {
  setenv("AMORSIZE_STORE", "off", 1);  // never the store of who runs the tests
  return doctest::Context(count, arguments).run();
}
