#include "stress/trace/candump_reader.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/trace/can_log.h"

namespace corepool::stress {

// Lines of at most kMaxLineBytes from a stream, without their line ends.
class LineSource {
 public:
  explicit LineSource(std::FILE* stream) : stream_(stream) {}

  // False at the end, or after a read error (see failed()).
  bool Next() {
    line_.clear();
    too_long_ = false;
    int character = std::getc(stream_);
    if (character == EOF) return false;
    ++number_;
    while (character != EOF && character != '\n' && !too_long_) {
      too_long_ = line_.size() == kMaxLineBytes;
      line_.push_back(static_cast<char>(character));
      character = std::getc(stream_);
    }
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    return true;
  }

  std::string_view line() const { return line_; }
  bool too_long() const { return too_long_; }
  // Reads on to the end of a line that is too long; a line without end is given up.
  void SkipRest() {
    constexpr std::size_t kMost = std::size_t{256} << 20;
    int character = 0;
    for (std::size_t i = 0; i < kMost && character != EOF && character != '\n'; ++i) {
      character = std::getc(stream_);
    }
  }
  std::size_t number() const { return number_; }
  bool failed() const { return std::ferror(stream_) != 0; }

 private:
  std::FILE* stream_;
  std::string line_;
  bool too_long_ = false;
  std::size_t number_ = 0;
};

namespace {

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(std::string(what));
}

// `text`, cut and made printable, for a message.
std::string Quoted(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string shown = "'";
  for (const char character : text.substr(0, kShown)) {
    shown +=
        absl::ascii_isprint(static_cast<unsigned char>(character)) ? character : '?';
  }
  return shown + (text.size() > kShown ? "...'" : "'");
}

std::optional<std::uint8_t> HexDigit(char character) {
  if (character >= '0' && character <= '9') {
    return static_cast<std::uint8_t>(character - '0');
  }
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(character));
  if (lower >= 'a' && lower <= 'f') {
    return static_cast<std::uint8_t>(lower - 'a' + 10);
  }
  return std::nullopt;
}

// Takes the next word off `line`.
std::string_view TakeWord(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    line = {};
    return {};
  }
  std::size_t end = line.find_first_of(" \t", begin);
  if (end == std::string_view::npos) end = line.size();
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

// "(seconds.fraction)" in nanoseconds.
absl::Status ParseStamp(std::string_view word, std::int64_t& nanoseconds) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kMostSeconds = 9'000'000'000;  // the year 2255
  if (word.size() < 3 || word.front() != '(' || word.back() != ')') {
    return Malformed(absl::StrCat("expected a time such as (1502984883.826289), not ",
                                  Quoted(word)));
  }
  const std::string_view digits = word.substr(1, word.size() - 2);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? "" : digits.substr(point + 1);
  std::int64_t seconds = 0;
  std::int64_t part = 0;
  bool valid = !whole.empty() && fraction.size() <= 9 &&
               (point == std::string_view::npos || !fraction.empty());
  for (const char digit : whole) {
    valid = valid && absl::ascii_isdigit(static_cast<unsigned char>(digit));
    if (!valid) break;
    seconds = seconds * 10 + (digit - '0');
    if (seconds > kMostSeconds) {
      return Malformed(absl::StrCat("the time ", Quoted(word), " is too late"));
    }
  }
  for (std::size_t i = 0; valid && i < 9; ++i) {
    const char digit = i < fraction.size() ? fraction[i] : '0';
    valid = absl::ascii_isdigit(static_cast<unsigned char>(digit));
    part = part * 10 + (digit - '0');
  }
  if (!valid) {
    return Malformed(absl::StrCat("the time ", Quoted(word),
                                  " is not seconds with up to 9 decimals"));
  }
  nanoseconds = seconds * kSecond + part;
  return absl::OkStatus();
}

