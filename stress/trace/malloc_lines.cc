#include "stress/trace/malloc_lines.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/trace/line_source.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/text_scan.h"

namespace corepool::stress {
namespace {

using Kind = MallocEvent::Kind;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// Each takes a word off `line`, into `value`; or says what is missing or wrong.
absl::Status TakeCount(std::string_view& line, std::string_view what,
                       std::uint64_t& value) {
  const std::string_view word = TakeWord(line);
  const std::optional<std::uint64_t> number = ParseNumber(word);
  if (!number) {
    return Malformed(word.empty() ? absl::StrCat("the ", Owned(what), " is missing")
                                  : absl::StrCat("the ", Owned(what), " ", Quoted(word),
                                                 " is not a number"));
  }
  value = *number;
  return absl::OkStatus();
}

absl::Status TakePointer(std::string_view& line, std::uint64_t& value) {
  const std::string_view word = TakeWord(line);
  if (word == "(nil)" || word == "NULL") {
    value = 0;
    return absl::OkStatus();
  }
  const std::optional<std::uint64_t> number = ParseHex(word);
  if (!number) {
    return Malformed(word.empty()
                         ? std::string("the pointer is missing")
                         : absl::StrCat("the pointer ", Quoted(word), " is not hex"));
  }
  value = *number;
  return absl::OkStatus();
}

absl::Status ExpectEnd(std::string_view line) {
  const std::string_view word = TakeWord(line);
  if (word.empty()) return absl::OkStatus();
  return Malformed(absl::StrCat("unexpected ", Quoted(word), " at the end"));
}

bool IsNumberAlone(std::string_view line) {
  std::string_view word = TakeWord(line);
  if (!word.empty() && word.front() == '-') word.remove_prefix(1);
  return ParseDecimal(word).has_value() && TakeWord(line).empty();
}

}  // namespace

absl::StatusOr<bool> RepParser::Parse(std::string_view line, MallocEvent& event) {
  // The header's numbers say nothing that the trace does not.
  if (!begun_ && IsNumberAlone(line)) return false;
  std::string_view rest = line;
  const std::string_view op = TakeWord(rest);
  if (op.size() != 1 || std::string_view("arf").find(op[0]) == std::string_view::npos) {
    return Malformed(
        absl::StrCat("expected a, r or f and a block's number, not ", Quoted(line)));
  }
  begun_ = true;
  event = {};
  const std::string_view id = TakeWord(rest);
  const std::optional<std::uint64_t> number = ParseDecimal(id);
  if (id == "-1" && op == "f") {
    event.block = 0;
  } else if (!number || *number == kMost) {
    return Malformed(id.empty() ? std::string("the block's number is missing")
                                : absl::StrCat("the block's number ", Quoted(id),
                                               " is not a number"));
  } else {
    event.block = *number + 1;
  }
  if (op == "f") {
    event.kind = Kind::kFree;
  } else {
    const absl::Status status = TakeCount(rest, "size", event.size);
    if (!status.ok()) return status;
    event.kind = op == "a" ? Kind::kAllocate : Kind::kReallocate;
    event.old_block = op == "r" ? event.block : 0;
  }
  const absl::Status status = ExpectEnd(rest);
  if (!status.ok()) return status;
  return true;
}

absl::StatusOr<bool> AndroidParser::Parse(std::string_view line, MallocEvent& event) {
  const std::size_t colon = line.find(':');
  const std::optional<std::uint64_t> thread =
      ParseDecimal(Stripped(line.substr(0, colon)));
  if (!thread || colon == std::string_view::npos) {
    return Malformed(
        absl::StrCat("expected a thread's number and ':', not ", Quoted(line)));
  }
  std::string_view rest = line.substr(colon + 1);
  const std::string_view action = TakeWord(rest);
  event = {};
  event.thread = *thread;
  absl::Status status = TakePointer(rest, event.block);
  if (action == "malloc") {
    if (status.ok()) status = TakeCount(rest, "size", event.size);
  } else if (action == "calloc") {
    std::uint64_t each = 0;
    std::uint64_t count = 0;
    if (status.ok()) status = TakeCount(rest, "count", count);
    if (status.ok()) status = TakeCount(rest, "size", each);
    event.size = each != 0 && count > kMost / each ? kMost : count * each;
  } else if (action == "memalign" || action == "posix_memalign" ||
             action == "aligned_alloc") {
    std::uint64_t alignment = 0;
    if (status.ok()) status = TakeCount(rest, "alignment", alignment);
    if (status.ok()) status = TakeCount(rest, "size", event.size);
    // A block of a pool is as aligned as malloc's; more needs room to move.
    constexpr std::uint64_t kUsual = alignof(std::max_align_t);
    if (alignment > kUsual) {
      const std::uint64_t room = alignment - kUsual;
      event.size = event.size > kMost - room ? kMost : event.size + room;
    }
  } else if (action == "realloc") {
    event.kind = Kind::kReallocate;
    if (status.ok()) status = TakePointer(rest, event.old_block);
    if (status.ok()) status = TakeCount(rest, "size", event.size);
  } else if (action == "free") {
    event.kind = Kind::kFree;
  } else if (action == "thread_done") {
    event.kind = Kind::kThreadEnded;
    // Some recordings leave the pointer out.
    status = absl::OkStatus();
  } else {
    return Malformed(
        action.empty()
            ? std::string("the action is missing")
            : absl::StrCat("unknown action ", Quoted(action),
                           "; there are malloc, calloc, realloc, memalign, free "
                           "and thread_done"));
  }
  if (!status.ok()) return status;
  std::uint64_t times = 0;
  for (int i = 0; i < 2 && !Stripped(rest).empty(); ++i) {
    status = TakeCount(rest, "time", times);
    if (!status.ok()) return status;
  }
  status = ExpectEnd(rest);
  if (!status.ok()) return status;
  return true;
}

absl::StatusOr<bool> MallocCsvParser::Parse(std::string_view line, MallocEvent& event) {
  constexpr std::size_t kFields = 6;
  std::string_view fields[kFields];
  std::string_view rest = line;
  std::size_t count = 0;
  while (const auto field = TakeField(rest)) {
    if (count < kFields) fields[count] = *field;
    ++count;
  }
  const bool names = !begun_ && EqualsIgnoringCase(fields[3], "op");
  begun_ = true;
  if (names) return false;
  const auto& [at, cpu, thread, op, pointer, size] = fields;
  const bool is_free = op == "f" || op == "F";
  if (count > kFields || count < (is_free ? kFields - 1 : kFields)) {
    return Malformed(absl::StrFormat(
        "%d fields instead of 6: ns_since_start,cpu,tid,op,ptr,size", count));
  }
  if (!is_free && op != "m" && op != "M") {
    return Malformed(absl::StrCat("the operation ", Quoted(op), " is neither m nor f"));
  }
  const auto wrong = [](std::string_view what, std::string_view field) {
    return Malformed(
        absl::StrCat("the ", Owned(what), " ", Quoted(field), " is not a number"));
  };
  const auto at_ns = ParseNumber(at);
  if (!at_ns || *at_ns > INT64_MAX) return wrong("time", at);
  if (!cpu.empty() && cpu != "-1" && !ParseNumber(cpu)) return wrong("cpu", cpu);
  const auto tid = ParseNumber(thread);
  if (!tid) return wrong("tid", thread);
  // Numbers that stand for pointers are read as what they stand for: what matters is
  // which are the same.
  const auto block = ParseHex(pointer);
  if (!block) return wrong("ptr", pointer);
  const auto bytes =
      size.empty() && is_free ? std::optional<std::uint64_t>(0) : ParseNumber(size);
  if (!bytes && !is_free) return wrong("size", size);
  event = {.kind = is_free ? Kind::kFree : Kind::kAllocate,
           .thread = *tid,
           .block = *block,
           .size = is_free ? 0 : *bytes,
           .at_ns = static_cast<std::int64_t>(*at_ns)};
  return true;
}

absl::StatusOr<bool> MallocLines::Next(MallocEvent& event) {
  while (lines_->Next()) {
    absl::StatusOr<bool> found = [&]() -> absl::StatusOr<bool> {
      if (lines_->too_long()) {
        return Malformed(absl::StrFormat("longer than %d bytes", kMaxLineBytes));
      }
      const std::string_view line = Stripped(lines_->line());
      if (line.empty() || line.front() == '#') return false;
      return parser_->Parse(line, event);
    }();
    if (found.ok()) {
      if (!*found) continue;
      any_ = true;
      return true;
    }
    if (!skip_bad_lines_)
      return lines_->Complaint(std::string(found.status().message()));
    ++skipped_lines_;
  }
  if (!lines_->status().ok()) return lines_->status();
  if (!any_) {
    return absl::InvalidArgumentError(
        absl::StrCat(lines_->name(), ": no allocations in it"));
  }
  return false;
}

absl::Status MallocLines::Rewind() {
  parser_->Reset();
  skipped_lines_ = 0;
  any_ = false;
  return lines_->Rewind();
}

}  // namespace corepool::stress
