/// Compresses every file under a folder in memory: compress_folder FOLDER
#include <zlib.h>

#include <amorsize/amorsize.hpp>
#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

struct outcome {
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
  bool was_read = false;
};

/// Regular files in this folder and below. Links are not followed, so each is found once.
void find_files(const fs::path& folder, std::vector<fs::path>& files,
                std::vector<fs::path>& unreadable) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::file_type type = entry->symlink_status(error).type();
    if (type == fs::file_type::directory) find_files(entry->path(), files, unreadable);
    if (type == fs::file_type::regular) files.push_back(entry->path());
  }
  if (error) unreadable.push_back(folder);
}

/// Piece by piece, so that a file larger than memory is no trouble.
outcome compress_file(const fs::path& path) {
  z_stream stream{};
  std::ifstream file(path, std::ios::binary);
  if (!file || deflateInit(&stream, 6) != Z_OK) return {};
  std::vector<char> in(1U << 16U);
  std::array<Bytef, 1U << 15U> out{};
  do {
    file.read(in.data(), static_cast<std::streamsize>(in.size()));
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(file.gcount());
    do {
      stream.next_out = out.data();
      stream.avail_out = static_cast<uInt>(out.size());
      deflate(&stream, file ? Z_NO_FLUSH : Z_FINISH);
    } while (stream.avail_out == 0);
  } while (file);
  const outcome done{stream.total_in, stream.total_out, file.eof() && !file.bad()};
  deflateEnd(&stream);
  return done;
}

/// A name may hold anything, line breaks included: one line, and none of it moves the cursor.
std::string printable(const fs::path& path) {
  std::string text = path.string();
  for (char& c : text) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = '?';
  }
  return text;
}

int main(int count, char** arguments) {
  std::error_code error;
  if (count != 2 || !fs::is_directory(arguments[1], error)) {
    const std::string what = count == 2 ? printable(arguments[1]) + " is not a folder" : "";
    std::fprintf(stderr, "%s\nusage: compress_folder FOLDER\n", what.c_str());
    return 2;
  }
  std::vector<fs::path> files;
  std::vector<fs::path> unreadable;
  find_files(arguments[1], files, unreadable);

  amorsize::run_report report;
  const auto outcomes = amorsize::parallel_map(files, compress_file, {.report = &report});

  outcome all;
  for (std::size_t i = 0; i < files.size(); ++i) {
    all.bytes_in += outcomes[i].bytes_in;
    all.bytes_out += outcomes[i].bytes_out;
    if (!outcomes[i].was_read) unreadable.push_back(files[i]);
  }
  const auto ms = [](amorsize::duration time) { return time.count() / 1e6; };
  std::printf("plan:            %s\n", amorsize::explain(report.plan).c_str());
  const std::size_t calls = report.plan.measurements;
  std::printf("confidence:      %.2f, by %zu measured call%s\n", report.plan.confidence, calls,
              calls == 1 ? "" : "s");
  std::printf("planning:        %.1f us\n", report.planning.count() / 1e3);
  std::printf("files:           %zu under %s\n", files.size(), printable(arguments[1]).c_str());
  std::printf("bytes:           %zu in, %zu out\n", all.bytes_in, all.bytes_out);
  std::printf("serial estimate: %.1f ms\n", ms(report.serial_estimate));
  std::printf("wall time:       %.1f ms\n", ms(report.wall));
  std::printf("speedup:         %.2f\n", report.speedup);
  std::printf("unreadable:      %zu\n", unreadable.size());
  for (const fs::path& path : unreadable) std::printf("  %s\n", printable(path).c_str());
}
