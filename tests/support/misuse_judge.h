// Says what a misuse must be reported as, and finds out whether it was: by a handler
// that returns, or by the default one, which ends a process made for that.

#ifndef COREPOOL_TESTS_SUPPORT_MISUSE_JUDGE_H_
#define COREPOOL_TESTS_SUPPORT_MISUSE_JUDGE_H_

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "corepool/error.h"
#include "corepool/misuse.h"
#include "gtest/gtest.h"

namespace corepool::testing {

class MisuseJudge {
 public:
  // One report, as it must be.
  struct Report {
    Error kind;
    const void* pool;
    std::string name;
    const void* block;
    std::size_t index;
    std::size_t offset;

    bool operator==(const Report&) const = default;
  };

  // What the first report must look like on standard error, before and behind the bytes
  // found and expected. Shared with the process that is going to end.
  struct Text {
    char begin[256];
    char end[256];
    char last[256];  // as `begin`, of the last leak
    bool reached;    // the misuse was about to be committed
  };

  // For a handler that returns.
  MisuseJudge() = default;
  // For the default one.
  explicit MisuseJudge(Text* text) : text_(text) {}
  MisuseJudge(const MisuseJudge&) = delete;
  MisuseJudge& operator=(const MisuseJudge&) = delete;

  bool returns() const { return text_ == nullptr; }
  MisuseHandler handler() const { return returns() ? &Record : nullptr; }
  void* context() { return this; }

  // Pools without a handler of their own report to `judge`, or to nobody.
  static void SetProcessWide(MisuseJudge* judge) {
    of_all_ = judge;
    SetMisuseHandler(judge != nullptr ? judge->handler() : nullptr);
  }

  // In the order in which they must come.
  void Expect(const Report& report) {
    expected_.push_back(report);
    if (returns()) return;
    // All leaks are shown before the program stops.
    if (report.kind == Error::kLeak) {
      std::snprintf(text_->last, sizeof(text_->last), "corepool: kLeak: %p, block %zu,",
                    report.block, report.index);
    }
    if (expected_.size() > 1) return;
    char index[32] = "";
    if (report.index != kNoIndex) {
      std::snprintf(index, sizeof(index), ", block %zu,", report.index);
    }
    char offset[64] = "";
    if (report.offset != kNoIndex) {
      std::snprintf(offset, sizeof(offset), " byte %zu: found 0x", report.offset);
    }
    std::snprintf(text_->begin, sizeof(text_->begin), "corepool: %s: %p%s%s",
                  ErrorName(report.kind), report.block, index, offset);
    std::snprintf(text_->end, sizeof(text_->end), " in pool '%s' at %p, core ",
                  report.name.c_str(), report.pool);
    text_->reached = true;
  }

  // All expected reports have come, and no others.
  void Settle() const {
    EXPECT_FALSE(expected_.empty());
    EXPECT_EQ(seen_.size(), expected_.size());
    const std::size_t both = std::min(seen_.size(), expected_.size());
    for (std::size_t i = 0; i < both; ++i) {
      EXPECT_STREQ(ErrorName(seen_[i].kind), ErrorName(expected_[i].kind));
      EXPECT_EQ(seen_[i].block, expected_[i].block);
      EXPECT_EQ(seen_[i].index, expected_[i].index);
      EXPECT_EQ(seen_[i].offset, expected_[i].offset);
      EXPECT_EQ(seen_[i].name, expected_[i].name);
      EXPECT_EQ(seen_[i].pool, expected_[i].pool);
    }
  }

 private:
  static void Record(const MisuseReport& report) {
    auto* judge = static_cast<MisuseJudge*>(report.context);
    if (judge == nullptr) judge = of_all_;
    judge->seen_.push_back({report.kind, report.pool, report.pool_name, report.block,
                            report.index, report.offset});
  }

  static inline MisuseJudge* of_all_ = nullptr;

  Text* text_ = nullptr;
  std::vector<Report> expected_;
  std::vector<Report> seen_;
};

// Runs `misuse` in a process of its own, which the default handler must end with the
// text that the judge was told.
inline void ExpectStopped(const std::function<void(MisuseJudge&)>& misuse) {
  void* const shared = mmap(nullptr, sizeof(MisuseJudge::Text), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto* const text = static_cast<MisuseJudge::Text*>(shared);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::fflush(stdout);
  std::fflush(stderr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(ends[1], STDERR_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    MisuseJudge judge(text);
    misuse(judge);
    std::fflush(stdout);
    _exit(0);
  }
  close(ends[1]);
  std::string shown;
  char part[1024];
  ssize_t count;
  while ((count = read(ends[0], part, sizeof(part))) > 0) {
    shown.append(part, static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(text->reached) << shown;
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
      << "not stopped: status " << status;
  const std::string begin = text->begin;
  EXPECT_EQ(shown.substr(0, begin.size()), begin) << shown;
  EXPECT_NE(shown.find(text->end), std::string::npos)
      << shown << "should have had" << text->end;
  EXPECT_NE(shown.find(text->last), std::string::npos)
      << shown << "should have had" << text->last;
  munmap(shared, sizeof(MisuseJudge::Text));
}

// One way to misuse one kind of pool. `run` commits it, and, if the handler returns,
// looks whether the pool is sound.
struct MisuseRun {
  std::string name;   // of the way
  std::string where;  // the kind
  std::function<void(MisuseJudge&)> run;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_MISUSE_JUDGE_H_
