// Proves that exported snapshots say what the pools say, and are well-formed whatever
// pools are called.

#include "corepool/hosted/exporters.h"

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "corepool/registry.h"
#include "corepool/static_pool.h"
#include "corepool/stats.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace corepool::hosted {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// A pool that says whatever it is told to, twice.
struct FakePool {
  bool StatsAt(std::size_t row, PoolRow& info) const {
    if (row > 1) return false;
    info.stats = stats;
    info.SetLabel(row == 0 ? label : "other");
    return true;
  }

  PoolStats stats{};
  const char* label = "";
};

// Every number another.
PoolStats SomeStats() {
  return {.capacity = 800,
          .free = 799,
          .used = 1,
          .peak = 5,
          .block_size = 100,
          .stride = 112,
          .cores = 4,
          .magazine_size = 7,
          .bookkeeping_bytes = 4096,
          .allocations = kMost,
          .frees = kMost - 1,
          .failures = 11,
          .misuses = 12,
          .steals = 13,
          .withheld = 14,
          .tag_bits = 42,
          .exact = true};
}

const char* const kHostile[] = {
    "quote\"brace}",
    "back\\slash\\",
    "line\nbreak\r\ttab",
    "\x01\x1f\x7f",
    "\xff\xfe\x80 raw bytes",
    "\xc0\xaf overlong \xe0\x80\xaf",
    "\xed\xa0\x80 surrogate",
    "\xf4\x90\x80\x80 beyond the last",
    "\xe4\xb8",  // cut off
    "gr\u00fc\u00df \u4e2d\u6587 \U0001f600",
    "cut off in the middle: 78901234\u4e2d",
    "</script><!-- %s %n",
    "{} [] , : null",
    "",
};

nlohmann::json Parsed() {
  // Strict: throws away nothing, and refuses what is no UTF-8.
  nlohmann::json json = nlohmann::json::parse(RegistryAsJson(), nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << RegistryAsJson();
  return json;
}

// One line of Prometheus' format that is no comment.
struct Sample {
  std::string family;
  std::map<std::string, std::string> labels;  // unescaped
  std::string value;
};

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
}

// Nothing if the line breaks the format's grammar.
std::optional<Sample> ParseSample(const std::string& line) {
  Sample sample;
  std::size_t at = 0;
  const auto name = [&] {
    const std::size_t begin = at;
    while (at < line.size() && IsNameCharacter(line[at])) ++at;
    return line.substr(begin, at - begin);
  };
  const auto eat = [&](char c) { return at < line.size() && line[at++] == c; };
  sample.family = name();
  if (sample.family.empty() || !eat('{')) return {};
  do {
    const std::string label = name();
    if (label.empty() || !eat('=') || !eat('"')) return {};
    std::string value;
    for (; at < line.size() && line[at] != '"'; ++at) {
      if (line[at] != '\\') {
        value += line[at];
        continue;
      }
      if (++at == line.size()) return {};
      if (line[at] != '\\' && line[at] != '"' && line[at] != 'n') return {};
      value += line[at] == 'n' ? '\n' : line[at];
    }
    if (!eat('"') || !sample.labels.emplace(label, value).second) return {};
  } while (at < line.size() && line[at] == ',' && ++at > 0);
  if (!eat('}') || !eat(' ')) return {};
  sample.value = line.substr(at);
  if (sample.value.empty() ||
      sample.value.find_first_not_of("0123456789.") != std::string::npos) {
    return {};
  }
  return sample;
}

// All samples of a text, which must be well-formed: each family in one piece, with HELP
// and TYPE in front; counters called _total and nothing else; no sample twice.
std::vector<Sample> ParsePrometheus(const std::string& text) {
  std::vector<Sample> samples;
  std::set<std::string> families;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> seen;
  EXPECT_TRUE(text.empty() || text.back() == '\n');
  std::istringstream lines(text);
  std::string line;
  std::string family;
  std::string helped;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string hash;
    std::string what;
    std::string name;
    words >> hash >> what >> name;
    if (hash == "#" && what == "HELP") {
      EXPECT_TRUE(families.insert(name).second) << name << " comes twice";
      helped = name;
    } else if (hash == "#" && what == "TYPE") {
      std::string type;
      words >> type;
      EXPECT_EQ(name, helped);
      EXPECT_EQ(type, name.ends_with("_total") ? "counter" : "gauge");
      family = name;
    } else {
      const std::optional<Sample> sample = ParseSample(line);
      EXPECT_TRUE(sample.has_value()) << line;
      if (!sample.has_value()) continue;
      EXPECT_EQ(sample->family, family);
      EXPECT_TRUE(seen.emplace(sample->family, sample->labels).second) << line;
      samples.push_back(*sample);
    }
  }
  return samples;
}

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Exporters, AreWellFormedWithoutPools) {
  EXPECT_EQ(Parsed(),
            nlohmann::json::parse(R"({"schema": "corepool.registry/1", "pools": []})"));
  EXPECT_TRUE(ParsePrometheus(RegistryAsPrometheus()).empty());
  EXPECT_EQ(Lines(RegistryAsText()).size(), 1u) << "the heading";
}

