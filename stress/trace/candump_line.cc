#include "stress/trace/candump_line.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/trace/can_frame.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/candump_stamp.h"
#include "stress/trace/text_scan.h"

namespace corepool::stress {
namespace {

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

absl::Status ParseData(std::string_view digits, std::size_t most, CanFrame& frame) {
  if (digits.size() % 2 != 0) {
    return Malformed(
        absl::StrFormat("the data has an odd number of digits, %d", digits.size()));
  }
  if (digits.size() / 2 > most) {
    return Malformed(absl::StrFormat("the data has %d bytes, more than %d",
                                     digits.size() / 2, most));
  }
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto high = HexDigit(digits[i]);
    const auto low = HexDigit(digits[i + 1]);
    if (!high || !low) {
      return Malformed(absl::StrCat("the data has ", Quoted(digits.substr(i, 2)),
                                    " where two hex digits should be"));
    }
    frame.data[i / 2] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  frame.length = static_cast<std::uint8_t>(digits.size() / 2);
  frame.payload_length = frame.length;
  return absl::OkStatus();
}

// What stands behind the identifier's '#'.
absl::Status ParseContent(std::string_view content, CanFrame& frame) {
  if (content.empty()) return absl::OkStatus();
  if (content.front() == '#') {
    const auto fd_flags = content.size() >= 2 ? HexDigit(content[1]) : std::nullopt;
    if (!fd_flags) return Malformed("an FD frame needs a flags digit behind ##");
    frame.flags |= CanFrame::kFd;
    frame.fd_flags = *fd_flags;
    return ParseData(content.substr(2), 64, frame);
  }
  if (content.front() == 'R') return ParseRemote(content, frame);
  if (const std::size_t bar = content.find('_'); bar == 16) {
    if (content.size() != 18 || HexDigit(content[17]) < 9) {
      return Malformed("a raw length code is _9 to _F behind 8 bytes of data");
    }
    content = content.substr(0, bar);
  }
  return ParseData(content, 8, frame);
}

// "[8]", or "{A}" where raw length codes were asked for.
bool IsLength(std::string_view word) {
  return word.size() >= 3 && (word.front() == '[' || word.front() == '{') &&
         word.back() == (word.front() == '[' ? ']' : '}');
}

absl::Status ParseLength(std::string_view word, CanFrame& frame) {
  const std::string_view digits = word.substr(1, word.size() - 2);
  const bool raw = word.front() == '{';
  const auto length = raw ? ParseHex(digits) : ParseDecimal(digits);
  // FD frames are told by their two digits.
  const bool fd = !raw && digits.size() == 2;
  if (!length || digits.size() > 2 || *length > (raw ? 15u : fd ? 64u : 8u)) {
    return Malformed(absl::StrCat("the length ", Quoted(word), " is not [0] to [8], ",
                                  "nor [00] to [64] as of FD frames"));
  }
  if (fd) frame.flags |= CanFrame::kFd;
  frame.length = static_cast<std::uint8_t>(*length > 8 && raw ? 8 : *length);
  return absl::OkStatus();
}

// What stands behind the length: bytes, then perhaps the same as 'characters'.
absl::Status ParseBytes(std::string_view rest, CanFrame& frame) {
  std::size_t bytes = 0;
  std::string_view word = TakeWord(rest);
  if (word == "remote") {
    frame.flags |= CanFrame::kRemote;
    return absl::OkStatus();
  }
  for (; !word.empty() && bytes < frame.length; word = TakeWord(rest), ++bytes) {
    const auto high = HexDigit(word[0]);
    const auto low = word.size() == 2 ? HexDigit(word[1]) : std::nullopt;
    if (!high || !low) {
      return Malformed(absl::StrCat("the data has ", Quoted(word),
                                    " where two hex digits should be"));
    }
    frame.data[bytes] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  const bool surplus = !word.empty() && word.front() != '\'' && word != "ERRORFRAME";
  if (bytes != frame.length || surplus) {
    return surplus ? Malformed(
                         absl::StrCat("unexpected ", Quoted(word), " behind the frame"))
                   : Malformed(absl::StrFormat("the data has %d bytes instead of %d",
                                               bytes, frame.length));
  }
  frame.payload_length = frame.length;
  return absl::OkStatus();
}

// can0  123   [8]  11 22 33 44 55 66 77 88, with the identifier in `word` and the rest
// behind it; between interface and identifier perhaps RX - - or TX B E.
absl::Status ParseText(std::string_view word, std::string_view rest, CanFrame& frame) {
  if (word == "RX" || word == "TX") {
    word = TakeWord(rest);
    for (; word.size() == 1; word = TakeWord(rest)) {
      if (word == "B") frame.fd_flags |= 1;
      if (word == "E") frame.fd_flags |= 2;
    }
  }
  const std::string_view length = TakeWord(rest);
  if (!IsLength(length)) {
    return Malformed(word.empty()
                         ? std::string("the frame is missing")
                         : absl::StrCat("the frame ", Quoted(word),
                                        " has no '#', nor a length such as [8]"));
  }
  absl::Status status = ParseId(word, frame);
  if (status.ok()) status = ParseLength(length, frame);
  if (status.ok()) status = ParseBytes(rest, frame);
  return status;
}

absl::Status CheckInterface(std::string_view bus) {
  constexpr std::size_t kLongestName = 64;
  if (bus.size() > kLongestName) return Malformed("the interface's name is too long");
  for (const char character : bus) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(character))) {
      return Malformed(
          absl::StrCat("the interface's name ", Quoted(bus), " is not plain text"));
    }
  }
  return absl::OkStatus();
}

