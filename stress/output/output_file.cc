#include "stress/output/output_file.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "stress/user_path.h"

namespace corepool::stress {
namespace {

namespace fs = std::filesystem;

// Larger than any run writes.
constexpr std::size_t kMostBytes = std::size_t{1} << 30;

// 0, or why it failed.
int Put(std::FILE* file, std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() ||
      std::fflush(file) != 0) {
    return errno == 0 ? EIO : errno;
  }
  return 0;
}

int PutInto(const fs::path& path, std::string_view text) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return errno;
  const int error = Put(file, text);
  return std::fclose(file) == 0 || error != 0 ? error : errno;
}

// Where the bytes end up, through links: a link is not to be replaced by a file.
fs::path Target(const std::string& name) {
  std::error_code none;
  fs::path target = fs::weakly_canonical(UserPath(name), none);
  return target.empty() ? fs::path(UserPath(name)) : target;
}

}  // namespace

std::string OutputFile::Complaint(const std::string& why) const {
  return absl::StrCat(flag_, "=", name_, " cannot be written: ", why);
}

absl::Status OutputFile::Try(const std::vector<std::string>& inputs) const {
  if (!wanted() || to_stdout()) return absl::OkStatus();
  std::error_code none;
  for (const std::string& input : inputs) {
    if (fs::equivalent(UserPath(input), UserPath(name_), none)) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag_, "=", name_, " is an input file"));
    }
  }
  const fs::path target = Target(name_);
  const bool existed = fs::exists(target, none);
  // Opening a pipe would wait for its reader, and closing it would send him away.
  if (existed && !fs::is_regular_file(target, none) &&
      !fs::is_directory(target, none)) {
    if (access(target.c_str(), W_OK) == 0) return absl::OkStatus();
    return absl::InvalidArgumentError(Complaint(std::strerror(errno)));
  }
  std::FILE* const file = std::fopen(target.c_str(), "a");
  if (file == nullptr) {
    return absl::InvalidArgumentError(Complaint(std::strerror(errno)));
  }
  std::fclose(file);
  if (!existed) fs::remove(target, none);
  return absl::OkStatus();
}

absl::Status OutputFile::Write(std::string_view text) const {
  if (!wanted()) return absl::OkStatus();
  if (to_stdout()) return WriteToStdout(text);
  const fs::path target = Target(name_);
  std::error_code none;
  int error = 0;
  if (fs::exists(target, none) && !fs::is_regular_file(target, none)) {
    error = PutInto(target, text);
  } else {
    const fs::path beside = absl::StrCat(target.string(), ".", getpid(), ".tmp");
    error = PutInto(beside, text);
    if (error == 0) {
      const fs::file_status before = fs::status(target, none);
      if (fs::exists(before)) fs::permissions(beside, before.permissions(), none);
      if (std::rename(beside.c_str(), target.c_str()) != 0) error = errno;
    }
    if (error != 0) fs::remove(beside, none);
    // The folder may be closed though the file is not.
    if (error == EACCES || error == EPERM) error = PutInto(target, text);
  }
  if (error == 0) return absl::OkStatus();
  return absl::ResourceExhaustedError(Complaint(std::strerror(error)));
}

bool OutputFile::IsSame(const OutputFile& other) const {
  if (to_stdout() || other.to_stdout()) return to_stdout() == other.to_stdout();
  // Two results may well be thrown away.
  std::error_code none;
  const fs::path target = Target(name_);
  return target == Target(other.name_) && !fs::is_character_file(target, none);
}

bool OutputFile::can_have_siblings() const {
  std::error_code none;
  const fs::path target = Target(name_);
  return !to_stdout() &&
         (!fs::exists(target, none) || fs::is_regular_file(target, none));
}

OutputFile OutputFile::Beside(const std::string& suffix) const {
  if (!wanted() || to_stdout()) return *this;
  fs::path path = name_;
  const std::string extension = path.extension().string();
  path.replace_extension();
  return OutputFile(flag_, absl::StrCat(path.string(), ".", suffix, extension));
}

absl::Status WriteToStdout(std::string_view text) {
  const int error = Put(stdout, text);
  if (error == 0) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("standard output cannot be written: ", std::strerror(error)));
}

absl::Status ReadAll(const std::string& name, std::string& text) {
  const auto fail = [&name](const std::string& why) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", why));
  };
  std::error_code none;
  if (name != "-" && fs::is_directory(UserPath(name), none)) return fail("a folder");
  std::FILE* const file = name == "-" ? stdin : std::fopen(UserPath(name).c_str(), "r");
  if (file == nullptr) return fail(std::strerror(errno));
  text.clear();
  std::array<char, 65536> buffer;
  std::size_t length = 0;
  while (text.size() <= kMostBytes &&
         (length = std::fread(buffer.data(), 1, buffer.size(), file)) > 0) {
    text.append(buffer.data(), length);
  }
  const int error = std::ferror(file) != 0 ? errno : 0;
  if (file != stdin) std::fclose(file);
  if (error != 0) return fail(std::strerror(error));
  if (text.size() > kMostBytes) return fail("too long for a report");
  return absl::OkStatus();
}

}  // namespace corepool::stress
