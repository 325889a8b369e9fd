#include "stress/trace/candump_reader.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/trace/can_frame.h"
#include "stress/trace/line_source.h"

namespace corepool::stress {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// What a reader finds in text, to the end or to what is wrong.
struct Log {
  explicit Log(const std::string& text, CandumpReader::Options options = {})
      : Log(std::vector<std::string>{text}, options) {}
  explicit Log(const std::vector<std::string>& texts,
               CandumpReader::Options options = {}) {
    std::vector<std::unique_ptr<LineSource>> sources;
    std::vector<LineSource*> logs;
    for (const std::string& text : texts) {
      sources.push_back(LineSource::FromText(text, "log"));
      logs.push_back(sources.back().get());
    }
    CandumpReader reader(logs, options);
    status = ReadAll(reader);
    skipped_lines = reader.skipped_lines();
    buses = reader.buses();
    guessed_wrong = reader.guessed_wrong();
    // Once more, when it is known what stamps count from.
    if (status.ok()) status = reader.Rewind();
    if (status.ok()) status = ReadAll(reader);
    EXPECT_EQ(reader.skipped_lines(), skipped_lines);
    EXPECT_EQ(reader.buses(), buses);
  }

  absl::Status ReadAll(CandumpReader& reader) {
    frames.clear();
    CanFrame frame;
    for (;;) {
      const absl::StatusOr<bool> found = reader.Next(frame);
      if (!found.ok()) return found.status();
      if (!*found) return absl::OkStatus();
      frames.push_back(frame);
    }
  }

  std::string message() const { return std::string(status.message()); }

