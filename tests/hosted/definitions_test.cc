#include "corepool/hosted/definitions.h"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace corepool::hosted {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Definitions Parsed(const std::string& text) {
  const absl::StatusOr<Definitions> definitions = ParseDefinitions(text);
  EXPECT_TRUE(definitions.ok()) << definitions.status();
  return definitions.ok() ? *definitions : Definitions();
}

// The lines of the message.
std::vector<std::string> ErrorsOf(const std::string& text) {
  const absl::Status status = ParseDefinitions(text).status();
  if (status.ok()) return {};
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  std::istringstream message{std::string(status.message())};
  std::vector<std::string> lines;
  for (std::string line; std::getline(message, line);) lines.push_back(line);
  return lines;
}

std::string AsText(const Definitions& definitions) {
  std::ostringstream text;
  for (const auto& [name, min, max, count] : definitions.quad_pools) {
    text << "POOL " << name << ' ' << min << ' ' << max << ' ' << count << '\n';
  }
  for (const auto& [name, size, count] : definitions.fixed_pools) {
    text << "FIXED " << name << ' ' << size << ' ' << count << '\n';
  }
  return text.str();
}

TEST(ParseDefinitions, ReadsTheExampleOfTheMemoryPoolsManual) {
  const Definitions definitions = Parsed(
      "% POOL NAME            MIN  MAX     NMAX\n"
      "% =======================================\n"
      "  POOL MY_POOL         32   8192      1\n"
      "  POOL SECOND_POOL_ID  64   1024      5\n");
  EXPECT_EQ(AsText(definitions),
            "POOL MY_POOL 32 8192 1\nPOOL SECOND_POOL_ID 64 1024 5\n");
}

TEST(ParseDefinitions, ReadsBothKindsInTheirOrder) {
  EXPECT_EQ(AsText(Parsed("FIXED b 7 3\nPOOL z 16 16 0\nFIXED a 100 1\nPOOL y 1 4 2")),
            "POOL z 16 16 0\nPOOL y 1 4 2\nFIXED b 7 3\nFIXED a 100 1\n");
}

TEST(ParseDefinitions, IgnoresCommentsBlanksAndHowLinesEnd) {
  const char* const wanted = "POOL p 64 1024 5\nFIXED f 8 9\n";
  for (const char* const text :
       {"POOL p 64 1024 5\nFIXED f 8 9\n", "POOL p 64 1024 5\r\nFIXED f 8 9\r\n",
        "\n\n  POOL\tp   64\t\t1024 5   \n \t \n%\n\tFIXED f 8 9",
        "POOL p 64 1024 5%behind it\n%POOL q 1 1 1\nFIXED f 8 9 % % FIXED g 8 9\n",
        "POOL p 64 1024 5 % comment\r\n\r\n% \r\nFIXED f 8 9%\r\n"}) {
    EXPECT_EQ(AsText(Parsed(text)), wanted) << text;
  }
  for (const char* const text : {"", "\n", "%", "% POOL p 1 1 1", " \t\r\n\r\n"}) {
    EXPECT_EQ(AsText(Parsed(text)), "") << text;
  }
}

TEST(ParseDefinitions, ReadsDecimalAndHexadecimalNumbers) {
  EXPECT_EQ(AsText(Parsed("POOL p 0x40 0X400 0x0\nFIXED f 010 0xfF\nFIXED g 1 00")),
            "POOL p 64 1024 0\nFIXED f 10 255\nFIXED g 1 0\n")
      << "leading zeros mean nothing";
}

