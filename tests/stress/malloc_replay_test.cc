#include "stress/scenarios/malloc_replay.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "stress/advice/class_planner.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/class_limits.h"
#include "stress/trace/line_source.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/trace_format.h"

namespace corepool::stress {
namespace {

std::unique_ptr<MallocTrace> Trace(const std::string& text) {
  auto lines = LineSource::FromText(text, "it");
  std::size_t skipped = 0;
  const TraceFormat format = *RecogniseFormat(*lines, false, skipped);
  return *OpenMallocTrace(std::move(lines), format, false, {.events = 20'000});
}

struct Replayed {
  ScenarioRecord record;
  TraceAdvice advice;

  std::uint64_t Broken(Check::Kind kind) const {
    std::uint64_t violations = 0;
    for (const Check& check : record.checks) {
      if (check.kind == kind) violations += check.violations;
    }
    return violations;
  }
  double FigureOf(const std::string& name) const {
    for (const Figure& figure : record.figures) {
      if (figure.name == name) return figure.value;
    }
    return 0;
  }
};

Replayed Replay(const std::string& text, MallocReplayOptions options = {}) {
  const std::unique_ptr<MallocTrace> trace = Trace(text);
  Replayed replayed;
  replayed.advice = *AdviseForTrace(*trace, {.most_classes = 5}, [] { return false; });
  if (options.table.empty()) options.table = replayed.advice.table;
  RunControl control;
  absl::StatusOr<ScenarioRecord> record =
      ReplayMalloc(*trace, replayed.advice.counts, options, control);
  EXPECT_TRUE(record.ok()) << record.status();
  if (record.ok()) replayed.record = *std::move(record);
  return replayed;
}

void ExpectClean(const Replayed& replayed) {
  for (const Check& check : replayed.record.checks) {
    EXPECT_EQ(check.violations, 0u) << check.name << ": " << check.detail;
  }
  const TraceCounts& counts = replayed.advice.counts;
  EXPECT_EQ(replayed.FigureOf("blocks allocated"),
            static_cast<double>(counts.blocks_allocated));
  EXPECT_EQ(replayed.FigureOf("blocks freed by the trace"),
            static_cast<double>(counts.blocks_freed));
  EXPECT_EQ(replayed.record.failures, 0u);
}

// Threads that hand most of their blocks to each other, and sizes of all kinds.
std::string Busy(std::uint64_t seed, int threads, int events) {
  std::mt19937_64 random(seed);
  std::string text;
  std::vector<std::uint64_t> live;
  std::uint64_t next = 16;
  const auto thread = [&] {
    return std::to_string(random() % static_cast<unsigned>(threads));
  };
  const auto size = [&] {
    return std::to_string(random() % (std::uint64_t{1} << (random() % 14)));
  };
  const auto hex = [](std::uint64_t value) {
    char buffer[32];
    std::snprintf(buffer, sizeof(buffer), "0x%llx",
                  static_cast<unsigned long long>(value));
    return std::string(buffer);
  };
  for (int i = 0; i < events; ++i) {
    const std::size_t which = live.empty() ? 0 : random() % live.size();
    const unsigned choice = live.empty() ? 0 : static_cast<unsigned>(random() % 9);
    if (choice < 4) {
      live.push_back(next += 16);
      text += thread() + ": malloc " + hex(next) + " " + size() + "\n";
    } else if (choice < 7) {
      text += thread() + ": free " + hex(live[which]) + "\n";
      live[which] = live.back();
      live.pop_back();
    } else {
      const std::uint64_t old = live[which];
      if (random() % 2 == 0) live[which] = next += 16;
      text += thread() + ": realloc " + hex(live[which]) + " " + hex(old) + " " +
              size() + "\n";
    }
  }
  return text;
}

TEST(MallocReplay, DoesAllThatATraceDidWithWhatWasAdvised) {
  for (const int threads : {1, 2, 7, 40}) {
    const Replayed replayed =
        Replay(Busy(static_cast<std::uint64_t>(threads), threads, 20'000));
    ExpectClean(replayed);
    // Not one block was superfluous.
    std::size_t row = 1;
    for (const PlannedClass& planned : replayed.advice.classes) {
      EXPECT_GE(replayed.record.pools[row++].stats.capacity, planned.peak);
    }
  }
}

TEST(MallocReplay, LetsFewThreadsStandForMany) {
  MallocReplayOptions options;
  for (const int threads : {1, 3}) {
    options.load.threads = threads;
    ExpectClean(Replay(Busy(5, 30, 10'000), options));
  }
}

TEST(MallocReplay, HandsBlocksOver) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "1: malloc 0x10 64\n2: free 0x10\n2: malloc 0x20 64\n1: free 0x20\n";
  }
  const Replayed replayed = Replay(text);
  ExpectClean(replayed);
  EXPECT_EQ(replayed.advice.table.size(), 1u);
  EXPECT_EQ(replayed.advice.table[0].block_count, 1u) << "one block goes round";
}

TEST(MallocReplay, FreesWhatTheTraceDoesNot) {
  const Replayed replayed =
      Replay("1: malloc 0x10 64\n2: malloc 0x20 9\n1: free 0x20\n");
  ExpectClean(replayed);
  EXPECT_EQ(replayed.FigureOf("blocks never freed by the trace"), 1);
}

TEST(MallocReplay, MakesUpTracesFromSizes) {
  ExpectClean(Replay("8,500,900\n64,800,300\n1024,0.5,0.25\n"));
}

TEST(MallocReplay, SaysWhenPoolsAreTooSmall) {
  MallocReplayOptions options;
  options.table = {{64, 2}, {256, 1}};
  const Replayed replayed = Replay(
      "a 0 64\na 1 64\na 2 64\na 3 10\na 4 1000\nr 2 60\nf 0\nf 1\nf 2\nf 3\nf 4\n",
      options);
  EXPECT_EQ(replayed.Broken(Check::Kind::kCorrectness), 0u);
  EXPECT_EQ(replayed.Broken(Check::Kind::kLeak), 0u);
  EXPECT_EQ(replayed.Broken(Check::Kind::kResource), 2u) << "block 3, and block 4";
}

TEST(MallocReplay, KeepsToTheTracesClock) {
  MallocReplayOptions options;
  options.speed = 2;
  options.max_gap_ns = 1'000'000'000;
  const Replayed replayed = Replay(
      "0,0,1,m,10,64\n100000000,0,1,f,10,\n90000000,1,2,m,10,64\n"
      "99000000000,1,2,f,10,\n99000000001,0,1,m,20,64\n",
      options);
  ExpectClean(replayed);
  EXPECT_GE(replayed.record.elapsed_ns, 50'000'000);
  EXPECT_LT(replayed.record.elapsed_ns, 20'000'000'000) << "a jump takes no time";
  ASSERT_FALSE(replayed.record.latencies.empty());
  EXPECT_EQ(replayed.record.latencies[0].response.total(), 3u);
}

// Any order of steps that the limits allow needs no more blocks than there are.
TEST(ClassLimits, AllowNoOrderThatNeedsMoreBlocks) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    struct Step {
      bool allocates;
      std::size_t freed;  // the step that allocated
      std::uint64_t after;
      bool done = false;
    };
    const std::size_t events = 200;
    std::vector<Step> steps;
    std::vector<std::size_t> live;
    std::size_t peak = 0;
    for (std::size_t i = 0; i < events; ++i) {
      if (live.empty() || random() % 2 == 0) {
        live.push_back(i);
        steps.push_back({true, 0, 0});
      } else {
        const std::size_t which = random() % live.size();
        steps.push_back({false, live[which], 0});
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
      }
      peak = std::max(peak, live.size());
    }
    ClassLimits limits({{64, peak}}, events);
    for (std::size_t i = 0; i < events; ++i) {
      if (steps[i].allocates) {
        steps[i].after = limits.Allocate(limits.ClassOf(64));
      } else {
        limits.Free(limits.ClassOf(1), i + 1);
      }
    }
    EXPECT_FALSE(limits.is_short());
    // The wildest scheduler: any step that may go on, allocations first.
    std::size_t used = 0;
    for (std::size_t left = events; left > 0; --left) {
      std::size_t done_before = 0;
      while (done_before < events && steps[done_before].done) ++done_before;
      std::vector<std::size_t> ready;
      for (std::size_t i = 0; i < events; ++i) {
        if (steps[i].done) continue;
        if (steps[i].allocates ? steps[i].after <= done_before
                               : steps[steps[i].freed].done) {
          if (steps[i].allocates || random() % 8 == 0 || i == done_before) {
            ready.push_back(i);
          }
        }
      }
      ASSERT_FALSE(ready.empty()) << "the earliest can always go on";
      Step& next = steps[ready[random() % ready.size()]];
      next.done = true;
      used = next.allocates ? used + 1 : used - 1;
      ASSERT_LE(used, peak);
    }
  }
}

}  // namespace
}  // namespace corepool::stress
