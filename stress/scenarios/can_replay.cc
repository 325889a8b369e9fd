#include "stress/scenarios/can_replay.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "corepool/error.h"
#include "corepool/hosted/owned_fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "stress/clock.h"
#include "stress/cpu_set.h"
#include "stress/scenarios/can_bus.h"
#include "stress/scenarios/frame_ring.h"
#include "stress/trace/can_frame.h"
#include "stress/trace/can_survey.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/timeline.h"

namespace corepool::stress {
namespace {

// What the clock itself adds to a latency: the median of many.
std::int64_t MeasureTimer() {
  std::array<std::int64_t, 1001> overheads;
  for (std::int64_t& overhead : overheads) {
    const std::int64_t before = Now();
    overhead = Now() - before;
  }
  std::nth_element(overheads.begin(), overheads.begin() + 500, overheads.end());
  return overheads[500];
}

// Blocks that frames may take on each bus without ever waiting for one: the
// interrupted threads hold one each.
std::size_t WindowPerBus(const ReplayOptions& options, std::size_t buses) {
  const std::size_t for_frames =
      options.pool_blocks > buses ? options.pool_blocks - buses : 1;
  return std::clamp<std::size_t>(for_frames / buses, 1, options.window);
}

// The CPUs of a bus's interrupted thread and of its task: never the same where there
// are two, and none used twice where there are enough.
std::pair<int, int> CpusOf(std::size_t bus, std::size_t buses,
                           const std::vector<int>& cpus) {
  if (cpus.size() < 2) return {-1, -1};
  const std::size_t first = cpus.size() >= 2 * buses ? 2 * bus : bus;
  return {cpus[first % cpus.size()], cpus[(first + 1) % cpus.size()]};
}

// Frames of a bus that are read ahead at most: some milliseconds of the fastest replay;
// as many as its share of the pool could hold at once, so that a burst that would fill
// the pool is all there when it is due; and no more than it has.
std::size_t SlotsOf(const CanSurvey::Bus& bus, const ReplayOptions& options,
                    std::size_t buses) {
  constexpr std::size_t kOfAllBuses = 131'072;
  constexpr std::size_t kLeast = 2048;
  constexpr std::size_t kMost = 16'384;
  const std::size_t ahead = std::clamp(kOfAllBuses / buses, kLeast, kMost);
  return static_cast<std::size_t>(std::min<std::uint64_t>(
      bus.frames, std::max(ahead, options.pool_blocks / buses)));
}

// Hands the frames of a log to their buses.
class LogReader {
 public:
  using Buses = std::vector<std::unique_ptr<CanBus>>;

  LogReader(CandumpReader& log, const CanSurvey& survey, Timeline timeline,
            const Buses& buses, Sharing& sharing)
      : log_(log),
        survey_(survey),
        timeline_(timeline),
        buses_(buses),
        sharing_(sharing) {}

  void Start() {
    thread_ = std::thread([this] {
      status_ = Read();
      // Sources would wait for ever for what is missing.
      if (!status_.ok()) sharing_.enough.store(true, std::memory_order_relaxed);
      Prepared();
    });
  }
  // Waits until the first frames are there, of one bus as many as there is room for.
  void AwaitPrepared() const {
    // Pairs with: release in Prepared.
    prepared_.wait(false, std::memory_order_acquire);
  }
  // Waits until it has come to the end, or needs go on no longer.
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  // After Join.
  const absl::Status& status() const { return status_; }

 private:
  absl::Status Read();
  bool Stopped() const {
    return sharing_.stop.load(std::memory_order_relaxed) ||
           sharing_.enough.load(std::memory_order_relaxed);
  }
  void Prepared() {
    // Pairs with: acquire in AwaitPrepared.
    prepared_.store(true, std::memory_order_release);
    prepared_.notify_one();
  }

