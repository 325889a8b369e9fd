#include "stress/advice/class_table.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/hosted/definitions.h"
#include "corepool/multi_pool.h"
#include "stress/trace/text_scan.h"
#include "stress/user_path.h"

namespace corepool::stress {
namespace {

// Definitions of more cannot be meant for a MultiPool.
constexpr std::size_t kMostBytes = std::size_t{1} << 20;

// "64x100", blanks around it allowed.
std::optional<SizeClassOptions> ParseClass(std::string_view text) {
  text = Stripped(text);
  const std::size_t x = text.find_first_of("xX", 1);
  if (x == std::string_view::npos) return std::nullopt;
  const auto size = ParseDecimal(text.substr(0, x));
  const auto count = ParseDecimal(text.substr(x + 1));
  if (!size || !count) return std::nullopt;
  return SizeClassOptions{*size, *count};
}

bool LooksLikeClasses(std::string_view text) {
  const std::string_view first = Stripped(text.substr(0, text.find(',')));
  return ParseClass(first).has_value();
}

absl::StatusOr<ClassTable> ParseClasses(std::string_view text) {
  ClassTable table;
  while (const auto field = TakeField(text)) {
    if (field->empty() && text.data() == nullptr && !table.empty()) break;
    const auto size_class = ParseClass(*field);
    if (!size_class) {
      return absl::InvalidArgumentError(absl::StrCat(
          Quoted(*field), " is not a class such as 64x100 (100 blocks of 64 bytes)"));
    }
    table.push_back(*size_class);
  }
  return table;
}

absl::StatusOr<ClassTable> ParseFixedPools(std::string_view text) {
  const absl::StatusOr<hosted::Definitions> definitions =
      hosted::ParseDefinitions(text);
  if (!definitions.ok()) return definitions.status();
  if (!definitions->quad_pools.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("POOL ", definitions->quad_pools[0].name,
                     " splits blocks; a trace is replayed with FIXED ones"));
  }
  ClassTable table;
  for (const hosted::FixedPoolDefinition& pool : definitions->fixed_pools) {
    table.push_back({pool.block_size, pool.block_count});
  }
  return table;
}

absl::StatusOr<ClassTable> Tidied(ClassTable table) {
  std::sort(table.begin(), table.end(),
            [](const SizeClassOptions& one, const SizeClassOptions& other) {
              return one.block_size < other.block_size;
            });
  ClassTable tidy;
  for (const SizeClassOptions& size_class : table) {
    if (!tidy.empty() && tidy.back().block_size == size_class.block_size) {
      std::size_t& count = tidy.back().block_count;
      count = count + size_class.block_count < count ? SIZE_MAX
                                                     : count + size_class.block_count;
    } else {
      tidy.push_back(size_class);
    }
  }
  if (tidy.empty()) return absl::InvalidArgumentError("no pools in it");
  if (const Error error = Validate(tidy, {}); error != Error::kOk) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no MultiPool can have these ", tidy.size(), " classes: ", ErrorName(error)));
  }
  return tidy;
}

}  // namespace

absl::StatusOr<ClassTable> ParseClassTable(std::string_view text,
                                           const std::string& shown_as) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  absl::StatusOr<ClassTable> table =
      LooksLikeClasses(text) ? ParseClasses(text) : ParseFixedPools(text);
  if (table.ok()) table = Tidied(*std::move(table));
  if (table.ok()) return table;
  // A line for each problem, all of them with the name.
  std::string message;
  std::string_view rest(table.status().message().data(),
                        table.status().message().size());
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    absl::StrAppend(&message, message.empty() ? "" : "\n", shown_as, ": ",
                    Owned(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return absl::InvalidArgumentError(message);
}

absl::StatusOr<ClassTable> ClassTableFromFlag(const std::string& flag,
                                              const std::string& value) {
  const std::string shown_as = absl::StrCat("--", flag, "=", value);
  if (LooksLikeClasses(value)) return ParseClassTable(value, shown_as);
  std::ifstream file(UserPath(value), std::ios::binary);
  std::string text;
  if (file) {
    text.resize(kMostBytes + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown_as,
                     " is neither classes such as 64x100,128x20 nor a file "
                     "that can be read: ",
                     std::strerror(errno)));
  }
  if (text.size() > kMostBytes) {
    return absl::InvalidArgumentError(absl::StrCat(shown_as, " is too large"));
  }
  return ParseClassTable(text, shown_as);
}

std::string ClassTableAsFlag(const ClassTable& table) {
  std::string text;
  for (const SizeClassOptions& size_class : table) {
    absl::StrAppendFormat(&text, "%s%dx%d", text.empty() ? "" : ",",
                          size_class.block_size, size_class.block_count);
  }
  return text;
}

std::string ClassTableAsDefinitions(const ClassTable& table) {
  std::string text;
  for (const SizeClassOptions& size_class : table) {
    absl::StrAppendFormat(&text, "FIXED blocks_of_%-10d %10d %10d\n",
                          size_class.block_size, size_class.block_size,
                          size_class.block_count);
  }
  return text;
}

}  // namespace corepool::stress