TEST(ParseDefinitions, SaysWhichGeometriesWouldBeLegal) {
  EXPECT_THAT(ErrorsOf("\n\n% three\n\nFIXED f 8 1\n\nPOOL frames 64 1000 5\n"),
              ElementsAre("line 7: POOL frames: max 1000 is not min 64 times a power "
                          "of 4; nearest: 256, 1024"));
  EXPECT_THAT(ErrorsOf("POOL p 64 16 5"),
              ElementsAre("line 1: POOL p: max 16 is not min 64 times a power of 4; "
                          "nearest: 64"));
  EXPECT_THAT(ErrorsOf("POOL p 64 128 5"),
              ElementsAre("line 1: POOL p: max 128 is not min 64 times a power of 4; "
                          "nearest: 64, 256"));
  // Whatever is said to be legal is.
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const std::size_t min = random() % 200 + 1;
    const std::size_t max = random() % 20000 + 1;
    const auto line = [&](std::size_t of_max) {
      return "POOL p " + std::to_string(min) + ' ' + std::to_string(of_max) + " 3";
    };
    const std::vector<std::string> errors = ErrorsOf(line(max));
    if (errors.empty()) continue;
    ASSERT_THAT(errors, ElementsAre(HasSubstr("nearest: ")));
    std::string nearest = errors[0].substr(errors[0].rfind(": ") + 2);
    std::replace(nearest.begin(), nearest.end(), ',', ' ');
    std::istringstream sizes(nearest);
    std::size_t count = 0;
    for (std::size_t size = 0; sizes >> size; ++count) {
      EXPECT_THAT(ErrorsOf(line(size)), ElementsAre()) << errors[0];
      EXPECT_TRUE(size > max ? size / 4 < max || size == min : size > max / 4);
    }
    EXPECT_GE(count, 1u);
  }
}

TEST(ParseDefinitions, NamesWhatIsWrongAndWhere) {
  const struct {
    const char* text;
    const char* error;
  } kCases[] = {
      {"POOLS p 1 1 1", "line 1: 'POOLS' is neither POOL nor FIXED"},
      {"pool p 1 1 1", "line 1: 'pool' is neither"},
      {"\nPOOL", "line 2: POOL: too few words, 0 instead of 4: name min max n"},
      {"POOL p 1 1", "line 1: POOL p: too few words, 3 instead of 4: name min max n"},
      {"POOL p 1 1 1 1", "line 1: POOL p: too many words, 5 instead of 4"},
      {"FIXED f 8", "line 1: FIXED f: too few words, 2 instead of 3: name size n"},
      {"FIXED f 8 1 1", "line 1: FIXED f: too many words, 4 instead of 3"},
      {"FIXED f 8 % 1", "line 1: FIXED f: too few words, 2 instead of 3"},
      {"FIXED 9f 8 1", "line 1: FIXED: the name '9f' is no C identifier"},
      {"FIXED a-b 8 1", "line 1: FIXED: the name 'a-b' is no C identifier"},
      {"FIXED \xc3\xa4 8 1", "line 1: FIXED: the name '\\303\\244' is no C identifier"},
      {"POOL p 1 1 1\n\nFIXED p 8 1", "line 3: FIXED p: line 1 has this name already"},
      {"FIXED f -8 1", "line 1: FIXED f: size '-8' is no number"},
      {"FIXED f +8 1", "line 1: FIXED f: size '+8' is no number"},
      {"FIXED f 8k 1", "line 1: FIXED f: size '8k' is no number"},
      {"FIXED f 8 1.5", "line 1: FIXED f: n '1.5' is no number"},
      {"FIXED f 0x 1", "line 1: FIXED f: size '0x' is no number"},
      {"FIXED f 0x-8 1", "line 1: FIXED f: size '0x-8' is no number"},
      {"FIXED f 0x0x8 1", "line 1: FIXED f: size '0x0x8' is no number"},
      {"FIXED f 8 ff", "line 1: FIXED f: n 'ff' is no number"},
      {"POOL p 1 1 99999999999999999999",
       "line 1: POOL p: n '99999999999999999999' is more than the largest number"},
      {"POOL p 1 0x10000000000000000 1",
       "line 1: POOL p: max '0x10000000000000000' is more than the largest number"},
      {"FIXED f 0 1", "line 1: FIXED f: block_size: 0 is not valid"},
      {"FIXED f 8 18446744073709551615", "line 1: FIXED f: block_count: "},
      {"FIXED f 0x7000000000000000 5", "line 1: FIXED f: block_size: "},
      {"POOL p 0 64 1", "line 1: POOL p: min_block_size: 0"},
      {"POOL p 64 0 1", "line 1: POOL p: "},
      {"POOL p 1 1 18446744073709551615", "line 1: POOL p: "},
  };
  for (const auto& [text, error] : kCases) {
    EXPECT_THAT(ErrorsOf(text), ElementsAre(StartsWith(error))) << text;
  }
}

