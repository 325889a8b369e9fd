#include "stress/trace/line_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "stress/trace/nameless_file.h"
#include "stress/trace/text_scan.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

}  // namespace

absl::Status LineSource::CannotRead(std::string_view why) const {
  return absl::InvalidArgumentError(
      absl::StrCat(name_, ": cannot be read: ", Owned(why)));
}

absl::Status LineSource::Complaint(std::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat(name_, ":", number_, ": ", Owned(what)));
}

absl::StatusOr<std::unique_ptr<LineSource>> LineSource::OpenFile(
    const std::string& path, const std::string& shown_as, bool rewindable) {
  std::unique_ptr<LineSource> source(new LineSource(shown_as));
  const bool standard_input = path == "-";
  const int fd = standard_input ? dup(STDIN_FILENO)
                                : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  struct stat facts = {};
  if (fd == -1 || fstat(fd, &facts) != 0) {
    const absl::Status status = absl::InvalidArgumentError(
        absl::StrCat(shown_as, ": cannot be opened: ", std::strerror(errno)));
    if (fd != -1) close(fd);
    return status;
  }
  if (!standard_input && (S_ISCHR(facts.st_mode) || S_ISBLK(facts.st_mode))) {
    close(fd);
    return absl::InvalidArgumentError(absl::StrCat(shown_as, ": a device, not a log"));
  }
  if (rewindable && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) {
    source->kept_ = NamelessFile();
    if (source->kept_ == nullptr) {
      const absl::Status status = absl::ResourceExhaustedError(absl::StrCat(
          shown_as, ": no temporary file to keep it in: ", std::strerror(errno)));
      close(fd);
      return status;
    }
  }
  source->file_ = gzdopen(fd, "rb");
  if (source->file_ == nullptr) {
    close(fd);
    return absl::ResourceExhaustedError(absl::StrCat(shown_as, ": not enough memory"));
  }
  gzbuffer(source->file_, kBufferBytes);
  source->buffer_.resize(kBufferBytes);
  return source;
}

std::unique_ptr<LineSource> LineSource::FromText(std::string_view text,
                                                 const std::string& shown_as) {
  std::unique_ptr<LineSource> source(new LineSource(shown_as));
  source->text_ = text;
  source->available_ = text;
  return source;
}

LineSource::~LineSource() {
  if (file_ != nullptr) gzclose_r(file_);
  if (kept_ != nullptr) std::fclose(kept_);
}

bool LineSource::Keep() {
  if (kept_ == nullptr) return true;
  if (std::fwrite(available_.data(), 1, available_.size(), kept_) ==
      available_.size()) {
    return true;
  }
  status_ = absl::ResourceExhaustedError(absl::StrCat(
      name_, ": cannot be kept in a temporary file: ", std::strerror(errno)));
  return false;
}

bool LineSource::Fill() {
  if (buffer_.empty() || !status_.ok()) return false;
  if (from_kept_) {
    available_ = {buffer_.data(), std::fread(buffer_.data(), 1, buffer_.size(), kept_)};
    if (std::ferror(kept_) != 0) status_ = CannotRead(std::strerror(errno));
    return !available_.empty();
  }
  errno = 0;
  const int got = gzread(file_, buffer_.data(), static_cast<unsigned>(buffer_.size()));
  const int read_errno = errno;
  int error = Z_OK;
  const char* const why = gzerror(file_, &error);
  if (got > 0) {
    available_ = {buffer_.data(), static_cast<std::size_t>(got)};
    return Keep();
  }
  available_ = {};
  if (error == Z_ERRNO || (got < 0 && error == Z_OK)) {
    status_ = CannotRead(std::strerror(read_errno));
  } else if (error == Z_BUF_ERROR) {
    status_ = CannotRead("the gzip file is cut off");
  } else if (error != Z_OK && error != Z_STREAM_END) {
    // zlib puts a name of its own in front.
    const std::string_view text = why;
    const std::size_t colon = text.find(": ");
    status_ = CannotRead(absl::StrCat(
        "gzip: ",
        Owned(colon == std::string_view::npos ? text : text.substr(colon + 2))));
  }
  return false;
}

bool LineSource::Next() {
  if (unread_) {
    unread_ = false;
    return true;
  }
  // A line that was too long is read over now, when somebody wants to go on; one
  // without end is given up.
  constexpr std::size_t kMostSkipped = std::size_t{256} << 20;
  for (std::size_t skipped = 0; too_long_;) {
    if (available_.empty() && !Fill()) return false;
    const std::size_t end = available_.find('\n');
    const std::size_t taken =
        end == std::string_view::npos ? available_.size() : end + 1;
    available_.remove_prefix(taken);
    skipped += taken;
    if (skipped > kMostSkipped) return false;
    if (end != std::string_view::npos) too_long_ = false;
  }
  joined_.clear();
  if (available_.empty() && !Fill()) return false;
  ++number_;
  for (;;) {
    const std::size_t end = available_.find('\n');
    const std::size_t length = std::min(end, available_.size());
    const std::size_t room = kMaxLineBytes - joined_.size();
    too_long_ = length > room;
    const std::string_view part = available_.substr(0, std::min(length, room));
    const bool whole = end != std::string_view::npos || too_long_;
    available_.remove_prefix(part.size() + (whole && !too_long_ ? 1 : 0));
    if (whole && joined_.empty()) {
      line_ = part;
      break;
    }
    joined_.append(part);
    line_ = joined_;
    if (whole || !Fill()) break;
  }
  if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
  // What some editors put at the beginning of text.
  if (number_ == 1 && line_.substr(0, 3) == "\xef\xbb\xbf") line_.remove_prefix(3);
  return status_.ok();
}

absl::Status LineSource::Rewind() {
  number_ = 0;
  too_long_ = false;
  unread_ = false;
  if (file_ == nullptr) {
    available_ = text_;
    return absl::OkStatus();
  }
  available_ = {};
  status_ = absl::OkStatus();
  const bool done = kept_ != nullptr
                        ? std::fflush(kept_) == 0 && std::fseek(kept_, 0, SEEK_SET) == 0
                        : gzrewind(file_) == 0;
  from_kept_ = kept_ != nullptr;
  if (!done) status_ = CannotRead("not a second time");
  return status_;
}

}  // namespace corepool::stress
