#include "stress/scenarios/can_replay.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "corepool/hosted/owned_fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/spsc_queue.h"
#include "corepool/stats.h"
#include "stress/cpu_set.h"
#include "stress/latency_histogram.h"
#include "stress/trace/can_log.h"

namespace corepool::stress {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

std::int64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);  // async-signal-safe
  return now.tv_sec * kNanosecondsPerSecond + now.tv_nsec;
}

timespec ToTimespec(std::int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / kNanosecondsPerSecond,
          .tv_nsec = nanoseconds % kNanosecondsPerSecond};
}

// A frame on its way, in a pool's block; the payload follows.
struct FrameBlock {
  std::uint64_t sequence;  // of the frame on its bus
  std::int64_t enqueued_ns;
  std::uint32_t id;
  std::uint8_t flags;
  std::uint8_t fd_flags;
  std::uint8_t length;
  std::uint8_t payload_length;

  std::uint8_t* payload() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};

// A counting semaphore that a signal handler may post.
class Semaphore {
 public:
  explicit Semaphore(unsigned value) { sem_init(&semaphore_, 0, value); }
  ~Semaphore() { sem_destroy(&semaphore_); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  void Post() { sem_post(&semaphore_); }
  void Wait() {
    while (sem_wait(&semaphore_) != 0 && errno == EINTR) {
    }
  }
  // False if a millisecond went by first.
  bool WaitAWhile() {
    timespec until = ToTimespec(Now() + 1'000'000);
    int result = 0;
    do {
      result = sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &until);
    } while (result != 0 && errno == EINTR);
    return result == 0;
  }

 private:
  sem_t semaphore_;
};

// The signal that stands for the interrupt. (SIGRTMIN is not a constant.)
int InterruptSignal() { return SIGRTMIN + 1; }

// Unblocks the interrupt for the calling thread: who started the program may have
// blocked all signals, and masks are inherited.
void LetInterruptsIn() {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, InterruptSignal());
  pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
}

class Bus {
 public:
  Bus(const CanLog& log, const Timeline& timeline, const ReplayOptions& options,
      FixedPool& pool, std::uint16_t number, std::size_t window)
      : log_(log),
        timeline_(timeline),
        open_loop_(options.open_loop),
        pool_(pool),
        random_(options.seed + number),
        slots_(options.pool_blocks),
        queue_(slots_),
        credits_(static_cast<unsigned>(window)) {
    for (std::size_t i = 0; i < log.frames.size(); ++i) {
      if (log.frames[i].bus == number) frames_.push_back(i);
    }
    dropped_.resize(frames_.size());
    delivered_.resize(frames_.size());
    result_.name = log.buses[number];
  }

  // Starts the interrupted thread and the task, each on its core (or on any, -1).
  void Start(int interrupted_cpu, int task_cpu) {
    result_.interrupted_cpu = interrupted_cpu;
    result_.task_cpu = task_cpu;
    task_ = std::thread([this, task_cpu] {
      PinThisThread(task_cpu);
      RunTask();
    });
    interrupted_ = std::thread([this, interrupted_cpu] {
      PinThisThread(interrupted_cpu);
      LetInterruptsIn();
      RunInterrupted();
    });
  }
  void StartSource(std::int64_t start_ns) {
    source_ = std::thread([this, start_ns] { RunSource(start_ns); });
  }

  // Waits until every frame has been received or dropped.
  void JoinSource() {
    if (source_.joinable()) source_.join();
  }
  // Ends the task, then the interrupted thread.
  void Finish() {
    finished_.store(true, std::memory_order_release);
    ready_.Post();
    if (task_.joinable()) task_.join();
    if (interrupted_.joinable()) interrupted_.join();
  }