  absl::Status status;
  std::vector<CanFrame> frames;
  std::vector<std::string> buses;
  std::size_t skipped_lines = 0;
  bool guessed_wrong = false;
};

// Reads one good line.
struct Read {
  explicit Read(const std::string& line) : log(line) {
    EXPECT_TRUE(log.status.ok()) << log.status;
    if (!log.frames.empty()) frame = log.frames[0];
  }
  std::vector<int> payload() const {
    return {frame.payload().begin(), frame.payload().end()};
  }
  Log log;
  CanFrame frame;
};

std::string ErrorIn(const std::string& text) { return Log(text).message(); }

TEST(CandumpReader, ReadsAStandardFrame) {
  const Read read("(1502984883.826289) can0 123#0102aBFf\n");
  EXPECT_EQ(read.frame.stamp_ns, 1'502'984'883'826'289'000);
  EXPECT_EQ(read.frame.id, 0x123u);
  EXPECT_EQ(read.frame.flags, 0);
  EXPECT_EQ(read.frame.length, 4);
  EXPECT_THAT(read.payload(), ElementsAre(0x01, 0x02, 0xab, 0xff));
  EXPECT_THAT(read.log.buses, ElementsAre("can0"));
}

TEST(CandumpReader, ReadsAnExtendedFrame) {
  const Read read("(0.5) vcan12 1FFFFFFF#");
  EXPECT_EQ(read.frame.stamp_ns, 500'000'000);
  EXPECT_EQ(read.frame.id, 0x1fffffffu);
  EXPECT_EQ(read.frame.flags, CanFrame::kExtended);
  EXPECT_TRUE(read.payload().empty());
  EXPECT_EQ(Read("(0.5) c 00000123#").frame.flags, CanFrame::kExtended)
      << "eight digits are extended, however small";
}

TEST(CandumpReader, ReadsRemoteFrames) {
  const Read plain("(1.0) can0 123#R");
  EXPECT_EQ(plain.frame.flags, CanFrame::kRemote);
  EXPECT_EQ(plain.frame.length, 0);
  const Read sized("(1.0) can0 00000123#R8");
  EXPECT_EQ(sized.frame.flags, CanFrame::kRemote | CanFrame::kExtended);
  EXPECT_EQ(sized.frame.length, 8);
  EXPECT_EQ(sized.frame.payload_length, 0) << "asks for bytes, has none";
  EXPECT_EQ(Read("(1.0) can0 123#R8_E").frame.length, 8);
}

TEST(CandumpReader, ReadsFdFrames) {
  const std::string data(128, 'A');
  const Read read("(1.000001) can1 00000456##3" + data);
  EXPECT_EQ(read.frame.flags, CanFrame::kFd | CanFrame::kExtended);
  EXPECT_EQ(read.frame.fd_flags, 3);
  EXPECT_EQ(read.frame.length, 64);
  EXPECT_EQ(read.payload().size(), 64u);
  EXPECT_EQ(Read("(1.0) can1 456##0").frame.length, 0);
}

TEST(CandumpReader, ReadsErrorFrames) {
  const Read read("(1.0) can0 20000088#0000000000000000");
  EXPECT_EQ(read.frame.flags, CanFrame::kExtended | CanFrame::kError);
  EXPECT_EQ(read.frame.id, 0x88u);
}

TEST(CandumpReader, ReadsOverWhatNewerCandumpsAppend) {
  EXPECT_EQ(Read("(1.0) can0 123#11 R").payload().size(), 1u);
  EXPECT_EQ(Read("(1.0) can0 123#11 T").payload().size(), 1u);
  EXPECT_EQ(Read("(1.0) can0 123#1122334455667788_9").payload().size(), 8u);
}

TEST(CandumpReader, ReadsOverCommentsBlanksAndLineEnds) {
  const Log log(
      "# comment\r\n\n   \n  (1.0)  can0\t123#11  \r\n"
      "#(2.0) can0 123#22\n(3) can1 124#");
  ASSERT_TRUE(log.status.ok());
  ASSERT_EQ(log.frames.size(), 2u);
  EXPECT_EQ(log.frames[1].bus, 1);
  EXPECT_EQ(log.frames[1].stamp_ns, 3'000'000'000);
}

TEST(CandumpReader, ReadsText) {
  const Read plain("(1502984883.826289)  can0  123   [8]  01 02 aB Ff 05 06 07 08\r\n");
  EXPECT_EQ(plain.frame.stamp_ns, 1'502'984'883'826'289'000);
  EXPECT_EQ(plain.frame.id, 0x123u);
  EXPECT_EQ(plain.frame.flags, 0);
  EXPECT_THAT(plain.payload(), ElementsAre(1, 2, 0xab, 0xff, 5, 6, 7, 8));
  EXPECT_THAT(plain.log.buses, ElementsAre("can0"));
  const Read dated("(2017-08-17 15:48:03.826289)  can0  00000123   [0]");
  EXPECT_EQ(dated.frame.stamp_ns, 1'502'984'883'826'289'000);
  EXPECT_EQ(dated.frame.flags, CanFrame::kExtended);
  const Read fd(
      "(000.5)  can1  RX B E  123  [12]  1a 1b 1c 1d 1e 1f 20 21 22 23 24 25");
  EXPECT_EQ(fd.frame.flags, CanFrame::kFd);
  EXPECT_EQ(fd.frame.fd_flags, 3);
  EXPECT_EQ(fd.payload().size(), 12u);
}

TEST(CandumpReader, ReadsTextOfOtherFrames) {
  const Read remote("(0.5)  can0  TX - -  123   [4]  remote request");
  EXPECT_EQ(remote.frame.flags, CanFrame::kRemote);
  EXPECT_EQ(remote.frame.length, 4);
  EXPECT_EQ(remote.frame.payload_length, 0);
  const Read error(
      "(0.5)  can0  20000004   [8]  00 04 00 00 00 00 00 00   ERRORFRAME\n"
      "\tcontroller-problem{tx-error-warning}\n");
  EXPECT_EQ(error.frame.flags, CanFrame::kExtended | CanFrame::kError);
  EXPECT_EQ(error.log.frames.size(), 1u);
  EXPECT_EQ(Read("(0.5)  can0  123   [2]  61 62   'ab'").payload().size(), 2u);
  EXPECT_EQ(Read("  can0  123   [2]  61 62").frame.stamp_ns, 0) << "without times";
}

TEST(CandumpReader, GuessesWhatShortTimesCountFrom) {
  const std::string deltas =
      "(000.000000)  can0  123   [0]\n(000.300000)  can0  124   [0]\n"
      "(000.100000)  can0  125   [0]\n(000.200000)  can0  126   [0]\n";
  const Log guessing(deltas);
  EXPECT_TRUE(guessing.guessed_wrong) << "at first";
  EXPECT_EQ(guessing.frames.at(3).stamp_ns, 600'000'000);
  const Log told(deltas, {.stamps = CandumpReader::Stamps::kSinceStart});
  EXPECT_EQ(told.frames.at(3).stamp_ns, 200'000'000);
  const Log summed(deltas, {.stamps = CandumpReader::Stamps::kSinceFrameBefore});
  EXPECT_FALSE(summed.guessed_wrong);
  EXPECT_EQ(summed.frames.at(3).stamp_ns, 600'000'000);
  const std::string rising =
      "(000.000000)  can0  123   [0]\n(000.3)  can0  123   [0]\n";
  const Log plain(rising + rising.substr(rising.find("(000.3)")));
  EXPECT_FALSE(plain.guessed_wrong);
  EXPECT_EQ(plain.frames.at(2).stamp_ns, 300'000'000);
  const Log logged("(2.0) can0 123#\n(1.0) can0 123#\n");
  EXPECT_EQ(logged.frames.at(1).stamp_ns, 1'000'000'000) << "-L has no deltas";
  const Log each_for_itself({rising, deltas, rising});
  EXPECT_EQ(each_for_itself.frames.at(5).stamp_ns, 600'000'000);
  EXPECT_EQ(each_for_itself.frames.at(7).stamp_ns, 300'000'000);
}

TEST(CandumpReader, SumsUpTimesUntilTheEndOfTheWorld) {
  const std::string late = "(8999999999.0) can0 123#\n";
  const Log log(late + late + late,
                {.stamps = CandumpReader::Stamps::kSinceFrameBefore});
  ASSERT_TRUE(log.status.ok());
  EXPECT_EQ(log.frames.at(2).stamp_ns, 8'999'999'999'000'000'000);
}

TEST(CandumpReader, NamesFileAndLineOfWhatIsMalformed) {
  const std::string good = "(1.0) can0 123#11\n";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"1.0 can0 123#11", "expected a time"},
      {"(1.0 can0 123#11", "expected a time"},
      {"() can0 123#11", "expected a time"},
      {"(x.0) can0 123#11", "9 decimals"},
      {"(1.) can0 123#11", "9 decimals"},
      {"(.5) can0 123#11", "9 decimals"},
      {"(-1.0) can0 123#11", "9 decimals"},
      {"(1.0000000001) can0 123#11", "9 decimals"},
      {"(99999999999999999999.0) can0 123#11", "too late"},
      {"(1.0)", "interface is missing"},
      {"(1.0) can0", "frame is missing"},
      {"(1.0) can0 123", "no '#'"},
      {"(1.0) can0 #11", "0 digits"},
      {"(1.0) can0 12#11", "2 digits"},
      {"(1.0) can0 1234#11", "4 digits"},
      {"(1.0) can0 123456789#11", "9 digits"},
      {"(1.0) can0 12G#11", "not hex"},
      {"(1.0) can0 800#11", "larger than 7FF"},
      {"(1.0) can0 40000000#11", "larger than 1FFFFFFF"},
      {"(1.0) can0 123#1", "odd number"},
      {"(1.0) can0 123#1X", "two hex digits"},
      {"(1.0) can0 123#112233445566778899", "9 bytes, more than 8"},
      {"(1.0) can0 123#R9", "remote frame"},
      {"(1.0) can0 123#R12", "remote frame"},
      {"(1.0) can0 123##", "flags digit"},
      {"(1.0) can0 123##G", "flags digit"},
      {"(1.0) can0 123##1" + std::string(130, '1'), "65 bytes, more than 64"},
      {"(1.0) can0 123#1122334455667788_8", "raw length code"},
      {"(1.0) can0 123#11 22", "unexpected '22'"},
      {"(1.0) can0 123#11 R foo", "unexpected 'foo'"},
      {"(1.0) 123#11", "interface is missing"},
      {"(1.0) can0 123 [2] 11", "1 bytes instead of 2"},
      {"(1.0) can0 123 [1] 11 22", "unexpected '22'"},
      {"(1.0) can0 123 [2] 11 2", "two hex digits"},
      {"(1.0) can0 123 [9] 11", "not [0] to [8]"},
      {"(1.0) can0 123 [65] 11", "not [0] to [8]"},
      {"(1.0) can0 12 [1] 11", "2 digits"},
      {"(2017-13-17 15:48:03.8) can0 123#11", "is not such as 2017"},
      {"(1.0) \x1b[31m 123#11", "not plain text"},
      {std::string("(1.0) can0 \0 123#11", 19), "not a text file"},
      {"(1.0) can0 123#" + std::string(5000, '1'), "longer than 4096 bytes"},
  };
  for (const auto& [line, what] : bad) {
    const std::string message = ErrorIn(good + line + "\n" + good);
    EXPECT_THAT(message, StartsWith("log:2: ")) << line;
    EXPECT_THAT(message, HasSubstr(what)) << line;
    EXPECT_EQ(message.find('\n'), std::string::npos) << "one line";

    const Log skipping(good + line + "\n" + good, {.skip_bad_lines = true});
    EXPECT_TRUE(skipping.status.ok());
    EXPECT_EQ(skipping.skipped_lines, 1u);
    EXPECT_EQ(skipping.frames.size(), 2u);
    for (const CanFrame& frame : skipping.frames) {
      EXPECT_EQ(frame.payload_length, 1u) << "nothing of the bad one is left";
      EXPECT_EQ(frame.id, 0x123u);
      EXPECT_EQ(frame.flags, 0);
    }
  }
}

TEST(CandumpReader, WantsAtLeastOneFrame) {
  EXPECT_EQ(ErrorIn(""), "log: no CAN frames in it");
  EXPECT_EQ(ErrorIn("# only a comment\n"), "log: no CAN frames in it");
  EXPECT_FALSE(Log("nonsense\n", {.skip_bad_lines = true}).status.ok());
}

TEST(CandumpReader, TakesAtMost64Buses) {
  std::string text;
  for (int i = 0; i < 65; ++i) text += "(1.0) can" + std::to_string(i) + " 123#\n";
  EXPECT_THAT(ErrorIn(text), StartsWith("log:65: more than 64"));
  const Log skipping(text, {.skip_bad_lines = true});
  EXPECT_EQ(skipping.frames.size(), 64u);
  EXPECT_EQ(skipping.skipped_lines, 1u);
}

TEST(CandumpReader, PutsFilesOneBehindTheOther) {
  const std::vector<std::string> texts = {"(1.0) can0 123#11\n",
                                          "(1.0) can1 124#22\n(2.0) can0 125#\n"};
  const Log log(texts);
  EXPECT_EQ(log.frames.size(), 3u);
  EXPECT_THAT(log.buses, ElementsAre("can0", "can1"));
  EXPECT_FALSE(Log({texts[0], texts[1], "# nothing more\n"}).status.ok());
}

// Reads all that is in the file.
std::uint64_t CountFrames(CandumpReader& reader, absl::Status& status) {
  std::uint64_t frames = 0;
  CanFrame frame;
  for (;;) {
    const absl::StatusOr<bool> found = reader.Next(frame);
    status = found.status();
    if (!found.ok() || !*found) return frames;
    ++frames;
  }
}

TEST(CandumpReader, ReadsWhatWasThereTheFirstTime) {
  const std::string path = ::testing::TempDir() + "/growing.log";
  const std::string line = "(1.0) can0 123#11\n";
  const auto write = [&](int lines) {
    std::ofstream file(path);
    for (int i = 0; i < lines; ++i) file << line;
  };
  write(10);
  auto source = LineSource::OpenFile(path, "it");
  ASSERT_TRUE(source.ok());
  CandumpReader reader({source->get()}, {});
  absl::Status status;
  EXPECT_EQ(CountFrames(reader, status), 10u);
  write(12);
  ASSERT_TRUE(reader.Rewind().ok());
  EXPECT_EQ(CountFrames(reader, status), 10u) << "it has grown";
  EXPECT_TRUE(status.ok()) << status;
  write(9);
  ASSERT_TRUE(reader.Rewind().ok());
  EXPECT_EQ(CountFrames(reader, status), 9u);
  EXPECT_THAT(std::string(status.message()), StartsWith("it: became shorter"));
}

}  // namespace
}  // namespace corepool::stress