absl::Status ParseId(std::string_view digits, CanFrame& frame) {
  constexpr std::uint32_t kErrorFlag = 0x20000000;
  if (digits.size() != 3 && digits.size() != 8) {
    return Malformed(absl::StrFormat(
        "the identifier %s has %d digits; standard ones have 3, extended ones 8",
        Quoted(digits), digits.size()));
  }
  std::uint32_t id = 0;
  for (const char character : digits) {
    const auto digit = HexDigit(character);
    if (!digit) {
      return Malformed(absl::StrCat("the identifier ", Quoted(digits), " is not hex"));
    }
    id = id << 4 | *digit;
  }
  if (digits.size() == 8) {
    if ((id & kErrorFlag) != 0) frame.flags |= CanFrame::kError;
    frame.flags |= CanFrame::kExtended;
    id &= ~kErrorFlag;
  }
  if (id > (digits.size() == 3 ? 0x7ffu : 0x1fffffffu)) {
    return Malformed(absl::StrFormat("the identifier %s is larger than %s",
                                     Quoted(digits),
                                     digits.size() == 3 ? "7FF" : "1FFFFFFF"));
  }
  frame.id = id;
  return absl::OkStatus();
}

// "R", "R4" or "R8_E".
absl::Status ParseRemote(std::string_view text, CanFrame& frame) {
  frame.flags |= CanFrame::kRemote;
  if (text.size() == 1) return absl::OkStatus();
  const auto length = HexDigit(text[1]);
  const bool raw_code = text.size() == 4 && text[2] == '_' && HexDigit(text[3]) >= 9;
  if (!length || *length > 8 || !(text.size() == 2 || raw_code)) {
    return Malformed(
        absl::StrCat("a remote frame is R or R0 to R8, not ", Quoted(text)));
  }
  frame.length = *length;
  return absl::OkStatus();
}

absl::Status ParseData(std::string_view digits, std::size_t most, CanFrame& frame,
                       CanLog& log) {
  if (digits.size() % 2 != 0) {
    return Malformed(
        absl::StrFormat("the data has an odd number of digits, %d", digits.size()));
  }
  if (digits.size() / 2 > most) {
    return Malformed(absl::StrFormat("the data has %d bytes, more than %d",
                                     digits.size() / 2, most));
  }
  frame.payload_at = log.payloads.size();
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto high = HexDigit(digits[i]);
    const auto low = HexDigit(digits[i + 1]);
    if (!high || !low) {
      log.payloads.resize(frame.payload_at);
      return Malformed(absl::StrCat("the data has ", Quoted(digits.substr(i, 2)),
                                    " where two hex digits should be"));
    }
    log.payloads.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
  }
  frame.length = static_cast<std::uint8_t>(digits.size() / 2);
  frame.payload_length = frame.length;
  return absl::OkStatus();
}

// What stands behind the identifier's '#'.
absl::Status ParseContent(std::string_view content, CanFrame& frame, CanLog& log) {
  if (content.empty()) return absl::OkStatus();
  if (content.front() == '#') {
    const auto fd_flags = content.size() >= 2 ? HexDigit(content[1]) : std::nullopt;
    if (!fd_flags) return Malformed("an FD frame needs a flags digit behind ##");
    frame.flags |= CanFrame::kFd;
    frame.fd_flags = *fd_flags;
    return ParseData(content.substr(2), 64, frame, log);
  }
  if (content.front() == 'R') return ParseRemote(content, frame);
  if (const std::size_t bar = content.find('_'); bar == 16) {
    if (content.size() != 18 || HexDigit(content[17]) < 9) {
      return Malformed("a raw length code is _9 to _F behind 8 bytes of data");
    }
    content = content.substr(0, bar);
  }
  return ParseData(content, 8, frame, log);
}

}  // namespace