  // The interrupt. Runs on the interrupted thread, between any two of its
  // instructions.
  void OnInterrupt() {
    ++interrupts_;
    if (inside_operation_ != 0) ++interrupts_inside_;
    // Pairs with: release in Raise.
    const std::size_t raised = raised_.load(std::memory_order_acquire);
    while (handled_.load(std::memory_order_relaxed) < raised) {
      const std::size_t sequence = handled_.load(std::memory_order_relaxed);
      if (!Receive(sequence)) {
        if (!open_loop_) {
          // The controller keeps the frame; the source will raise it again.
          ++retries_;
          return;
        }
        dropped_[sequence] = 1;
      }
      // Pairs with: acquire in RunSource.
      handled_.store(sequence + 1, std::memory_order_release);
    }
  }

  std::uint64_t frames_out() const {
    return frames_out_.load(std::memory_order_relaxed);
  }

  // Adds what happened; after Finish.
  void AddTo(ReplayResult& result);

 private:
  static constexpr std::uint64_t kBackgroundStamp = 0xbac6'0000'0000'0000;

  void RunSource(std::int64_t start_ns);
  void RunTask();
  void RunInterrupted();

  // Lets frames up to `raised` arrive in the controller, and interrupts.
  void Raise(std::size_t raised) {
    // Pairs with: acquire in OnInterrupt.
    raised_.store(raised, std::memory_order_release);
    Interrupt();
  }
  void Interrupt() {
    // A full signal queue is no loss: the interrupts before will find the frames.
    sigval value{};
    value.sival_ptr = this;
    pthread_sigqueue(interrupted_.native_handle(), InterruptSignal(), value);
  }

  // Moves frame `sequence` into a block and on to the task. False: no block.
  bool Receive(std::size_t sequence);
  // Checks a received frame against the log.
  void Check(FrameBlock& block);

  const CanLog& log_;
  const Timeline& timeline_;
  const bool open_loop_;
  FixedPool& pool_;
  std::mt19937_64 random_;
  std::vector<std::size_t> frames_;  // of this bus, as indices into the log
  std::thread source_;
  std::thread interrupted_;
  std::thread task_;

  // From the source to the handler.
  std::atomic<std::size_t> raised_{0};
  std::atomic<std::size_t> handled_{0};

  // The handler's, and its interrupted thread's.
  volatile sig_atomic_t inside_operation_ = 0;
  std::uint64_t interrupts_ = 0;
  std::uint64_t interrupts_inside_ = 0;
  std::uint64_t retries_ = 0;
  std::vector<std::uint8_t> dropped_;
  LatencyHistogram allocate_;
  std::uint64_t background_pairs_ = 0;
  std::uint64_t background_damaged_ = 0;

  // From the handler to the task. At least as large as the pool: never full.
  std::vector<FrameBlock*> slots_;
  SpscQueue<FrameBlock*> queue_;
  Semaphore ready_{0};

  // The task's.
  std::vector<std::uint8_t> delivered_;  // how often, up to 255
  std::uint64_t next_sequence_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::atomic<std::uint64_t> frames_out_{0};
  BusResult result_;
  LatencyHistogram free_;
  LatencyHistogram handover_;

  Semaphore credits_;  // closed loop: frames that may still be raised
  std::atomic<bool> finished_{false};
};

void Bus::RunSource(std::int64_t start_ns) {
  std::size_t raised = 0;
  while (raised < frames_.size()) {
    if (open_loop_) {
      const auto due = [&](std::size_t i) {
        return start_ns + absl::ToInt64Nanoseconds(timeline_.due[frames_[i]]);
      };
      const timespec wake = ToTimespec(due(raised));
      while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nullptr) == EINTR) {
      }
      // Whatever is due together arrives together, as in a controller's FIFO.
      const std::int64_t now = Now();
      while (raised < frames_.size() && due(raised) <= now) ++raised;
      Raise(raised);
    } else if (credits_.WaitAWhile()) {
      Raise(++raised);
    } else {
      Interrupt();
    }
  }
  // Pairs with: release in OnInterrupt (what the handler dropped is then known).
  while (handled_.load(std::memory_order_acquire) < frames_.size()) {
    if (!credits_.WaitAWhile()) Interrupt();
  }
}

