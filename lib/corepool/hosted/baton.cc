#include "corepool/hosted/baton.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "corepool/lockfree/atomic.h"
#include "corepool/wait_port.h"

namespace corepool::hosted {
namespace {

// Whose task the calling thread is.
thread_local const void* current_task = nullptr;

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "corepool: Baton: %s\n", what);
  std::abort();
}

}  // namespace

Baton::Baton() {
  tasks_.push_back(std::make_unique<Task>());
  running_ = tasks_.front().get();
  running_->priority = std::numeric_limits<int>::max();
  current_task = running_;
}

Baton::~Baton() {
  for (const auto& task : tasks_) {
    if (task == tasks_.front()) continue;
    if (!task->ended) Fail("destroyed before all tasks have ended");
    task->thread.join();
  }
  current_task = nullptr;
}

Baton::Task& Baton::Self() {
  if (current_task != running_) Fail("called by what is not the running task");
  return *running_;
}

void Baton::Start(int priority, std::function<void()> body) {
  std::unique_lock lock(mutex_);
  Self();
  tasks_.push_back(std::make_unique<Task>());
  Task& task = *tasks_.back();
  task.priority = priority;
  task.order = ++orders_;
  task.thread = std::thread([this, &task, body = std::move(body)] {
    current_task = &task;
    {
      std::unique_lock own(mutex_);
      task.turn.wait(own, [&] { return running_ == &task; });
    }
    body();
    std::unique_lock own(mutex_);
    task.ended = true;
    task.ready = false;
    Dispatch(own);
  });
  Dispatch(lock);
}

void Baton::MakeReady(Task& task) {
  task.ready = true;
  task.signal = nullptr;
  task.deadline = kForever;
  task.order = ++orders_;
}

// In the order in which they became due; of those due at once, the more urgent first.
void Baton::MakeDueReady() {
  for (;;) {
    Task* first = nullptr;
    for (const auto& task : tasks_) {
      if (task->ready || task->ended || task->deadline > now_) continue;
      if (first == nullptr || task->deadline < first->deadline) first = task.get();
    }
    if (first == nullptr) return;
    MakeReady(*first);
  }
}

Baton::Task* Baton::MostUrgent() {
  Task* best = running_->ready ? running_ : nullptr;
  for (const auto& task : tasks_) {
    if (!task->ready || task.get() == best) continue;
    const bool better = best == nullptr || task->priority < best->priority ||
                        (best != running_ && task->priority == best->priority &&
                         task->order < best->order);
    if (better) best = task.get();
  }
  return best;
}

Ticks Baton::NextDeadline() const {
  Ticks next = kForever;
  for (const auto& task : tasks_) {
    if (!task->ready && !task->ended) next = std::min(next, task->deadline);
  }
  return next;
}

void Baton::Dispatch(std::unique_lock<std::mutex>& lock) {
  Task& self = *running_;
  Task* next = MostUrgent();
  while (next == nullptr) {
    const Ticks due = NextDeadline();
    if (due == kForever) Fail("all tasks wait for ever");
    now_ = std::max(now_, due);
    MakeDueReady();
    next = MostUrgent();
  }
  if (next == &self) return;
  running_ = next;
  next->turn.notify_all();
  if (self.ended) return;
  self.turn.wait(lock, [&] { return running_ == &self; });
}

void Baton::Advance(Ticks ticks) {
  std::unique_lock lock(mutex_);
  Self();
  const Ticks end = now_ + ticks;
  for (;;) {
    const Ticks due = NextDeadline();
    if (due > end) break;
    now_ = std::max(now_, due);
    MakeDueReady();
    Dispatch(lock);
  }
  now_ = std::max(now_, end);
}

void Baton::Sleep(const WaitSignal* signal, std::uint32_t seen, Ticks deadline) {
  std::unique_lock lock(mutex_);
  Task& self = Self();
  if (signal != nullptr && signal->load(lockfree::kRelaxed) != seen) return;
  if (deadline <= now_) return;
  self.ready = false;
  self.signal = signal;
  self.deadline = deadline;
  Dispatch(lock);
}

void Baton::Wake(const WaitSignal* signal) {
  std::unique_lock lock(mutex_);
  Self();
  for (const auto& task : tasks_) {
    if (task->signal == signal && !task->ready) MakeReady(*task);
  }
  Dispatch(lock);
}

void Baton::SleepUntil(Ticks time) { Sleep(nullptr, 0, time); }

Ticks Baton::Now() const {
  const std::unique_lock lock(mutex_);
  return now_;
}

WaitPort Baton::port() {
  return {
      .now = [](void* self) { return static_cast<Baton*>(self)->Now(); },
      .sleep =
          [](void* self, const WaitPlace& place, std::uint32_t seen, Ticks deadline) {
            static_cast<Baton*>(self)->Sleep(place.signal, seen, deadline);
          },
      .wake =
          [](void* self, const WaitPlace& place) {
            static_cast<Baton*>(self)->Wake(place.signal);
          },
      .context = this,
      .ticks_per_second = 100};
}

}  // namespace corepool::hosted
