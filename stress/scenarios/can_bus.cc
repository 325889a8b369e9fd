#include "stress/scenarios/can_bus.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "corepool/fixed_pool.h"
#include "corepool/stats.h"
#include "stress/clock.h"
#include "stress/cpu_set.h"
#include "stress/scenarios/can_replay.h"
#include "stress/scenarios/frame_ring.h"
#include "stress/trace/can_frame.h"
#include "stress/trace/can_survey.h"

namespace corepool::stress {
namespace {

// The signal that stands for the interrupt. (SIGRTMIN is not a constant.)
int QueuedSignal() { return SIGRTMIN + 1; }
// Its stand-in where the system does not queue signals any more (ulimit -i).
constexpr int kPlainSignal = SIGUSR1;

// The bus whose interrupted thread this is.
thread_local CanBus* interrupted_bus = nullptr;

sigset_t InterruptSignals() {
  sigset_t interrupts;
  sigemptyset(&interrupts);
  sigaddset(&interrupts, QueuedSignal());
  sigaddset(&interrupts, kPlainSignal);
  return interrupts;
}

// Blocks or unblocks the interrupts for the calling thread and those that it starts.
// Not left as it is: who started the program may have blocked all signals.
void ChangeMask(int how) {
  const sigset_t interrupts = InterruptSignals();
  pthread_sigmask(how, &interrupts, nullptr);
}

}  // namespace

CanBus::CanBus(const CanSurvey::Bus& facts, const ReplayOptions& options,
               FixedPool& pool, Sharing& sharing, std::uint16_t number,
               std::size_t slots, std::size_t window, bool crowded)
    : frames_(facts.frames),
      open_loop_(options.open_loop),
      pool_(pool),
      sharing_(sharing),
      crowded_(crowded),
      random_(options.seed + number),
      ring_(slots),
      slots_(std::min<std::size_t>(options.pool_blocks, frames_)),
      queue_(slots_),
      name_(facts.name),
      credits_(static_cast<unsigned>(std::min<std::size_t>(window, 1'000'000))) {}

void CanBus::Start(int interrupted_cpu, int task_cpu) {
  interrupted_cpu_ = interrupted_cpu;
  task_cpu_ = task_cpu;
  task_ = std::thread([this, task_cpu] {
    PinThisThread(task_cpu);
    RunTask();
  });
  interrupted_ = std::thread([this, interrupted_cpu] {
    // Interrupts are blocked until the handler knows whom they are for.
    interrupted_bus = this;
    PinThisThread(interrupted_cpu);
    ChangeMask(SIG_UNBLOCK);
    RunInterrupted();
  });
}

void CanBus::StartSource(std::int64_t start_ns) {
  source_ = std::thread([this, start_ns] { RunSource(start_ns); });
}

void CanBus::JoinSource() {
  if (source_.joinable()) source_.join();
}

void CanBus::Finish() {
  finished_.store(true, std::memory_order_release);
  ready_.Post();
  if (task_.joinable()) task_.join();
  if (interrupted_.joinable()) interrupted_.join();
}

CanBus::InterruptsInstalled::InterruptsInstalled() {
  struct sigaction action = {};
  action.sa_handler = &CanBus::OnSignal;
  action.sa_flags = SA_RESTART;
  // Neither signal interrupts the other's handler.
  action.sa_mask = InterruptSignals();
  sigaction(QueuedSignal(), &action, &queued_before_);
  sigaction(kPlainSignal, &action, &plain_before_);
  ChangeMask(SIG_BLOCK);
}

CanBus::InterruptsInstalled::~InterruptsInstalled() {
  sigaction(QueuedSignal(), &queued_before_, nullptr);
  sigaction(kPlainSignal, &plain_before_, nullptr);
}

void CanBus::RunSource(std::int64_t start_ns) {
  const auto due = [&](std::uint64_t frame) { return start_ns + ring_.due_ns(frame); };
  std::uint64_t raised = 0;
  while (raised < frames_ && !Stopped() && !Enough()) {
    const std::uint64_t filled = ring_.filled();
    if (raised == filled) {
      AwaitFrames();
    } else if (open_loop_) {
      // In short naps, for there may be enough meanwhile.
      constexpr std::int64_t kNap = 50'000'000;
      if (const std::int64_t nap = Now() + kNap; nap < due(raised)) {
        SleepUntil(nap);
        continue;
      }
      SleepUntil(due(raised));
      // Whatever is due together arrives together, as in a controller's FIFO.
      const std::int64_t now = Now();
      while (raised < filled && due(raised) <= now) ++raised;
      Raise(raised);
    } else if (credits_.WaitAWhile()) {
      Raise(++raised);
    } else {
      Interrupt();
    }
  }
  // What the handler dropped is then known.
  while (ring_.handled() < raised && !Stopped()) {
    if (!credits_.WaitAWhile()) Interrupt();
  }
}

void CanBus::AwaitFrames() {
  constexpr std::int64_t kNap = 1'000'000;
  // It may be frames that were lost for which no more can be read ahead.
  if (!ring_.is_settled()) ready_.Post();
  SleepUntil(Now() + kNap);
}

void CanBus::Raise(std::uint64_t raised) {
  ring_.Raise(raised);
  Interrupt();
}

void CanBus::Interrupt() {
  sigval value{};
  if (pthread_sigqueue(interrupted_.native_handle(), QueuedSignal(), value) != 0) {
    pthread_kill(interrupted_.native_handle(), kPlainSignal);
  }
}

void CanBus::OnSignal(int /*signal*/) {
  const int saved_errno = errno;
  if (interrupted_bus != nullptr) interrupted_bus->OnInterrupt();
  errno = saved_errno;
}

void CanBus::OnInterrupt() {
  ++interrupts_;
  if (inside_operation_ != 0) ++interrupts_inside_;
  const std::uint64_t raised = ring_.RaisedForHandler();
  std::uint64_t sequence = ring_.RoughlyHandled();
  while (sequence < raised) {
    // Once this bus is known to starve, interrupted threads can only become fewer.
    const bool alone =
        starving_ != 0 && sharing_.holding.load(std::memory_order_seq_cst) == 0;
    if (!Receive(sequence)) {
      if (!open_loop_ || !alone) {
        // The controller keeps the frame until the next interrupt.
        SetStarving(true);
        ++retries_;
        return;
      }
      ring_.Drop(sequence);
      drops_.store(drops_.load(std::memory_order_relaxed) + 1,
                   std::memory_order_relaxed);
    }
    ring_.Handled(sequence++);
  }
  SetStarving(false);
  // Of dropped frames the task would not hear.
  if (ring_.is_behind()) ready_.Post();
}

void CanBus::SetStarving(bool starving) {
  if ((starving_ != 0) == starving) return;
  starving_ = starving ? 1 : 0;
  sharing_.starving.fetch_add(starving ? 1 : -1, std::memory_order_seq_cst);
}

bool CanBus::Receive(std::uint64_t sequence) {
  const CanFrame& frame = ring_.frame(sequence);
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
  const std::span<const std::uint8_t> payload = frame.payload();
  std::copy(payload.begin(), payload.end(), block->payload());
  ring_.Take(sequence);
  block->enqueued_ns = Now();
  if (queue_.Enqueue(block)) {
    ready_.Post();
  } else {
    // More blocks than the pool has.
    ++overflows_;
    pool_.Free(block);
  }
  return true;
}

void CanBus::RunTask() {
  while (FrameBlock* const block = NextBlock()) {
    handover_.Record(Now() - block->enqueued_ns);
    ring_.Receive(*block);
    const std::int64_t before = Now();
    pool_.Free(block);
    free_.Record(Now() - before);
    frames_out_.fetch_add(1, std::memory_order_relaxed);
    credits_.Post();
  }
}

FrameBlock* CanBus::NextBlock() {
  for (;;) {
    ready_.Wait();
    FrameBlock* block = nullptr;
    if (queue_.Dequeue(block)) return block;
    // It may have been enqueued just now; of what was before these, nothing is left.
    // Pairs with: release in Finish.
    const bool finished = finished_.load(std::memory_order_acquire);
    const std::uint64_t handled = ring_.handled();
    if (queue_.Dequeue(block)) return block;
    if (finished) return nullptr;
    ring_.SettleAll(handled);
  }
}

// Allocates a block, marks every word of it as its own, and frees it if the marks are
// still there: whoever is handed the same block meanwhile is found out.
void CanBus::RunInterrupted() {
  constexpr std::uint64_t kStamp = 0xbac6'0000'0000'0000;
  const std::size_t words = pool_.Stats().block_size / sizeof(std::uint64_t);
  // Pairs with: release in Finish.
  while (!finished_.load(std::memory_order_acquire)) {
    if (starving_ != 0) {
      // A frame waits in the controller; let the tasks free a block, then try again.
      sched_yield();
      Interrupt();
      continue;
    }
    if (sharing_.starving.load(std::memory_order_relaxed) != 0) {
      sched_yield();
      continue;
    }
    // Either we see that a bus is starving, or its handler sees us.
    sharing_.holding.fetch_add(1, std::memory_order_seq_cst);
    if (sharing_.starving.load(std::memory_order_seq_cst) == 0) {
      const std::uint64_t stamp = kStamp ^ random_();
      inside_operation_ = 1;
      void* const memory = pool_.Allocate();
      inside_operation_ = 0;
      if (memory != nullptr) {
        const std::span<std::uint64_t> marks(static_cast<std::uint64_t*>(memory),
                                             words);
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
    sharing_.holding.fetch_sub(1, std::memory_order_seq_cst);
    // These threads never block. Where there are more of them than CPUs, the others
    // would wait for whole time slices.
    if (crowded_ && background_pairs_ % 64 == 0) sched_yield();
  }
}

void CanBus::AddTo(ReplayResult& result) {
  BusResult bus = ring_.Conclude(Enough() ? ring_.RoughlyRaised() : frames_);
  bus.name = name_;
  bus.interrupted_cpu = interrupted_cpu_;
  bus.task_cpu = task_cpu_;
  bus.damaged += overflows_;
  result.all.frames_in += bus.frames_in;
  result.all.frames_out += bus.frames_out;
  result.all.exhausted += bus.exhausted;
  result.all.lost += bus.lost;
  result.all.duplicated += bus.duplicated;
  result.all.misordered += bus.misordered;
  result.all.damaged += bus.damaged;
  result.buses.push_back(std::move(bus));
  result.payload_bytes += ring_.payload_bytes();
  result.interrupts += interrupts_;
  result.inside_operation += interrupts_inside_;
  result.background_pairs += background_pairs_;
  result.background_damaged += background_damaged_;
  result.retries += retries_;
  result.allocate.Merge(allocate_);
  result.free.Merge(free_);
  result.handover.Merge(handover_);
}

}  // namespace corepool::stress