bool Bus::Receive(std::size_t sequence) {
  const CanFrame& frame = log_.frames[frames_[sequence]];
  const std::int64_t before = Now();
  void* const memory = pool_.Allocate();
  const std::int64_t after = Now();
  if (memory == nullptr) return false;
  allocate_.Record(after - before);

  auto* const block = static_cast<FrameBlock*>(memory);
  block->sequence = sequence;
  block->id = frame.id;
  block->flags = frame.flags;
  block->fd_flags = frame.fd_flags;
  block->length = frame.length;
  block->payload_length = frame.payload_length;
  const std::span<const std::uint8_t> payload = log_.PayloadOf(frame);
  std::copy(payload.begin(), payload.end(), block->payload());
  block->enqueued_ns = Now();
  if (!queue_.Enqueue(block)) std::abort();  // it is as large as the pool
  ready_.Post();
  return true;
}

void Bus::RunTask() {
  for (;;) {
    ready_.Wait();
    FrameBlock* block = nullptr;
    if (!queue_.Dequeue(block)) {
      // Pairs with: release in Finish.
      if (finished_.load(std::memory_order_acquire)) return;
      continue;
    }
    handover_.Record(Now() - block->enqueued_ns);
    Check(*block);
    const std::int64_t before = Now();
    pool_.Free(block);
    free_.Record(Now() - before);
    frames_out_.fetch_add(1, std::memory_order_relaxed);
    credits_.Post();
  }
}

void Bus::Check(FrameBlock& block) {
  const std::uint64_t sequence = block.sequence;
  if (sequence >= frames_.size()) {
    ++result_.damaged;
    return;
  }
  std::uint8_t& delivered = delivered_[sequence];
  if (delivered > 0) ++result_.duplicated;
  if (delivered < 255) ++delivered;
  if (sequence < next_sequence_) ++result_.misordered;
  next_sequence_ = std::max(next_sequence_, sequence + 1);

  const CanFrame& frame = log_.frames[frames_[sequence]];
  const std::span<const std::uint8_t> payload = log_.PayloadOf(frame);
  const bool same = block.id == frame.id && block.flags == frame.flags &&
                    block.fd_flags == frame.fd_flags && block.length == frame.length &&
                    block.payload_length == frame.payload_length &&
                    std::equal(payload.begin(), payload.end(), block.payload());
  if (!same) ++result_.damaged;
  payload_bytes_ += payload.size();
}

// Allocates a block, marks all of it as its own, and frees it if the marks are
// still there: whoever is handed the same block meanwhile is found out.
void Bus::RunInterrupted() {
  const std::size_t words = pool_.Stats().block_size / sizeof(std::uint64_t);
  // Pairs with: release in Finish.
  while (!finished_.load(std::memory_order_acquire)) {
    const std::uint64_t stamp = kBackgroundStamp ^ random_();
    inside_operation_ = 1;
    void* const memory = pool_.Allocate();
    inside_operation_ = 0;
    if (memory == nullptr) continue;
    const std::span<std::uint64_t> marks(static_cast<std::uint64_t*>(memory), words);
    std::fill(marks.begin(), marks.end(), stamp);
    for (std::uint64_t wait = random_() % 32; wait > 0; --wait) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    const bool intact =
        std::all_of(marks.begin(), marks.end(),
                    [stamp](std::uint64_t word) { return word == stamp; });
    if (!intact) ++background_damaged_;
    inside_operation_ = 1;
    pool_.Free(memory);
    inside_operation_ = 0;
    ++background_pairs_;
  }
}

void Bus::AddTo(ReplayResult& result) {
  result_.frames_in = handled_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    result_.exhausted += dropped_[i];
    if (delivered_[i] > 0) ++result_.frames_out;
    if (delivered_[i] == 0 && dropped_[i] == 0) ++result_.lost;
  }
  result.buses.push_back(result_);
  result.all.frames_in += result_.frames_in;
  result.all.frames_out += result_.frames_out;
  result.all.exhausted += result_.exhausted;
  result.all.lost += result_.lost;
  result.all.duplicated += result_.duplicated;
  result.all.misordered += result_.misordered;
  result.all.damaged += result_.damaged;
  result.payload_bytes += payload_bytes_;
  result.interrupts += interrupts_;
  result.inside_operation += interrupts_inside_;
  result.background_pairs += background_pairs_;
  result.background_damaged += background_damaged_;
  result.retries += retries_;
  result.allocate.Merge(allocate_);
  result.free.Merge(free_);
  result.handover.Merge(handover_);
}

