// What readers of traces take lines apart with.

#ifndef COREPOOL_STRESS_TRACE_TEXT_SCAN_H_
#define COREPOOL_STRESS_TRACE_TEXT_SCAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace corepool::stress {

// What is wrong with a line, for a message that begins with its place.
absl::Status Malformed(std::string_view what);

// `text`, cut and made printable, for a message.
std::string Quoted(std::string_view text);

// Takes the next word, between blanks and tabs, off `line`; empty if there is none.
std::string_view TakeWord(std::string_view& line);

// Takes what stands before the next comma off `line`, without blanks around it.
// nullopt if `line` has come to its end, which is then told by its data(): nullptr.
std::optional<std::string_view> TakeField(std::string_view& line);

// For Abseil's functions, whose string_view is not always the standard's.
inline std::string Owned(std::string_view text) { return std::string(text); }

bool EqualsIgnoringCase(std::string_view one, std::string_view other);

// `text` without the blanks and tabs around it.
std::string_view Stripped(std::string_view text);

std::optional<std::uint8_t> HexDigit(char character);

// Decimal digits only.
std::optional<std::uint64_t> ParseDecimal(std::string_view digits);
// Hex digits, behind 0x or not.
std::optional<std::uint64_t> ParseHex(std::string_view digits);
// Decimal, or hex behind 0x.
std::optional<std::uint64_t> ParseNumber(std::string_view digits);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_TEXT_SCAN_H_
