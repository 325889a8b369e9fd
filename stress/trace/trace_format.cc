#include "stress/trace/trace_format.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/line_source.h"
#include "stress/trace/malloc_lines.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/size_trace.h"
#include "stress/trace/text_scan.h"

namespace corepool::stress {
namespace {

std::optional<TraceFormat> FormatOf(std::string_view line) {
  if (LooksLikeCandump(line)) return TraceFormat::kCandump;
  if (const std::size_t colon = line.find(':');
      colon != std::string_view::npos &&
      ParseDecimal(Stripped(line.substr(0, colon)))) {
    return TraceFormat::kAndroid;
  }
  if (line.find(',') != std::string_view::npos) {
    std::string_view rest = line;
    std::string_view fourth;
    std::size_t fields = 0;
    const std::string_view first = Stripped(line.substr(0, line.find(',')));
    while (const auto field = TakeField(rest)) {
      if (++fields == 4) fourth = *field;
    }
    double number = 0;
    if (fields == 5 || fields == 6) {
      if (EqualsIgnoringCase(fourth, "m") || EqualsIgnoringCase(fourth, "f") ||
          EqualsIgnoringCase(fourth, "op")) {
        return TraceFormat::kMallocCsv;
      }
    } else if (fields == 3 && (EqualsIgnoringCase(first, "size") ||
                               absl::SimpleAtod(Owned(first), &number))) {
      return TraceFormat::kSizes;
    }
    return std::nullopt;
  }
  std::string_view rest = line;
  const std::string_view word = TakeWord(rest);
  std::string_view number = TakeWord(rest);
  if (ParseDecimal(word) && number.empty()) return TraceFormat::kRep;
  if ((word == "a" || word == "r" || word == "f") &&
      (ParseDecimal(number) || number == "-1")) {
    return TraceFormat::kRep;
  }
  return std::nullopt;
}

}  // namespace

const char* FormatName(TraceFormat format) {
  switch (format) {
    case TraceFormat::kCandump: return "a candump log";
    case TraceFormat::kRep: return "a malloc lab's trace (.rep)";
    case TraceFormat::kAndroid: return "a memory_replay trace";
    case TraceFormat::kMallocCsv: return "a CSV of mallocs and frees";
    case TraceFormat::kSizes: return "a distribution of sizes";
  }
  return "";
}

absl::StatusOr<TraceFormat> RecogniseFormat(LineSource& lines, bool skip_bad_lines,
                                            std::size_t& skipped) {
  while (lines.Next()) {
    const std::string_view line = Stripped(lines.line());
    if (!lines.too_long()) {
      if (line.empty() || line.front() == '#') continue;
      if (const auto format = FormatOf(line)) {
        lines.Unread();
        return *format;
      }
    }
    if (skip_bad_lines) {
      ++skipped;
      continue;
    }
    if (lines.too_long()) {
      return lines.Complaint(absl::StrCat("longer than ", kMaxLineBytes, " bytes"));
    }
    return lines.Complaint(absl::StrCat(
        "neither a CAN log nor a trace of allocations begins with ", Quoted(line)));
  }
  if (!lines.status().ok()) return lines.status();
  return TraceFormat::kCandump;
}

absl::StatusOr<std::unique_ptr<MallocTrace>> OpenMallocTrace(
    std::unique_ptr<LineSource> lines, TraceFormat format, bool skip_bad_lines,
    const SizeTraceOptions& generator) {
  std::unique_ptr<MallocLineParser> parser;
  switch (format) {
    case TraceFormat::kCandump: break;
    case TraceFormat::kRep: parser = std::make_unique<RepParser>(); break;
    case TraceFormat::kAndroid: parser = std::make_unique<AndroidParser>(); break;
    case TraceFormat::kMallocCsv: parser = std::make_unique<MallocCsvParser>(); break;
    case TraceFormat::kSizes: return ReadSizeTrace(*lines, skip_bad_lines, generator);
  }
  if (parser == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(lines->name(), ": not a trace of allocations"));
  }
  return std::make_unique<MallocLines>(std::move(lines), std::move(parser),
                                       skip_bad_lines);
}

}  // namespace corepool::stress
