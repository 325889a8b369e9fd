#include "stress/gang.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "stress/actor.h"
#include "stress/clock.h"
#include "stress/cpu_set.h"
#include "stress/load_options.h"
#include "stress/pacer.h"
#include "stress/run_control.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

// Above the threads that are measured, or it would never run.
int PriorityAbove(int priority) {
  return priority == 0 ? 0 : std::min(priority + 1, 99);
}

}  // namespace

int CpuCount() { return std::max(1, static_cast<int>(UsableCpus().size())); }

absl::StatusOr<std::vector<int>> PlanCpus(const Pinning& pin, int threads) {
  std::vector<int> cpus(static_cast<std::size_t>(threads), -1);
  if (pin.kind == Pinning::Kind::kNone) return cpus;
  const std::vector<int> usable = UsableCpus();
  for (const int cpu : pin.cpus) {
    if (!std::binary_search(usable.begin(), usable.end(), cpu)) {
      return absl::ResourceExhaustedError(
          absl::StrCat("--pin: this process may not use CPU ", cpu, ", only ",
                       absl::StrJoin(usable, ",")));
    }
  }
  const std::vector<int>& choice = pin.kind == Pinning::Kind::kList ? pin.cpus : usable;
  for (std::size_t i = 0; i < cpus.size() && !choice.empty(); ++i) {
    cpus[i] = choice[i % choice.size()];
  }
  return cpus;
}

absl::Status SetPriority(int priority) {
  if (priority == 0) return absl::OkStatus();
  const sched_param parameters = {.sched_priority = priority};
  const int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
  if (error == 0) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "--rt_prio=", priority, ": the system refuses: ", std::strerror(error)));
}

void Worker::Count() {
  const std::uint64_t done = actor_.operations + actor_.failures;
  control_.Count(done - counted_);
  counted_ = done;
}

bool Worker::Finish() {
  Count();
  if (pacer_ && actor_.due != 0) backlog_ = pacer_->Backlog(Now());
  actor_.due = 0;
  return false;
}

// Threads wait here until all are ready, or one has failed.
class Gang::Gate {
 public:
  // False: go home.
  bool Pass(const absl::Status& status) {
    std::unique_lock<std::mutex> lock(mutex_);
    ++arrived_;
    status_.Update(status);
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return status_.ok();
  }
  // Returns when `threads` have arrived.
  absl::Status Await(int threads) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this, threads] { return arrived_ == threads; });
    return status_;
  }
  void Open(const absl::Status& status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    status_.Update(status);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  bool open_ = false;
  absl::Status status_;
};

// Samples for as long as it lives.
class Gang::Watcher {
 public:
  explicit Watcher(Gang& gang) : gang_(gang) {
    if (gang_.track_ != nullptr) thread_ = std::thread([this] { Watch(); });
  }
  ~Watcher() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      enough_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 private:
  void Watch() {
    // Without it there are fewer samples, that is all.
    (void)SetPriority(PriorityAbove(gang_.load_.rt_priority));
    std::unique_lock<std::mutex> lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(1),
                              [this] { return enough_; })) {
      gang_.track_->Sample(Now() - gang_.began_, gang_.used_());
    }
  }

  Gang& gang_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool enough_ = false;
  std::thread thread_;
};

Gang::Gang(const LoadOptions& load, RunControl& control,
           std::vector<std::string> operations)
    : load_(load), control_(control), operations_(std::move(operations)) {}

Gang::~Gang() = default;

Actor& Gang::NewActor(int cpu) {
  actors_.push_back(std::make_unique<Actor>(static_cast<int>(actors_.size()), cpu,
                                            load_.seed, operations_.size(), false));
  return *actors_.back();
}