void OnSignal(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const int saved_errno = errno;
  static_cast<Bus*>(info->si_value.sival_ptr)->OnInterrupt();
  errno = saved_errno;
}

// Installs the interrupt for as long as it lives.
class InterruptInstalled {
 public:
  InterruptInstalled() {
    struct sigaction action = {};
    action.sa_sigaction = OnSignal;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(InterruptSignal(), &action, &before_);
  }
  ~InterruptInstalled() { sigaction(InterruptSignal(), &before_, nullptr); }
  InterruptInstalled(const InterruptInstalled&) = delete;
  InterruptInstalled& operator=(const InterruptInstalled&) = delete;

 private:
  struct sigaction before_ = {};
};

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

// Counted, and told by the pool's statistics; the run goes on.
void IgnoreMisuse(const MisuseReport& /*report*/) {}

}  // namespace

bool ReplayResult::correct() const {
  return all.lost == 0 && all.duplicated == 0 && all.misordered == 0 &&
         all.damaged == 0 && background_damaged == 0 && pool.misuses == 0 &&
         audit.error == Error::kOk && all.frames_in == all.frames_out + all.exhausted;
}

std::size_t SmallestBlock(const CanLog& log) {
  std::size_t longest = 0;
  for (const CanFrame& frame : log.frames) {
    longest = std::max<std::size_t>(longest, frame.payload_length);
  }
  return sizeof(FrameBlock) + longest;
}

absl::StatusOr<ReplayResult> ReplayCan(const CanLog& log, const Timeline& timeline,
                                       const ReplayOptions& options,
                                       const ReplayProgress& progress) {
  ReplayResult result;
  result.block_size = options.block_size != 0
                          ? options.block_size
                          : std::max<std::size_t>(64, SmallestBlock(log));
  auto pool = hosted::CreateFixedPool({.block_size = result.block_size,
                                       .block_count = options.pool_blocks,
                                       .name = "replay",
                                       .misuse_handler = IgnoreMisuse});
  if (!pool.ok()) return pool.status();
  const std::size_t window = WindowPerBus(options, log.buses.size());
  if (!options.open_loop) result.window = window;
  result.timer_overhead_ns = MeasureTimer();

  const InterruptInstalled interrupt;
  std::vector<std::unique_ptr<Bus>> buses;
  for (std::uint16_t number = 0; number < log.buses.size(); ++number) {
    buses.push_back(
        std::make_unique<Bus>(log, timeline, options, **pool, number, window));
  }
  const auto finish_all = [&buses] {
    for (auto& bus : buses) bus->Finish();
  };

  const std::vector<int> cpus = UsableCpus();
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
      const bool several = cpus.size() > 1;
      buses[i]->Start(several ? cpus[i % cpus.size()] : -1,
                      several ? cpus[(i + 1) % cpus.size()] : -1);
    }
    watcher = std::thread([&] {
      std::unique_lock<std::mutex> lock(mutex);
      while (!changed.wait_for(lock, std::chrono::milliseconds(200),
                               [&] { return done; })) {
        std::uint64_t frames_out = 0;
        for (const auto& bus : buses) frames_out += bus->frames_out();
        progress(frames_out);
      }
    });
    start = Now();
    for (auto& bus : buses) bus->StartSource(start);
  } catch (const std::system_error& error) {
    for (auto& bus : buses) bus->JoinSource();
    finish_all();
    stop_watching();
    return absl::ResourceExhaustedError(
        absl::StrFormat("cannot start a thread: %s", error.what()));
  }
  for (auto& bus : buses) bus->JoinSource();
  finish_all();
  result.elapsed_ns = Now() - start;
  stop_watching();

  for (auto& bus : buses) bus->AddTo(result);
  result.pool = (*pool)->Stats();
  result.audit = (*pool)->Audit(AuditMode::kAtRest);
  return result;
}

}  // namespace corepool::stress