// Whether `line` is a frame in text without a time.
bool HasNoStamp(std::string_view line) {
  if (TakeWord(line).find_first_of("(#") != std::string_view::npos) return false;
  const std::string_view second = TakeWord(line);
  return second == "RX" || second == "TX" || IsLength(TakeWord(line));
}

}  // namespace

bool LooksLikeCandump(std::string_view line) {
  const std::string_view text = Stripped(line);
  return (!text.empty() && text.front() == '(') || HasNoStamp(line);
}

absl::StatusOr<CandumpLine> ParseCandumpLine(std::string_view line, CanFrame& frame) {
  CandumpLine found;
  frame = {};
  if (line.find('\0') != std::string_view::npos) {
    return Malformed("a zero byte: this is not a text file");
  }
  std::string_view rest = line;
  std::string_view peek = line;
  const std::string_view first = TakeWord(peek);
  if (first.empty() || first.front() == '#') return found;
  // candump -e explains error frames in lines of their own.
  if (line.front() == '\t' && first.front() != '(') return found;

  if (!HasNoStamp(line)) {
    const absl::Status status = TakeStamp(rest, frame.stamp_ns, found.relative_stamp);
    if (!status.ok()) return status;
  }
  const std::string_view bus = TakeWord(rest);
  const std::string_view text = TakeWord(rest);
  if (bus.empty() || (text.empty() && bus.find('#') != std::string_view::npos)) {
    return Malformed("the interface is missing");
  }
  absl::Status status = CheckInterface(bus);
  if (!status.ok()) return status;
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    std::string_view surplus = TakeWord(rest);
    if (surplus == "T" || surplus == "R") surplus = TakeWord(rest);
    if (!surplus.empty()) {
      return Malformed(
          absl::StrCat("unexpected ", Quoted(surplus), " behind the frame"));
    }
    status = ParseId(text.substr(0, hash), frame);
    if (status.ok()) status = ParseContent(text.substr(hash + 1), frame);
    found.relative_stamp = false;
  } else {
    status = ParseText(text, rest, frame);
  }
  if (!status.ok()) return status;
  found.bus = bus;
  return found;
}

}  // namespace corepool::stress
