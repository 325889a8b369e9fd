#include "corepool/hosted/exporters.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "corepool/registry.h"
#include "corepool/stats.h"

namespace corepool::hosted {
namespace {

enum class Kind {
  kGauge,
  kCounter,  // only rises
  kShare,    // in thousandths
  kFlag,
};

// A number of every row, in all formats.
struct Field {
  const char* key;     // in text and JSON
  const char* family;  // Prometheus'
  const char* help;
  Kind kind;
  std::uint64_t (*value)(const PoolStats& stats);
};

std::uint64_t Usage(const PoolStats& stats) {
  if (stats.capacity == 0) return 0;
  return std::uint64_t{stats.used} * 1000 / stats.capacity;
}

using Stats = const PoolStats&;

constexpr Field kFields[] = {
    {"block_size", "corepool_block_size_bytes", "Bytes that a block's user may write.",
     Kind::kGauge, [](Stats s) -> std::uint64_t { return s.block_size; }},
    {"stride", "corepool_stride_bytes", "Bytes from one block to the next.",
     Kind::kGauge, [](Stats s) -> std::uint64_t { return s.stride; }},
    {"capacity", "corepool_capacity_blocks", "Blocks in the pool.", Kind::kGauge,
     [](Stats s) -> std::uint64_t { return s.capacity; }},
    {"used", "corepool_used_blocks", "Blocks allocated.", Kind::kGauge,
     [](Stats s) -> std::uint64_t { return s.used; }},
    {"free", "corepool_free_blocks", "Blocks not allocated.", Kind::kGauge,
     [](Stats s) -> std::uint64_t { return s.free; }},
    {"peak", "corepool_peak_blocks", "Most blocks ever allocated at once.",
     Kind::kGauge, [](Stats s) -> std::uint64_t { return s.peak; }},
    {"usage_percent", "corepool_usage_ratio", "Blocks allocated, as a part of all.",
     Kind::kShare, Usage},
    {"allocations", "corepool_allocations_total", "Blocks handed out.", Kind::kCounter,
     [](Stats s) { return s.allocations; }},
    {"frees", "corepool_frees_total", "Blocks taken back.", Kind::kCounter,
     [](Stats s) { return s.frees; }},
    {"failures", "corepool_failures_total", "Calls that got none for want of blocks.",
     Kind::kCounter, [](Stats s) { return s.failures; }},
    {"misuses", "corepool_misuses_total", "Reports to the misuse handler.",
     Kind::kCounter, [](Stats s) { return s.misuses; }},
    {"steals", "corepool_steals_total", "Blocks taken from another core's cache.",
     Kind::kCounter, [](Stats s) { return s.steals; }},
    {"withheld", "corepool_withheld_total", "Blocks withheld, for they were misused.",
     Kind::kCounter, [](Stats s) { return s.withheld; }},
    {"cores", "corepool_cores", "Cores that have a cache of their own.", Kind::kGauge,
     [](Stats s) -> std::uint64_t { return s.cores; }},
    {"magazine_size", "corepool_magazine_size_blocks", "Most blocks in one magazine.",
     Kind::kGauge, [](Stats s) -> std::uint64_t { return s.magazine_size; }},
    {"bookkeeping_bytes", "corepool_bookkeeping_bytes",
     "Bytes of memory besides the blocks.", Kind::kGauge,
     [](Stats s) -> std::uint64_t { return s.bookkeeping_bytes; }},
    {"exact", "corepool_stats_exact", "1 if the row's numbers are of one instant.",
     Kind::kFlag, [](Stats s) -> std::uint64_t { return s.exact ? 1 : 0; }},
};

std::vector<PoolInfo> Snapshot() {
  std::vector<PoolInfo> rows;
  RegistryCursor cursor;
  PoolInfo info;
  while (NextPool(cursor, info)) rows.push_back(info);
  return rows;
}

// The length of the character that `text` begins with, or 0 if that is no UTF-8.
std::size_t CharacterLength(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(text[at]));
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if (byte(at) < 0x80 || byte(at) > 0xbf) return 0;
  }
  // Longer than need be, a surrogate, or behind the last character.
  const bool bad = (lead == 0xe0 && byte(1) < 0xa0) ||
                   (lead == 0xed && byte(1) > 0x9f) ||
                   (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f);
  return bad ? 0 : length;
}