TEST(ParseDefinitions, ReportsAllErrorsOfAText) {
  EXPECT_THAT(
      ErrorsOf("POOL 1p x 1000 -1\n"
               "FIXED good 8 1\n"
               "WHAT is this\n"
               "POOL good 64 65 1 % twice\n"),
      ElementsAre(HasSubstr("line 1: POOL: the name '1p'"),
                  HasSubstr("line 1: POOL: min 'x'"), HasSubstr("line 1: POOL: n '-1'"),
                  HasSubstr("line 3: 'WHAT'"),
                  HasSubstr("line 4: POOL good: line 2 has this name"),
                  HasSubstr("line 4: POOL good: max 65 is not min 64")));
}

TEST(ParseDefinitions, TellsOnlySoManyErrorsOneByOne) {
  std::string text;
  for (std::size_t i = 0; i < kMostDefinitionErrors; ++i) text += "x\n";
  EXPECT_EQ(ErrorsOf(text).size(), kMostDefinitionErrors);
  for (int i = 0; i < 12; ++i) text += "x\n";
  const std::vector<std::string> errors = ErrorsOf(text);
  ASSERT_EQ(errors.size(), kMostDefinitionErrors + 1);
  EXPECT_EQ(errors.back(), "and 12 more errors");
}

TEST(ParseDefinitions, CutsOffAndEscapesWhatItQuotes) {
  const std::vector<std::string> errors = ErrorsOf(
      std::string(100000, 'x') + "\nFIXED f 8 " + std::string("1\0\x1b[2J", 6));
  EXPECT_THAT(errors, ElementsAre("line 1: '" + std::string(40, 'x') +
                                      "...' is neither POOL nor FIXED",
                                  HasSubstr("n '1\\000\\033[2J' is no number")));
}

// What any text must come to: pools that can be made, or errors that can be read.
void ExpectSense(const std::string& text) {
  const absl::StatusOr<Definitions> definitions = ParseDefinitions(text);
  if (!definitions.ok()) {
    for (const std::string& error : ErrorsOf(text)) {
      ASSERT_TRUE(error.starts_with("line ") || error.starts_with("and ")) << error;
      for (const char c : error) ASSERT_TRUE(c >= ' ' && c < 0x7f) << error;
    }
    return;
  }
  std::set<std::string> names;
  for (const auto& [name, min, max, count] : definitions->quad_pools) {
    ASSERT_TRUE(names.insert(name).second) << name;
    ASSERT_EQ(Validate(QuadPoolOptions{
                  .min_block_size = min, .max_block_size = max, .block_count = count}),
              Error::kOk);
  }
  for (const auto& [name, size, count] : definitions->fixed_pools) {
    ASSERT_TRUE(names.insert(name).second) << name;
    ASSERT_EQ(Validate(PoolOptions{.block_size = size, .block_count = count}),
              Error::kOk);
  }
  // What was read can be written, and read again.
  const std::string again = AsText(*definitions);
  ASSERT_EQ(AsText(Parsed(again)), again);
}

TEST(ParseDefinitions, MakesSenseOfRandomBytes) {
  std::mt19937 random(20260101);
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 200, '\0');
    for (char& c : text) c = static_cast<char>(random());
    ExpectSense(text);
    if (HasFatalFailure()) return;
  }
}

TEST(ParseDefinitions, MakesSenseOfTextsThatAreNearlyRight) {
  const char* const kWords[] = {"POOL", "FIXED", "a",   "b",     "c9",   "_",    "64",
                                "1024", "0x10",  "256", "\n",    "\n",   "\r\n", "%",
                                "0",    "-1",    "0xg", "1e9",   "POOL", "\t",   "4096",
                                "7",    "A",     "%%",  "99999", "16",   "FIXED"};
  std::mt19937 random(20260102);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::size_t words = random() % 40; words > 0; --words) {
      text += kWords[random() % std::size(kWords)];
      text += ' ';
    }
    ExpectSense(text);
    // A byte of a good text, changed.
    text = "POOL frames 64 1024 5 % five\r\nFIXED messages 0x20 100\nPOOL p 8 8 0\n";
    text[random() % text.size()] = static_cast<char>(random());
    ExpectSense(text);
    if (HasFatalFailure()) return;
  }
}

