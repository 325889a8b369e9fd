// Lines of a file, of standard input or of text in memory; packed by gzip or not.

#ifndef COREPOOL_STRESS_TRACE_LINE_SOURCE_H_
#define COREPOOL_STRESS_TRACE_LINE_SOURCE_H_

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct gzFile_s;

namespace corepool::stress {

// No line of a trace is nearly as long: a CAN FD frame takes about 240 bytes.
inline constexpr std::size_t kMaxLineBytes = 4096;

// Reads ahead by one buffer, whatever the size of the file. gzip is known by its first
// two bytes, never by a name. Lines end with LF or CR LF, the last one also with the
// file. Messages begin with "NAME: ", or "NAME:LINE: " where a line is at fault.
//
// Standard input is read once, where it is a pipe, and what was read is kept in a file
// without a name in TMPDIR (or /tmp), for Rewind.
class LineSource {
 public:
  // `path` "-" is standard input. Devices, some of which never end, are refused.
  // `rewindable` false saves the file that standard input is kept in.
  static absl::StatusOr<std::unique_ptr<LineSource>> OpenFile(
      const std::string& path, const std::string& shown_as, bool rewindable = true);
  // `text` must stay.
  static std::unique_ptr<LineSource> FromText(std::string_view text,
                                              const std::string& shown_as);
  ~LineSource();
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  // The next line; false at the end or where no more can be read: see status().
  // Of a line that is too_long() only the beginning is there.
  bool Next();
  std::string_view line() const { return line_; }
  bool too_long() const { return too_long_; }
  std::size_t number() const { return number_; }
  absl::Status status() const { return status_; }

  // Makes Next() give the line that it gave last once more.
  void Unread() { unread_ = true; }
  // Back to the first line.
  absl::Status Rewind();

  const std::string& name() const { return name_; }
  // "NAME:LINE: what".
  absl::Status Complaint(std::string_view what) const;

 private:
  explicit LineSource(std::string shown_as) : name_(std::move(shown_as)) {}
  // Makes more bytes available; false if there are none.
  bool Fill();
  bool Keep();
  absl::Status CannotRead(std::string_view why) const;

  std::string name_;
  gzFile_s* file_ = nullptr;   // what is read from; none: text in memory
  std::FILE* kept_ = nullptr;  // copy of what has been read
  bool from_kept_ = false;     // since Rewind
  std::vector<char> buffer_;
  std::string_view text_;       // in memory
  std::string_view available_;  // of either
  std::string joined_;          // a line that two buffers share
  std::string_view line_;
  std::size_t number_ = 0;
  bool too_long_ = false;
  bool unread_ = false;
  absl::Status status_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_LINE_SOURCE_H_
