#include "stress/trace/candump_stamp.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "stress/trace/text_scan.h"

namespace corepool::stress {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMostSeconds = 9'000'000'000;  // the year 2255

// Up to 9 decimals as nanoseconds.
std::optional<std::int64_t> ParseFraction(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  std::int64_t part = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    const char digit = i < digits.size() ? digits[i] : '0';
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return std::nullopt;
    part = part * 10 + (digit - '0');
  }
  return part;
}

// "date", "time.fraction" as nanoseconds since 1970.
absl::Status ParseDate(std::string_view date, std::string_view time,
                       std::int64_t& nanoseconds) {
  const std::size_t point = time.find('.');
  absl::CivilSecond second;
  const std::optional<std::int64_t> part = point == std::string_view::npos
                                               ? std::optional<std::int64_t>(0)
                                               : ParseFraction(time.substr(point + 1));
  const std::string text = absl::StrCat(Owned(date), "T", Owned(time.substr(0, point)));
  if (!part || !absl::ParseCivilTime(text, &second) || second.year() < 1970 ||
      second.year() > 2254) {
    return Malformed(absl::StrCat("the time ",
                                  Quoted(absl::StrCat(Owned(date), " ", Owned(time))),
                                  " is not such as 2017-08-17 15:48:03.826289"));
  }
  nanoseconds = (second - absl::CivilSecond(1970)) * kSecond + *part;
  return absl::OkStatus();
}

}  // namespace

absl::Status TakeStamp(std::string_view& line, std::int64_t& nanoseconds,
                       bool& relative) {
  std::string_view rest = line;
  const std::string_view word = TakeWord(rest);
  if (word.size() == 11 && word.front() == '(' && word[5] == '-') {
    const std::string_view time = TakeWord(rest);
    if (!time.empty() && time.back() == ')') {
      line = rest;
      return ParseDate(word.substr(1), time.substr(0, time.size() - 1), nanoseconds);
    }
  }
  line = rest;
  if (word.size() < 3 || word.front() != '(' || word.back() != ')') {
    return Malformed(absl::StrCat("expected a time such as (1502984883.826289), not ",
                                  Quoted(word)));
  }
  const std::string_view digits = word.substr(1, word.size() - 2);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  std::int64_t seconds = 0;
  bool valid = !whole.empty();
  for (const char digit : whole) {
    valid = valid && absl::ascii_isdigit(static_cast<unsigned char>(digit));
    if (!valid) break;
    seconds = seconds * 10 + (digit - '0');
    if (seconds > kMostSeconds) {
      return Malformed(absl::StrCat("the time ", Quoted(word), " is too late"));
    }
  }
  const std::optional<std::int64_t> part =
      point == std::string_view::npos ? std::optional<std::int64_t>(0)
                                      : ParseFraction(digits.substr(point + 1));
  if (!valid || !part) {
    return Malformed(absl::StrCat("the time ", Quoted(word),
                                  " is not seconds with up to 9 decimals"));
  }
  nanoseconds = seconds * kSecond + *part;
  relative = whole.size() < 10;
  return absl::OkStatus();
}

}  // namespace corepool::stress