TEST(Exporters, JsonSaysWhatThePoolsSay) {
  const FakePool pool{SomeStats(), "small"};
  const RegistryEntry entry("rx", pool);
  const nlohmann::json pools = Parsed()["pools"];
  ASSERT_EQ(pools.size(), 2u);
  nlohmann::json expected = {{"name", "rx"},
                             {"serial", pools[0]["serial"]},
                             {"row", 0},
                             {"label", "small"},
                             {"block_size", 100},
                             {"stride", 112},
                             {"capacity", 800},
                             {"used", 1},
                             {"free", 799},
                             {"peak", 5},
                             {"usage_percent", 0.1},
                             {"allocations", kMost},
                             {"frees", kMost - 1},
                             {"failures", 11},
                             {"misuses", 12},
                             {"steals", 13},
                             {"withheld", 14},
                             {"cores", 4},
                             {"magazine_size", 7},
                             {"bookkeeping_bytes", 4096},
                             {"exact", true}};
  EXPECT_EQ(pools[0], expected);
  expected["row"] = 1;
  expected["label"] = "other";
  EXPECT_EQ(pools[1], expected);
  EXPECT_TRUE(pools[0]["allocations"].is_number_unsigned());
}

TEST(Exporters, PrometheusSaysWhatThePoolsSay) {
  const FakePool pool{SomeStats(), "small"};
  const RegistryEntry entry("rx", pool);
  const std::map<std::string, std::string> expected = {
      {"corepool_block_size_bytes", "100"},
      {"corepool_stride_bytes", "112"},
      {"corepool_capacity_blocks", "800"},
      {"corepool_used_blocks", "1"},
      {"corepool_free_blocks", "799"},
      {"corepool_peak_blocks", "5"},
      {"corepool_usage_ratio", "0.001"},
      {"corepool_allocations_total", std::to_string(kMost)},
      {"corepool_frees_total", std::to_string(kMost - 1)},
      {"corepool_failures_total", "11"},
      {"corepool_misuses_total", "12"},
      {"corepool_steals_total", "13"},
      {"corepool_withheld_total", "14"},
      {"corepool_cores", "4"},
      {"corepool_magazine_size_blocks", "7"},
      {"corepool_bookkeeping_bytes", "4096"},
      {"corepool_stats_exact", "1"}};
  std::map<std::string, std::string> said[2];
  for (const Sample& sample : ParsePrometheus(RegistryAsPrometheus())) {
    EXPECT_EQ(sample.labels.at("pool"), "rx");
    const bool second = sample.labels.at("row") == "1";
    EXPECT_EQ(sample.labels.at("label"), second ? "other" : "small");
    EXPECT_NE(sample.labels.at("serial"), "");
    EXPECT_TRUE(said[second ? 1 : 0].emplace(sample.family, sample.value).second);
  }
  EXPECT_EQ(said[0], expected);
  EXPECT_EQ(said[1], expected);
}

TEST(Exporters, TextIsAnAlignedTable) {
  const FakePool pool{SomeStats(), "small"};
  const RegistryEntry entry("gr\u00fc\u00df", pool);
  const RegistryEntry none("", pool);
  const std::vector<std::string> lines = Lines(RegistryAsText());
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_THAT(Words(lines[0]),
              ElementsAre("pool", "label", "block_size", "stride", "capacity", "used",
                          "free", "peak", "usage_percent", "allocations", "frees",
                          "failures", "misuses", "steals", "withheld", "cores",
                          "magazine_size", "bookkeeping_bytes", "exact"));
  const std::string most = std::to_string(kMost);
  EXPECT_THAT(Words(lines[2]),
              ElementsAre("gr\u00fc\u00df", "other", "100", "112", "800", "1", "799",
                          "5", "0.1", most, std::to_string(kMost - 1), "11", "12", "13",
                          "14", "4", "7", "4096", "yes"));
  EXPECT_EQ(Words(lines[3])[0], "-");
  EXPECT_EQ(lines[1].size(), lines[0].size() + 2) << "two characters of two bytes";
  EXPECT_EQ(lines[3].size(), lines[0].size());
  EXPECT_EQ(lines[3].find(most), lines[0].find("allocations") + 11 - most.size());
}

