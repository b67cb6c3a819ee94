/// The operations on files that the store needs, so that tests can make any of them fail.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace amorsize::detail {

enum class durability {
  synced,  ///< on the disk when it returns
  quick    ///< whole or not there at all unless the machine stops
};

/// Thin over the C library: what fails returns -1, false or nothing, and leaves errno.
class files {
 public:
  struct status {
    std::int64_t modified_ns = 0;  ///< since 1970
    bool is_folder = false;
  };

  files() = default;
  files(const files&) = delete;
  files& operator=(const files&) = delete;
  virtual ~files() = default;

  virtual int open(const std::string& path) = 0;    ///< to read; a regular file, no link
  virtual int create(const std::string& path) = 0;  ///< to write; must not be there
  /// Made if need be; held until closed. EWOULDBLOCK: another process has it.
  virtual int lock(const std::string& path) = 0;
  virtual ssize_t read(int file, char* to, std::size_t most) = 0;
  virtual ssize_t write(int file, const char* from, std::size_t size) = 0;
  virtual bool sync(int file) = 0;
  virtual void close(int file) = 0;
  virtual bool replace(const std::string& from, const std::string& to) = 0;
  virtual bool move(const std::string& from,
                    const std::string& to) = 0;  ///< EEXIST, never replaces
  virtual bool remove(const std::string& path) = 0;
  virtual bool make_folder(const std::string& path) = 0;
  virtual std::optional<status> look(const std::string& path) = 0;
  virtual bool set_modified(const std::string& path, std::int64_t ns) = 0;
  /// Names of what may be regular files.
  virtual std::optional<std::vector<std::string>> list(const std::string& path) = 0;
};

files& real_files();

/// Empty where it cannot be read or is larger than `most`: then errno is EFBIG.
std::optional<std::string> read_whole(files& through, const std::string& path, std::size_t most);

/// A new file with this text; where it fails, there is none.
bool write_whole(files& through, const std::string& path, std::string_view text, durability how);

}  // namespace amorsize::detail
