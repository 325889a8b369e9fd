#include "stress/trace/line_source.h"

#include <zlib.h>

#include <cstddef>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace corepool::stress {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string TempFile(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string Zipped(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/zipped";
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::unique_ptr<LineSource> Open(const std::string& path) {
  absl::StatusOr<std::unique_ptr<LineSource>> source = LineSource::OpenFile(path, "it");
  EXPECT_TRUE(source.ok()) << source.status();
  return *std::move(source);
}

std::vector<std::string> Lines(LineSource& source) {
  std::vector<std::string> lines;
  while (source.Next()) lines.emplace_back(source.line());
  return lines;
}

TEST(LineSource, EndsLinesAsAnySystemDoes) {
  const auto source = LineSource::FromText("one\ntwo\r\n\nfour", "it");
  EXPECT_THAT(Lines(*source), ElementsAre("one", "two", "", "four"));
  EXPECT_EQ(source->number(), 4u);
  EXPECT_TRUE(source->status().ok());
  ASSERT_TRUE(source->Rewind().ok());
  EXPECT_THAT(Lines(*source), ElementsAre("one", "two", "", "four"));
}

TEST(LineSource, ReadsOverAByteOrderMark) {
  const auto source = LineSource::FromText("\xef\xbb\xbfone\n", "it");
  EXPECT_THAT(Lines(*source), ElementsAre("one"));
}

TEST(LineSource, GivesALineOnceMore) {
  const auto source = LineSource::FromText("one\ntwo\n", "it");
  ASSERT_TRUE(source->Next());
  source->Unread();
  EXPECT_THAT(Lines(*source), ElementsAre("one", "two"));
  EXPECT_EQ(source->number(), 2u);
}

TEST(LineSource, JoinsLinesThatLieAcrossBuffers) {
  std::string text;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 50'000; ++i) {
    expected.push_back("line " + std::to_string(i) + std::string(i % 97, 'x'));
    text += expected.back() + "\r\n";
  }
  EXPECT_EQ(Lines(*Open(TempFile("plain", text))), expected);
  const std::string packed = TempFile("packed", Zipped(text));
  const auto source = Open(packed);
  EXPECT_EQ(Lines(*source), expected) << "gzip is known by its first bytes";
  ASSERT_TRUE(source->Rewind().ok());
  EXPECT_EQ(Lines(*source), expected);
  EXPECT_TRUE(source->status().ok()) << source->status();
}

TEST(LineSource, CutsLinesThatAreTooLongAndGoesOn) {
  for (const std::size_t over : {std::size_t{1}, std::size_t{1'000'000}}) {
    const std::string text =
        "one\n" + std::string(kMaxLineBytes + over, 'x') + "\nthree\n";
    const auto source = Open(TempFile("long", text));
    ASSERT_TRUE(source->Next());
    ASSERT_TRUE(source->Next());
    EXPECT_TRUE(source->too_long());
    EXPECT_EQ(source->line().size(), kMaxLineBytes);
    ASSERT_TRUE(source->Next());
    EXPECT_FALSE(source->too_long());
    EXPECT_EQ(source->line(), "three");
    EXPECT_EQ(source->number(), 3u);
  }
  const auto source = Open(TempFile("just", std::string(kMaxLineBytes, 'x') + "\nb"));
  ASSERT_TRUE(source->Next());
  EXPECT_FALSE(source->too_long());
  ASSERT_TRUE(source->Next());
  EXPECT_EQ(source->line(), "b");
}

TEST(LineSource, SaysWhatIsWrongWithGzip) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string whole = Zipped(text);
  const auto cut = Open(TempFile("cut", whole.substr(0, whole.size() / 2)));
  Lines(*cut);
  EXPECT_THAT(std::string(cut->status().message()),
              HasSubstr("it: cannot be read: the gzip file is cut off"));
  std::string damaged = whole;
  for (std::size_t i = 100; i < 200; ++i) damaged[i] = '\x55';
  const auto bad = Open(TempFile("bad", damaged));
  Lines(*bad);
  EXPECT_THAT(std::string(bad->status().message()),
              HasSubstr("it: cannot be read: gzip: "));
}

TEST(LineSource, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(
      std::string(LineSource::OpenFile("/does/not/exist", "it").status().message()),
      HasSubstr("it: cannot be opened: No such file"));
  EXPECT_THAT(std::string(LineSource::OpenFile("/dev/zero", "it").status().message()),
              HasSubstr("it: a device"));
  const auto folder = Open("/");
  EXPECT_FALSE(folder->Next());
  EXPECT_THAT(std::string(folder->status().message()), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace corepool::stress