TEST(Exporters, UsageIsRoundedDownAndZeroWithoutBlocks) {
  FakePool pool;
  const RegistryEntry entry("p", pool);
  const auto usage = [&](std::size_t used, std::size_t capacity) {
    pool.stats.used = used;
    pool.stats.capacity = capacity;
    return Parsed()["pools"][0]["usage_percent"].dump();
  };
  EXPECT_EQ(usage(0, 0), "0.0");
  EXPECT_EQ(usage(1, 3), "33.3");
  EXPECT_EQ(usage(9999, 10000), "99.9");
  EXPECT_EQ(usage(10000, 10000), "100.0");
}

TEST(Exporters, StayWellFormedWhateverPoolsAreCalled) {
  for (const char* const hostile : kHostile) {
    const FakePool pool{SomeStats(), hostile};
    const RegistryEntry entry(hostile, pool);
    const RegistryEntry twin(hostile, pool);
    const nlohmann::json pools = Parsed()["pools"];
    ASSERT_EQ(pools.size(), 4u);
    const std::string name = pools[0]["name"];
    // The same in both, once their escapes are undone.
    const std::vector<Sample> samples = ParsePrometheus(RegistryAsPrometheus());
    ASSERT_EQ(samples.size(), 17u * 4);
    for (const Sample& sample : samples) EXPECT_EQ(sample.labels.at("pool"), name);
    const std::vector<std::string> lines = Lines(RegistryAsText());
    EXPECT_EQ(lines.size(), 5u);
    for (const std::string& line : lines) {
      for (const char c : line) {
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << line;
      }
    }
  }
}

TEST(Exporters, KeepNamesThatAreUtf8AndMendTheOthers) {
  const auto exported = [](const char* name) -> std::string {
    const FakePool pool;
    const RegistryEntry entry(name, pool);
    return Parsed()["pools"][0]["name"];
  };
  for (const char* const good : {"quote\"brace}", "back\\slash\\", "line\nbreak\r\ttab",
                                 "\x01\x1f\x7f", "gr\u00fc\u00df \u4e2d\U0001f600",
                                 "\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff"}) {
    EXPECT_EQ(exported(good), good);
  }
  EXPECT_EQ(exported("\U00010000\U0010ffff"), "\U00010000\U0010ffff");
  EXPECT_EQ(exported("a\xff"
                     "b\x80"),
            "a\ufffd"
            "b\ufffd");
  EXPECT_EQ(exported("\xc0\xaf"), "\ufffd\ufffd");
  EXPECT_EQ(exported("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");
  EXPECT_EQ(exported("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(exported("\xf5\x80\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(exported("\xe0\x9f\xbf"), "\ufffd\ufffd\ufffd");
  EXPECT_EQ(exported("\xf0\x8f\xbf\xbf"), "\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(exported("\xe4\xb8"), "\ufffd\ufffd");
  EXPECT_EQ(exported("\xe4"), "\ufffd");
  EXPECT_EQ(exported("1234567890123456789012345678\u4e2d\u6587"),
            "1234567890123456789012345678\u4e2d");
  EXPECT_EQ(exported("12345678901234567890123456789\u4e2d"),
            "12345678901234567890123456789\ufffd\ufffd");
}

TEST(Exporters, ShowRealPools) {
  static constinit StaticPool<std::uint64_t, 10, Checking::kBasic, Caching::kNone> pool;
  const RegistryEntry entry("real", pool);
  std::uint64_t* const block = pool.Allocate();
  const nlohmann::json json = Parsed()["pools"][0];
  EXPECT_EQ(json["used"], 1);
  EXPECT_EQ(json["free"], 9);
  EXPECT_EQ(json["usage_percent"].dump(), "10.0");
  EXPECT_EQ(json["exact"], true);
  EXPECT_THAT(RegistryAsPrometheus(),
              HasSubstr("corepool_used_blocks{pool=\"real\",label=\"\",serial=\"" +
                        json["serial"].dump() + "\",row=\"0\"} 1\n"));
  EXPECT_THAT(RegistryAsText(), HasSubstr("real"));
  pool.Free(block);
}

}  // namespace
}  // namespace corepool::hosted
