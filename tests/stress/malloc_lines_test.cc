#include "stress/trace/malloc_lines.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/trace/block_tracker.h"
#include "stress/trace/line_source.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/trace_format.h"

namespace corepool::stress {
namespace {

using Kind = MallocEvent::Kind;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// What a text is, and all that it says; or the first complaint.
struct Read {
  explicit Read(const std::string& text, bool skip_bad_lines = false) {
    auto lines = LineSource::FromText(text, "it");
    std::size_t skipped = 0;
    const absl::StatusOr<TraceFormat> found =
        RecogniseFormat(*lines, skip_bad_lines, skipped);
    if (!found.ok()) {
      error = std::string(found.status().message());
      return;
    }
    format = *found;
    absl::StatusOr<std::unique_ptr<MallocTrace>> trace =
        OpenMallocTrace(std::move(lines), format, skip_bad_lines, {.events = 1000});
    if (!trace.ok()) {
      error = std::string(trace.status().message());
      return;
    }
    for (MallocEvent event;;) {
      const absl::StatusOr<bool> more = (*trace)->Next(event);
      if (!more.ok()) error = std::string(more.status().message());
      if (!more.ok() || !*more) break;
      events.push_back(event);
    }
    skipped_lines = (*trace)->skipped_lines();
  }
  TraceFormat format = TraceFormat::kCandump;
  std::vector<MallocEvent> events;
  std::string error;
  std::size_t skipped_lines = 0;
};

TEST(MallocLines, ReadsMallocLabTracesWithEitherHeader) {
  for (const std::string header :
       {"2\n4\n", "20000\n2\n4\n1\n", "", "\n 2 \r\n\n4\n", "# lab\n2\n4\n"}) {
    const Read read(header + "a 0 2040\r\n\n  a\t1  64 \nr 0 4072\nf 1\nf -1\nf 0");
    ASSERT_EQ(read.error, "") << header;
    EXPECT_EQ(read.format, TraceFormat::kRep);
    ASSERT_EQ(read.events.size(), 6u);
    EXPECT_EQ(read.events[0].kind, Kind::kAllocate);
    EXPECT_EQ(read.events[0].block, 1u) << "numbers begin with 0, which is no block";
    EXPECT_EQ(read.events[0].size, 2040u);
    EXPECT_EQ(read.events[2].kind, Kind::kReallocate);
    EXPECT_EQ(read.events[2].old_block, 1u);
    EXPECT_EQ(read.events[2].block, 1u);
    EXPECT_EQ(read.events[2].size, 4072u);
    EXPECT_EQ(read.events[3].kind, Kind::kFree);
    EXPECT_EQ(read.events[4].block, 0u) << "-1 is no block";
  }
}

TEST(MallocLines, ReadsWhatMemoryReplayReads) {
  const Read read(
      "186: malloc 0xB6027400 1024\n186:calloc 0xb6003090 3 8\n"
      "7: realloc 7fffffffffff0 0x0 150\r\n 7 : memalign 0xae42d080 64 100\n"
      "7: free 0x0\n7: malloc 0xffffffffffffffff 0\n9: malloc (nil) 12\n"
      "7: free 0xb6027400 123 456\n7: thread_done 0x0\n8: thread_done\n"
      "1: calloc 0x10 0x7fffffffffffffff 4\n");
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.format, TraceFormat::kAndroid);
  ASSERT_EQ(read.events.size(), 11u);
  EXPECT_EQ(read.events[0].thread, 186u);
  EXPECT_EQ(read.events[0].block, 0xb6027400u);
  EXPECT_EQ(read.events[1].size, 24u);
  EXPECT_EQ(read.events[2].block, 0x7fffffffffff0u);
  EXPECT_EQ(read.events[2].old_block, 0u);
  EXPECT_EQ(read.events[3].size, 148u) << "room to align within a block";
  EXPECT_EQ(read.events[6].block, 0u);
  EXPECT_EQ(read.events[8].kind, Kind::kThreadEnded);
  EXPECT_EQ(read.events[10].size, ~std::uint64_t{0}) << "not what is left of it";
}

TEST(MallocLines, ReadsCsv) {
  for (const std::string header : {"", "ns_since_start,cpu,tid,op,ptr,size\n",
                                   "# a comment\n\n", "NS,CPU,TID,OP,PTR,SIZE\r\n"}) {
    const Read read(header + "10,0,5,m,0xAb,64\r\n20, 1, 5, f, ab,\n30,-1,6,f,7f00\n");
    ASSERT_EQ(read.error, "") << header;
    EXPECT_EQ(read.format, TraceFormat::kMallocCsv);
    ASSERT_EQ(read.events.size(), 3u);
    EXPECT_EQ(read.events[0].block, 0xabu);
    EXPECT_EQ(read.events[0].at_ns, 10);
    EXPECT_EQ(read.events[1].kind, Kind::kFree);
    EXPECT_EQ(read.events[1].block, 0xabu) << "with 0x or without";
    EXPECT_EQ(read.events[2].thread, 6u);
  }
}

TEST(MallocLines, MakesUpEventsFromSizes) {
  for (const std::string header : {"", "size, alloc_rate, live_count\n"}) {
    const Read read(header + "8, 500.5, 900\n64,800,3e2\r\n1024, 0.5, 0.25\n");
    ASSERT_EQ(read.error, "") << header;
    EXPECT_EQ(read.format, TraceFormat::kSizes);
    EXPECT_EQ(read.events.size(), 1000u);
  }
}

TEST(MallocLines, NamesFileAndLineOfWhatIsMalformed) {
  const std::vector<std::vector<std::string>> bad = {
      // A good line, a bad one, what is said of it.
      {"a 0 1", "a 1", "the size is missing"},
      {"a 0 1", "a x 1", "not a number"},
      {"a 0 1", "a 1 18446744073709551616", "not a number"},
      {"a 0 1", "b 1 2", "expected a, r or f"},
      {"a 0 1", "f", "number is missing"},
      {"a 0 1", "f 1 2", "unexpected '2'"},
      {"a 0 1", "12", "expected a, r or f"},
      {"a 0 1", "a -1 1", "not a number"},
      {"1: free 0x0", "1: malloc", "pointer is missing"},
      {"1: free 0x0", "1: malloc 0x1", "size is missing"},
      {"1: free 0x0", "1: malloc zz 1", "not hex"},
      {"1: free 0x0", "1: maloc 0x1 1", "unknown action 'maloc'"},
      {"1: free 0x0", "1:", "action is missing"},
      {"1: free 0x0", "x: free 0x0", "thread's number"},
      {"1: free 0x0", "free 0x0", "thread's number"},
      {"1: free 0x0", "1: free 0x0 1 2 3", "unexpected '3'"},
      {"1: free 0x0", "1: free 0x0 1 x", "not a number"},
      {"1,0,1,f,0,0", "1,0,1,x,0,0", "neither m nor f"},
      {"1,0,1,f,0,0", "1,0,1,m,0", "5 fields"},
      {"1,0,1,f,0,0", "1,0,1,m,0,1,2", "7 fields"},
      {"1,0,1,f,0,0", "x,0,1,m,0,1", "time"},
      {"1,0,1,f,0,0", "1,x,1,m,0,1", "cpu"},
      {"1,0,1,f,0,0", "1,0,,m,0,1", "tid"},
      {"1,0,1,f,0,0", "1,0,1,m,,1", "ptr"},
      {"1,0,1,f,0,0", "1,0,1,m,0,-1", "size"},
      {"8,1,1", "8,1", "expected size"},
      {"8,1,1", "8.5,1,1", "the size"},
      {"8,1,1", "8,-1,1", "the rate"},
      {"8,1,1", "8,1,nan", "live count"},
      {"a 0 1", "a 1 " + std::string(5000, '1'), "longer than 4096"},
  };
  for (const auto& one : bad) {
    const Read read(one[0] + "\n" + one[1] + "\n" + one[0] + "\n");
    EXPECT_THAT(read.error, StartsWith("it:2: ")) << one[1];
    EXPECT_THAT(read.error, HasSubstr(one[2])) << one[1];
    const Read skipping(one[0] + "\n" + one[1] + "\n" + one[0] + "\n", true);
    EXPECT_EQ(skipping.error, "") << one[1];
    EXPECT_EQ(skipping.skipped_lines, 1u);
  }
}

TEST(MallocLines, WantsWhatItKnows) {
  EXPECT_THAT(Read("hello\n").error, StartsWith("it:1: neither a CAN log nor"));
  EXPECT_THAT(Read("\x7f"
                   "ELF\1\2")
                  .error,
              StartsWith("it:1: "));
  EXPECT_EQ(Read("1\n2\n").error, "it: no allocations in it");
  EXPECT_EQ(Read("8,0,1\n").error, "it: no size in it is ever allocated");
}

// Whatever a file holds: an error with its place, or events that can be followed.
TEST(MallocLines, SurvivesAnyMutation) {
  const std::string seeds[] = {
      "20\n2\na 0 512\nr 0 640\na 1 16\nf 0\nf 1\n",
      "186: malloc 0xb6027400 1024\n187: calloc 0x30 4 8\n186: realloc 0x40 0x30 9\n"
      "187: memalign 0x50 64 100\n186: free 0x40\n186: thread_done 0x0\n",
      "ns,cpu,tid,op,ptr,size\n1,0,11,m,0x1000,64\n2,1,12,m,0x1000,20\n3,0,11,f,0x1000,"
      "\n",
      "size, alloc_rate, live_count\n8, 500.5, 900\n24, 1200, 2500.25\n",
      "(1.0) can0 123#1122\n(1.1)  can0  123   [2]  11 22\n",
  };
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[static_cast<std::size_t>(round) % std::size(seeds)];
    for (unsigned changes = random() % 4 + 1; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, random() % 8 + 1); break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 12));
          break;
        default: text[at] = "0123456789xX ,:.-#\n\r\tafrm"[random() % 25]; break;
      }
      if (text.empty()) text = "a";
    }
    const Read read(text, round % 3 == 0);
    BlockTracker tracker({});
    for (const MallocEvent& event : read.events) tracker.Take(event);
    const TraceCounts counts = tracker.counts();
    EXPECT_EQ(counts.blocks_allocated - counts.blocks_freed,
              tracker.StepsToFreeAll().size())
        << text;
    if (!read.error.empty()) {
      EXPECT_THAT(read.error, StartsWith("it:")) << text;
    }
  }
}

}  // namespace
}  // namespace corepool::stress