absl::Status Gang::Plan(std::vector<Role> roles) {
  roles_ = std::move(roles);
  int threads = 0;
  int paced = 0;
  for (const Role& role : roles_) {
    threads += role.threads;
    if (role.paced) paced += role.threads;
  }
  const absl::StatusOr<std::vector<int>> cpus = PlanCpus(load_.pin, threads);
  if (!cpus.ok()) return cpus.status();
  // A bound on operations is kept to some per cent.
  const std::uint64_t batch =
      control_.most_operations() == 0
          ? 256
          : std::clamp<std::uint64_t>(
                control_.most_operations() /
                    (32 * static_cast<std::uint64_t>(std::max(threads, 1))),
                1, 256);
  int number = 0;
  int paced_number = 0;
  for (const Role& role : roles_) {
    const bool open_loop = role.paced && load_.rate > 0;
    for (int i = 0; i < role.threads; ++i) {
      actors_.push_back(std::make_unique<Actor>(
          number, (*cpus)[static_cast<std::size_t>(number)], load_.seed,
          operations_.size(), open_loop || role.has_due_times));
      std::optional<Pacer> pacer;
      if (open_loop) {
        pacer.emplace(load_.rate, load_.arrival, paced, paced_number++, load_.seed);
      }
      workers_.push_back(
          std::make_unique<Worker>(*actors_.back(), i, pacer, batch, control_));
      role_of_.push_back(&role);
      ++number;
    }
  }
  return absl::OkStatus();
}

void Gang::Watch(std::function<std::uint64_t()> used, OccupancyTrack& track) {
  used_ = std::move(used);
  track_ = &track;
}

void Gang::RunWorker(std::size_t number, Gate& gate) {
  Worker& worker = *workers_[number];
  PinThisThread(worker.actor_.cpu);
  if (!gate.Pass(SetPriority(load_.rt_priority))) return;
  role_of_[number]->work(worker);
  worker.Count();
}

absl::Status Gang::Run() {
  Gate gate;
  absl::Status status;
  std::vector<std::thread> threads;
  threads.reserve(workers_.size());
  try {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      threads.emplace_back([this, &gate, i] { RunWorker(i, gate); });
    }
  } catch (const std::system_error& error) {
    status = absl::ResourceExhaustedError(
        absl::StrCat("of ", workers_.size(), " threads only ", threads.size(),
                     " can be had: ", error.code().message()));
  }
  status.Update(gate.Await(static_cast<int>(threads.size())));
  began_ = Now();
  for (const std::unique_ptr<Actor>& actor : actors_) {
    for (LatencyRecorder& recorder : actor->latencies) recorder.Begin(began_);
  }
  for (const std::unique_ptr<Worker>& worker : workers_) {
    if (worker->pacer_) worker->pacer_->Begin(began_);
  }
  std::optional<Watcher> watcher;
  if (status.ok()) watcher.emplace(*this);
  control_.Begin(began_);
  gate.Open(status);
  for (std::thread& thread : threads) thread.join();
  ended_ = Now();
  control_.Settle();
  return status;
}

std::uint64_t Gang::allocations() const {
  return std::accumulate(actors_.begin(), actors_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const std::unique_ptr<Actor>& actor) {
                           return sum + actor->allocations;
                         });
}

std::uint64_t Gang::frees() const {
  return std::accumulate(actors_.begin(), actors_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const std::unique_ptr<Actor>& actor) {
                           return sum + actor->frees;
                         });
}

void Gang::AddTo(ScenarioRecord& record) const {
  record.elapsed_ns += ended_ - began_;
  for (const std::unique_ptr<Actor>& actor : actors_) {
    record.operations += actor->operations;
    record.failures += actor->failures;
  }
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    LatencyRecord latency;
    latency.operation = operations_[i];
    for (const std::unique_ptr<Actor>& actor : actors_) {
      actor->latencies[i].AddTo(latency, actor->number, actor->cpu);
    }
    if (latency.service.total() != 0) record.latencies.push_back(std::move(latency));
  }
  if (load_.rate > 0) {
    std::uint64_t backlog = 0;
    for (const std::unique_ptr<Worker>& worker : workers_) backlog += worker->backlog_;
    record.figures.push_back(
        {"due but not begun at the end", static_cast<double>(backlog), "operations"});
  }
}

}  // namespace corepool::stress
