/// Runs this program again, as a process of its own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "expect.hpp"

/// Variables and their values; an empty one is taken out.
using variables = std::vector<std::pair<std::string, std::string>>;

/// For a process with one thread. A child that hangs is killed, and its parent sees that.
inline pid_t start_again(std::vector<std::string> arguments, const variables& environment) {
  const pid_t forked = fork();
  expect(forked >= 0, "a process can be forked");
  if (forked != 0) return forked;
  for (const auto& [name, value] : environment) {
    if (value.empty()) {
      unsetenv(name.c_str());
    } else {
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
  std::string self = "/proc/self/exe";
  std::vector<char*> all{self.data()};
  for (std::string& argument : arguments) all.push_back(argument.data());
  all.push_back(nullptr);
  alarm(120);
  execv(self.c_str(), all.data());
  _exit(127);
}

/// Waits for its end.
inline int exit_code_of(pid_t child) {
  int status = -1;
  expect(waitpid(child, &status, 0) == child, "a child can be waited for");
  expect(!WIFSIGNALED(status), "no child hangs or crashes");
  expect(WIFEXITED(status), "a child ends");
  return WEXITSTATUS(status);
}