std::string AsUtf8(std::string_view text) {
  std::string good;
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    good += length > 0 ? text.substr(0, length) : "\uFFFD";
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return good;
}

std::size_t Characters(std::string_view utf8) {
  std::size_t count = 0;
  for (; !utf8.empty(); utf8.remove_prefix(CharacterLength(utf8))) ++count;
  return count;
}

std::string TextCell(const Field& field, const PoolStats& stats) {
  const std::uint64_t value = field.value(stats);
  switch (field.kind) {
    case Kind::kShare: return absl::StrFormat("%d.%d", value / 10, value % 10);
    case Kind::kFlag: return value != 0 ? "yes" : "no";
    default: return absl::StrCat(value);
  }
}

std::string TextCell(const char* name) {
  return *name == '\0' ? "-" : absl::Utf8SafeCEscape(AsUtf8(name));
}

std::string JsonString(const char* text) {
  std::string json = "\"";
  for (const char character : AsUtf8(text)) {
    if (character == '"' || character == '\\') {
      json += {'\\', character};
    } else if (static_cast<unsigned char>(character) < 0x20) {
      absl::StrAppendFormat(&json, "\\u%04x", static_cast<unsigned>(character));
    } else {
      json += character;
    }
  }
  return json + '"';
}

std::string JsonNumber(const Field& field, const PoolStats& stats) {
  if (field.kind == Kind::kFlag) return field.value(stats) != 0 ? "true" : "false";
  return TextCell(field, stats);
}

std::string PrometheusLabel(const char* text) {
  return absl::StrReplaceAll(AsUtf8(text),
                             {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
}

std::string PrometheusNumber(const Field& field, const PoolStats& stats) {
  const std::uint64_t value = field.value(stats);
  if (field.kind != Kind::kShare) return absl::StrCat(value);
  return absl::StrFormat("%d.%03d", value / 1000, value % 1000);
}

}  // namespace

std::string RegistryAsText() {
  constexpr std::size_t kNames = 2;  // columns in front, aligned to the left
  std::vector<std::vector<std::string>> lines{{"pool", "label"}};
  for (const Field& field : kFields) lines[0].emplace_back(field.key);
  for (const PoolInfo& info : Snapshot()) {
    lines.push_back({TextCell(info.name), TextCell(info.label)});
    for (const Field& field : kFields) {
      lines.back().push_back(TextCell(field, info.stats));
    }
  }
  std::vector<std::size_t> widths(lines[0].size());
  for (const auto& line : lines) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      widths[column] = std::max(widths[column], Characters(line[column]));
    }
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      const std::string& cell = line[column];
      const std::string space(widths[column] - Characters(cell), ' ');
      if (column > 0) text += "  ";
      text += column < kNames ? cell + space : space + cell;
    }
    text += '\n';
  }
  return text;
}

std::string RegistryAsJson() {
  std::string json = R"({"schema":"corepool.registry/1","pools":[)";
  const char* separator = "";
  for (const PoolInfo& info : Snapshot()) {
    absl::StrAppend(&json, separator, "{\"name\":", JsonString(info.name),
                    ",\"serial\":", info.serial, ",\"row\":", info.row,
                    ",\"label\":", JsonString(info.label));
    for (const Field& field : kFields) {
      absl::StrAppend(&json, ",\"", field.key, "\":", JsonNumber(field, info.stats));
    }
    json += '}';
    separator = ",";
  }
  return json + "]}\n";
}

std::string RegistryAsPrometheus() {
  const std::vector<PoolInfo> rows = Snapshot();
  std::string text;
  for (const Field& field : kFields) {
    const char* const type = field.kind == Kind::kCounter ? "counter" : "gauge";
    absl::StrAppend(&text, "# HELP ", field.family, " ", field.help, "\n# TYPE ",
                    field.family, " ", type, "\n");
    for (const PoolInfo& info : rows) {
      absl::StrAppend(&text, field.family, "{pool=\"", PrometheusLabel(info.name),
                      "\",label=\"", PrometheusLabel(info.label), "\",serial=\"",
                      info.serial, "\",row=\"", info.row, "\"} ",
                      PrometheusNumber(field, info.stats), "\n");
    }
  }
  return text;
}

}  // namespace corepool::hosted
