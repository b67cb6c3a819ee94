/// Machines kept as files: tests/data/machine, which AMORSIZE_TEST_DATA leads to.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "machine/system_files.hpp"

namespace support {

inline std::string machine_folder() {
  const char* const data = std::getenv("AMORSIZE_TEST_DATA");
  REQUIRE_MESSAGE(data != nullptr, "AMORSIZE_TEST_DATA must name the folder tests/data");
  return std::string(data) + "/machine";
}

/// The system files of one case. Fails where there is no such folder, which would pass for "none".
inline amorsize::detail::system_files system_of(const std::string& name) {
  const amorsize::detail::system_files files(machine_folder() + '/' + name);
  const bool is_there = files.read("/proc/self/cgroup") || files.read("/proc/cpuinfo");
  REQUIRE_MESSAGE(is_there, name << " is a folder of " << machine_folder());
  return files;
}

}  // namespace support
