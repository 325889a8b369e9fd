// fork_storm: a process forks again and again while its threads allocate and free. In
// the child all of them stand still for ever, in the middle of whatever they did; the
// one that has forked uses the child's copy of the pool.
//
// Promise: the child can have every block but those that the others had, or were about
// to have or to give back, and each once; the parent is as if it had not forked.
// Must catch: no_help, what has been begun and is not finished by whoever comes next.
// Heeds all flags of the load but --producers and --consumers.

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "stress/block_ledger.h"
#include "stress/clock.h"
#include "stress/fixed_pool_bed.h"
#include "stress/gang.h"
#include "stress/load_options.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/traffic.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

// How a child ends.
enum Outcome : int {
  kGood,
  kTwice,       // one block was allocated twice
  kSomebodys,   // one that a thread had
  kTooFew,      // some were neither free nor anybody's
  kNotTaken,    // one was not taken back
  kOtherBlocks  // the second time not the same as the first
};
constexpr const char* kOutcomes[] = {
    "good",
    "a block was handed out twice",
    "a block was handed out that somebody had",
    "blocks were lost",
    "a block was not taken back",
    "blocks were lost between two looks",
};

class Nursery {
 public:
  // Other threads may be about to have, or to give back, so many blocks.
  Nursery(FixedPoolBed& bed, std::size_t in_transit)
      : bed_(bed),
        in_transit_(in_transit),
        blocks_(bed.ledger().blocks() + 1),
        first_(bed.ledger().blocks()),
        second_(bed.ledger().blocks()) {}

  // In the thread that is to have children.
  void Raise() {
    constexpr std::int64_t kPatience = 10'000'000'000;
    const pid_t child = fork();
    if (child == 0) _exit(LiveAsChild());
    if (child < 0) {
      ++refused_;
      const timespec pause = {0, 10'000'000};
      nanosleep(&pause, nullptr);
      return;
    }
    ++children_;
    const std::int64_t deadline = Now() + kPatience;
    int status = 0;
    pid_t ended = 0;
    for (int looks = 0; (ended = waitpid(child, &status, WNOHANG)) == 0; ++looks) {
      if (Now() > deadline) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        bed_.ledger().Found(Fault::kLost, "a child does not come to an end");
        return;
      }
      const timespec pause = {0, looks < 100 ? 20'000 : 1'000'000};
      nanosleep(&pause, nullptr);
    }
    if (ended < 0) {
      bed_.ledger().Found(Fault::kUnsound,
                          absl::StrCat("waitpid: ", std::strerror(errno)));
    } else if (!WIFEXITED(status)) {
      bed_.ledger().Found(Fault::kUnsound,
                          absl::StrCat("signal ", WTERMSIG(status), " ended a child"));
    } else if (WEXITSTATUS(status) != kGood) {
      const auto outcome = static_cast<std::size_t>(WEXITSTATUS(status));
      bed_.ledger().Found(
          outcome == kTwice || outcome == kSomebodys ? Fault::kDoubled : Fault::kLost,
          absl::StrCat("in child ", children_, ": ",
                       outcome < std::size(kOutcomes) ? kOutcomes[outcome]
                                                      : "of its own accord"));
    }
  }

  void AddTo(ScenarioRecord& record) const {
    record.figures.push_back({"children", static_cast<double>(children_), "processes"});
    if (children_ == 0) {
      record.checks.push_back({Check::Kind::kResource, "children that could be had",
                               refused_, "fork is refused"});
    }
  }

 private:
  // No memory, no library: threads may have been in the middle of them.
  int LiveAsChild() {
    FixedPool& pool = bed_.pool();
    for (int i = 0; i < 100; ++i) {
      void* const block = pool.Allocate();
      if (block != nullptr && pool.Free(block) != Error::kOk) return kNotTaken;
    }
    std::size_t count = 0;
    int outcome = Drain(first_, count);
    if (outcome != kGood) return outcome;
    const std::size_t blocks = bed_.ledger().blocks();
    if (count + bed_.ledger().owned() + in_transit_ < blocks) return kTooFew;
    outcome = Drain(second_, count);
    if (outcome != kGood) return outcome;
    return first_ == second_ ? kGood : kOtherBlocks;
  }

  int Drain(std::vector<unsigned char>& seen, std::size_t& count) {
    FixedPool& pool = bed_.pool();
    std::fill(seen.begin(), seen.end(), 0);
    count = 0;
    while (void* const block = pool.Allocate()) {
      const std::size_t index = pool.IndexOf(block);
      if (index >= seen.size() || seen[index] != 0) return kTwice;
      if (bed_.ledger().IsOwned(index)) return kSomebodys;
      seen[index] = 1;
      blocks_[count++] = block;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (pool.Free(blocks_[i]) != Error::kOk) return kNotTaken;
    }
    return kGood;
  }

  FixedPoolBed& bed_;
  const std::size_t in_transit_;
  std::uint64_t children_ = 0;
  std::uint64_t refused_ = 0;
  // For children, made before.
  std::vector<void*> blocks_;
  std::vector<unsigned char> first_;
  std::vector<unsigned char> second_;
};

absl::StatusOr<ScenarioRecord> RunForkStorm(const LoadOptions& asked,
                                            RunControl& control) {
  LoadOptions load = asked;
  if (load.threads == 0) load.threads = std::max(3, CpuCount() + 1);
  load.threads = std::max(2, load.threads);
  const auto others = static_cast<std::size_t>(load.threads - 1);
  if (load.pool_blocks == 0) {
    load.pool_blocks = std::size_t{16} * static_cast<std::size_t>(CpuCount());
  }
  if (load.block_size == 0) load.block_size = 32;
  absl::StatusOr<std::unique_ptr<FixedPoolBed>> bed =
      FixedPoolBed::Create(load, control);
  if (!bed.ok()) return bed.status();

  Nursery nursery(**bed, others * load.bulk);
  Gang gang(load, control, PoolOperations());
  // All of them together want somewhat more than there is, so that they have to steal
  // from each other's cores.
  const std::size_t share = std::max(load.bulk, load.pool_blocks / others + 2);
  absl::Status status =
      gang.Plan({{static_cast<int>(others),
                  [&](Worker& worker) {
                    Traffic<FixedPool> traffic((*bed)->verified(), share, load.bulk);
                    while (worker.Next()) traffic.Step(worker.actor());
                    traffic.FreeAll(worker.actor());
                  }},
                 {1,
                  [&](Worker& worker) {
                    while (worker.Next()) nursery.Raise();
                  },
                  false}});
  if (!status.ok()) return status;
  (*bed)->LetWatch(gang);
  status = gang.Run();
  if (!status.ok()) return status;
  ScenarioRecord record;
  (*bed)->Settle(gang, record);
  nursery.AddTo(record);
  return record;
}

}  // namespace

constinit const Scenario kForkStorm = {
    .name = "fork_storm",
    .summary = "a process forks while threads allocate, and the child uses its copy",
    .must_catch = "no_help",
    .ignores = "producers consumers",
    .run = RunForkStorm,
};

}  // namespace corepool::stress