TEST(CreatePools, MakesPoolsThatAreFoundByName) {
  absl::StatusOr<DefinedPools> pools = CreatePools(Parsed(
      "POOL frames 64 1024 2\nFIXED messages 0x20 3\nPOOL none 8 8 0\nFIXED f 1 0"));
  ASSERT_TRUE(pools.ok()) << pools.status();
  QuadPool* const frames = pools->FindQuadPool("frames");
  FixedPool* const messages = pools->FindFixedPool("messages");
  ASSERT_NE(frames, nullptr);
  ASSERT_NE(messages, nullptr);
  EXPECT_EQ(pools->FindFixedPool("frames"), nullptr);
  EXPECT_EQ(pools->FindQuadPool("messages"), nullptr);
  EXPECT_EQ(pools->FindQuadPool("frame"), nullptr);
  EXPECT_EQ(pools->FindFixedPool(""), nullptr);

  const DefinedPools moved = *std::move(pools);
  EXPECT_EQ(moved.FindQuadPool("frames"), frames);
  void* const frame = frames->Allocate(1000);
  EXPECT_EQ(frames->SizeOf(frame), 1024u);
  EXPECT_NE(frames->Allocate(1024), nullptr);
  EXPECT_EQ(frames->Allocate(1), nullptr);
  EXPECT_EQ(frames->Free(frame), Error::kOk);
  EXPECT_EQ(messages->Stats().capacity, 3u);
  EXPECT_EQ(messages->Stats().block_size, 32u);
  EXPECT_EQ(moved.FindQuadPool("none")->TryAllocate(1).error, Error::kExhausted);
  EXPECT_EQ(moved.FindFixedPool("f")->TryAllocate().error, Error::kExhausted);
}

TEST(CreatePools, RefusesWhatTheTextWouldNotSay) {
  const auto message = [](const Definitions& definitions, absl::StatusCode code) {
    const absl::Status status = CreatePools(definitions).status();
    EXPECT_EQ(status.code(), code);
    return std::string(status.message());
  };
  using enum absl::StatusCode;
  EXPECT_EQ(message({.quad_pools = {{"p", 8, 8, 1}}, .fixed_pools = {{"p", 8, 1}}},
                    kInvalidArgument),
            "p: two pools of this name");
  EXPECT_THAT(
      message({.quad_pools = {{"p", 8, 9, 1}}, .fixed_pools = {}}, kInvalidArgument),
      StartsWith("p: max_block_size: 9 is not min_block_size 8 times"));
  constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max() / 1024;
  EXPECT_THAT(
      message({.quad_pools = {}, .fixed_pools = {{"p", 8, 1}, {"huge", kHuge, 100}}},
              kResourceExhausted),
      StartsWith("huge: block_count: 100 blocks"));
}

TEST(CreatePools, MakesThePoolsOfTheSampleFile) {
  std::ifstream file("docs/examples/gateway.pools");
  ASSERT_TRUE(file.is_open());
  std::ostringstream text;
  text << file.rdbuf();
  const absl::StatusOr<DefinedPools> pools = CreatePools(Parsed(text.str()));
  ASSERT_TRUE(pools.ok()) << pools.status();
  QuadPool* const ethernet = pools->FindQuadPool("ethernet");
  ASSERT_NE(ethernet, nullptr);
  EXPECT_EQ(ethernet->SizeOf(ethernet->Allocate(1518)), 4096u);
  ASSERT_NE(pools->FindQuadPool("diagnostics"), nullptr);
  EXPECT_NE(pools->FindQuadPool("diagnostics")->Allocate(32768), nullptr);
  ASSERT_NE(pools->FindFixedPool("can_frames"), nullptr);
  EXPECT_EQ(pools->FindFixedPool("can_frames")->Stats().capacity, 512u);
  EXPECT_NE(pools->FindFixedPool("timers"), nullptr);
}

}  // namespace
}  // namespace corepool::hosted