absl::Status CandumpReader::ReadLine(std::string_view line) {
  constexpr std::size_t kLongestName = 64;
  constexpr std::size_t kMostBuses = 64;
  if (line.find('\0') != std::string_view::npos) {
    return Malformed("a zero byte: this is not a text file");
  }
  std::string_view rest = line;
  const std::string_view stamp = TakeWord(rest);
  if (stamp.empty() || stamp.front() == '#') return absl::OkStatus();

  CanFrame frame;
  absl::Status status = ParseStamp(stamp, frame.stamp_ns);
  if (!status.ok()) return status;
  const std::string_view bus = TakeWord(rest);
  const std::string_view text = TakeWord(rest);
  std::string_view surplus = TakeWord(rest);
  if (surplus == "T" || surplus == "R") surplus = TakeWord(rest);
  if (bus.empty() || (text.empty() && bus.find('#') != std::string_view::npos)) {
    return Malformed("the interface is missing");
  }
  if (bus.size() > kLongestName) return Malformed("the interface's name is too long");
  for (const char character : bus) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(character))) {
      return Malformed(
          absl::StrCat("the interface's name ", Quoted(bus), " is not plain text"));
    }
  }
  const std::size_t hash = text.find('#');
  if (hash == std::string_view::npos) {
    return Malformed(text.empty()
                         ? std::string("the frame is missing")
                         : absl::StrCat("the frame ", Quoted(text), " has no '#'"));
  }
  if (!surplus.empty()) {
    return Malformed(absl::StrCat("unexpected ", Quoted(surplus), " behind the frame"));
  }
  status = ParseId(text.substr(0, hash), frame);
  if (!status.ok()) return status;
  status = ParseContent(text.substr(hash + 1), frame, log_);
  if (!status.ok()) return status;
  frame.bus = log_.BusNamed(bus);
  if (log_.buses.size() > kMostBuses) {
    log_.buses.pop_back();
    return Malformed(absl::StrFormat("more than %d interfaces", kMostBuses));
  }
  log_.frames.push_back(frame);
  return absl::OkStatus();
}

absl::Status CandumpReader::ReadLines(LineSource& lines, const std::string& shown_as) {
  const std::size_t frames_before = log_.frames.size();
  while (lines.Next()) {
    const absl::Status status =
        lines.too_long()
            ? Malformed(absl::StrFormat("longer than %d bytes", kMaxLineBytes))
            : ReadLine(lines.line());
    if (status.ok()) continue;
    if (!options_.skip_bad_lines) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s:%d: %s", shown_as, lines.number(), std::string(status.message())));
    }
    ++skipped_lines_;
    if (lines.too_long()) lines.SkipRest();
  }
  if (lines.failed()) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown_as, ": cannot be read: ", std::strerror(errno)));
  }
  if (log_.frames.size() == frames_before) {
    return absl::InvalidArgumentError(absl::StrCat(shown_as, ": no CAN frames in it"));
  }
  return absl::OkStatus();
}

absl::Status CandumpReader::ReadFile(const std::string& path,
                                     const std::string& shown_as) {
  if (path == "-") {
    LineSource lines(stdin);
    return ReadLines(lines, shown_as);
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(path.c_str(), "rb"), &std::fclose);
  struct stat facts = {};
  if (file == nullptr || fstat(fileno(file.get()), &facts) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown_as, ": cannot be opened: ", std::strerror(errno)));
  }
  // Some of them never end.
  if (S_ISCHR(facts.st_mode) || S_ISBLK(facts.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(shown_as, ": a device, not a log"));
  }
  LineSource lines(file.get());
  return ReadLines(lines, shown_as);
}

absl::Status CandumpReader::ReadText(std::string_view text,
                                     const std::string& shown_as) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      text.empty() ? std::fopen("/dev/null", "rb")
                   : fmemopen(const_cast<char*>(text.data()), text.size(), "rb"),
      &std::fclose);
  if (file == nullptr) {
    return absl::InternalError(
        absl::StrCat(shown_as, ": cannot be opened: ", std::strerror(errno)));
  }
  LineSource lines(file.get());
  return ReadLines(lines, shown_as);
}

}  // namespace corepool::stress