  CandumpReader& log_;
  const CanSurvey& survey_;
  Timeline timeline_;
  const Buses& buses_;
  Sharing& sharing_;
  std::thread thread_;
  std::atomic<bool> prepared_{false};
  absl::Status status_;
};

absl::Status LogReader::Read() {
  // No log is so long; but sums of gaps may be, if --max_gap allows.
  constexpr absl::Duration kForever = absl::Hours(10 * 365 * 24);
  constexpr std::int64_t kNap = 2'000'000;
  const auto changed = [] {
    return absl::InvalidArgumentError("the log has changed since it was checked");
  };
  absl::Status status = log_.Rewind();
  if (!status.ok()) return status;
  CanFrame frame;
  while (!Stopped()) {
    const absl::StatusOr<bool> found = log_.Next(frame);
    if (!found.ok()) return found.status();
    if (!*found) {
      const bool as_before = std::all_of(
          buses_.begin(), buses_.end(), [](const auto& bus) { return bus->has_all(); });
      return as_before ? absl::OkStatus() : changed();
    }
    // Blocks are made for what was there.
    if (frame.bus >= buses_.size() || frame.payload_length > survey_.longest_payload) {
      return changed();
    }
    const absl::Duration due = std::min(timeline_.Due(frame.stamp_ns), kForever);
    while (!buses_[frame.bus]->TryPut(frame, absl::ToInt64Nanoseconds(due))) {
      Prepared();
      // A ring lasts much longer than that.
      SleepUntil(Now() + kNap);
      if (Stopped()) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

// What made the pool impossible, in terms of the program's flags.
absl::Status InTermsOfFlags(const absl::Status& status, const ReplayOptions& options) {
  return absl::Status(
      status.code(),
      absl::StrFormat("a pool with --pool_blocks=%d and --block_size=%d: %s",
                      options.pool_blocks, options.block_size,
                      std::string(status.message())));
}

// Counted, and told by the pool's statistics; the run goes on.
void IgnoreMisuse(const MisuseReport& /*report*/) {}

}  // namespace

bool ReplayResult::correct() const {
  return all.lost == 0 && all.duplicated == 0 && all.misordered == 0 &&
         all.damaged == 0 && background_damaged == 0 && pool.misuses == 0 &&
         audit.error == Error::kOk && all.frames_in == all.frames_out + all.exhausted;
}

std::size_t SmallestBlock(const CanSurvey& survey) {
  return sizeof(FrameBlock) + survey.longest_payload;
}

absl::StatusOr<ReplayResult> ReplayCan(CandumpReader& log, const CanSurvey& survey,
                                       Timeline timeline, const ReplayOptions& options,
                                       const ReplayProgress& progress) {
  ReplayResult result;
  result.block_size = options.block_size != 0
                          ? options.block_size
                          : std::max<std::size_t>(64, SmallestBlock(survey));
  auto pool = hosted::CreateFixedPool({.block_size = result.block_size,
                                       .block_count = options.pool_blocks,
                                       .name = "replay",
                                       .misuse_handler = IgnoreMisuse});
  if (!pool.ok()) return InTermsOfFlags(pool.status(), options);
  const std::size_t window = WindowPerBus(options, survey.buses.size());
  if (!options.open_loop) result.window = window;
  result.timer_overhead_ns = MeasureTimer();

  const std::vector<int> cpus = UsableCpus();
  const bool crowded = survey.buses.size() > cpus.size();
  const CanBus::InterruptsInstalled interrupts;
  Sharing sharing;
  std::vector<std::unique_ptr<CanBus>> buses;
  for (std::uint16_t number = 0; number < survey.buses.size(); ++number) {
    const CanSurvey::Bus& bus = survey.buses[number];
    buses.push_back(std::make_unique<CanBus>(bus, options, **pool, sharing, number,
                                             SlotsOf(bus, options, survey.buses.size()),
                                             window, crowded));
  }
  LogReader reader(log, survey, timeline, buses, sharing);
  const auto finish_all = [&buses] {
    for (auto& bus : buses) bus->JoinSource();
    for (auto& bus : buses) bus->Finish();
  };

  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::thread watcher;
  const auto stop_watching = [&] {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      done = true;
    }
    changed.notify_one();
    if (watcher.joinable()) watcher.join();
  };
  std::int64_t start = 0;
  try {
    for (std::size_t i = 0; i < buses.size(); ++i) {
      const auto [interrupted_cpu, task_cpu] = CpusOf(i, buses.size(), cpus);
      buses[i]->Start(interrupted_cpu, task_cpu);
    }
    watcher = std::thread([&] {
      constexpr int kMostIdleTicks = 150;  // 30 seconds
      int idle_ticks = 0;
      std::uint64_t moved_before = 0;
      std::unique_lock<std::mutex> lock(mutex);
      while (!changed.wait_for(lock, std::chrono::milliseconds(200),
                               [&] { return done; })) {
        std::uint64_t frames_out = 0;
        std::uint64_t moved = 0;
        bool busy = false;
        for (const auto& bus : buses) {
          frames_out += bus->frames_out();
          moved += bus->progress();
          busy = busy || bus->is_busy();
        }
        // A pool that has lost its blocks would let frames wait for ever.
        idle_ticks = busy && moved == moved_before ? idle_ticks + 1 : 0;
        moved_before = moved;
        if (idle_ticks > kMostIdleTicks) {
          sharing.stop.store(true, std::memory_order_relaxed);
        }
        progress(frames_out);
        if (options.enough()) sharing.enough.store(true, std::memory_order_relaxed);
      }
    });
    reader.Start();
    reader.AwaitPrepared();
    start = Now();
    for (auto& bus : buses) bus->StartSource(start);
  } catch (const std::exception& error) {
    sharing.stop.store(true, std::memory_order_relaxed);
    finish_all();
    reader.Join();
    stop_watching();
    return absl::ResourceExhaustedError(
        absl::StrFormat("cannot start a thread: %s", error.what()));
  }
  finish_all();
  result.elapsed_ns = Now() - start;
  reader.Join();
  stop_watching();
  if (!reader.status().ok()) return reader.status();

  result.ended_early = sharing.enough.load(std::memory_order_relaxed);
  for (auto& bus : buses) bus->AddTo(result);
  result.pool = (*pool)->Stats();
  result.audit = (*pool)->Audit(AuditMode::kAtRest);
  return result;
}

}  // namespace corepool::stress
