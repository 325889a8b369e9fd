#include "stress/trace/text_scan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"

namespace corepool::stress {
namespace {

constexpr std::string_view kBlanks = " \t";

std::optional<std::uint64_t> ParseDigits(std::string_view digits, std::uint64_t base) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char character : digits) {
    const auto digit = HexDigit(character);
    if (!digit || *digit >= base) return std::nullopt;
    if (value > (UINT64_MAX - *digit) / base) return std::nullopt;
    value = value * base + *digit;
  }
  return value;
}

bool HasHexPrefix(std::string_view digits) {
  return digits.size() > 2 && digits[0] == '0' &&
         (digits[1] == 'x' || digits[1] == 'X');
}

}  // namespace

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(std::string(what));
}

std::string Quoted(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string shown = "'";
  for (const char character : text.substr(0, kShown)) {
    shown +=
        absl::ascii_isprint(static_cast<unsigned char>(character)) ? character : '?';
  }
  return shown + (text.size() > kShown ? "...'" : "'");
}

std::string_view TakeWord(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) {
    line = {};
    return {};
  }
  std::size_t end = line.find_first_of(kBlanks, begin);
  if (end == std::string_view::npos) end = line.size();
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

bool EqualsIgnoringCase(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char left, char right) {
                      return absl::ascii_tolower(static_cast<unsigned char>(left)) ==
                             absl::ascii_tolower(static_cast<unsigned char>(right));
                    });
}

std::string_view Stripped(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<std::string_view> TakeField(std::string_view& line) {
  if (line.data() == nullptr) return std::nullopt;
  const std::size_t comma = line.find(',');
  const std::string_view field = Stripped(line.substr(0, comma));
  if (comma == std::string_view::npos) {
    line = {};
  } else {
    line.remove_prefix(comma + 1);
  }
  return field;
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

std::optional<std::uint64_t> ParseDecimal(std::string_view digits) {
  return ParseDigits(digits, 10);
}

std::optional<std::uint64_t> ParseHex(std::string_view digits) {
  return ParseDigits(HasHexPrefix(digits) ? digits.substr(2) : digits, 16);
}

std::optional<std::uint64_t> ParseNumber(std::string_view digits) {
  return HasHexPrefix(digits) ? ParseHex(digits) : ParseDecimal(digits);
}

}  // namespace corepool::stress
