// Threads that start together, keep to a schedule and measure.

#ifndef COREPOOL_STRESS_GANG_H_
#define COREPOOL_STRESS_GANG_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stress/actor.h"
#include "stress/load_options.h"
#include "stress/occupancy_track.h"
#include "stress/pacer.h"
#include "stress/run_control.h"
#include "stress/run_record.h"

namespace corepool::stress {

// One thread of a gang. For that thread only.
class Worker {
 public:
  Worker(Actor& actor, int number, std::optional<Pacer> pacer, std::uint64_t batch,
         RunControl& control)
      : actor_(actor),
        number_(number),
        pacer_(std::move(pacer)),
        batch_(batch),
        control_(control) {}

  Actor& actor() { return actor_; }
  Random& random() { return actor_.random; }
  int number() const { return number_; }  // among those of its role, from 0
  bool stopping() const { return control_.stopping(); }

  // Waits until the next operation is due, if there is a rate. False: no more of them.
  bool Next() {
    if (actor_.operations + actor_.failures - counted_ >= batch_) Count();
    if (control_.stopping()) [[unlikely]]
      return Finish();
    if (!pacer_) return true;
    actor_.due = pacer_->Next();
    return Pacer::WaitUntil(actor_.due, control_) || Finish();
  }

 private:
  friend class Gang;

  void Count();
  bool Finish();

  Actor& actor_;
  const int number_;
  std::optional<Pacer> pacer_;
  const std::uint64_t batch_;
  RunControl& control_;
  std::uint64_t counted_ = 0;
  std::uint64_t backlog_ = 0;
};

// So many threads that do the same.
struct Role {
  int threads;
  std::function<void(Worker&)> work;
  bool paced = true;  // keeps to --rate, if there is one; else as fast as it can
  bool has_due_times = false;  // sets Actor::due itself
};

// One scenario's threads; they run once. Numbers of actors, and so their random
// numbers, go by the order of roles, then of NewActor.
class Gang {
 public:
  // `operations` are the names of what actors measure, by number. All must outlive the
  // gang.
  Gang(const LoadOptions& load, RunControl& control,
       std::vector<std::string> operations);
  ~Gang();
  Gang(const Gang&) = delete;
  Gang& operator=(const Gang&) = delete;

  // One more, without a thread: for a signal handler, or a thread of the scenario's
  // own. Not before Plan.
  Actor& NewActor(int cpu);

  // Makes threads' actors: kResourceExhausted if --pin cannot be done. Then
  // actor(i) is that of the i-th thread.
  absl::Status Plan(std::vector<Role> roles);
  Actor& actor(std::size_t number) { return *actors_[number]; }

  // While threads run, notes about every millisecond how many blocks are used.
  void Watch(std::function<std::uint64_t()> used, OccupancyTrack& track);

  // Starts the threads and returns when all of them are done. kResourceExhausted if
  // threads cannot be had, or not with their priority; then none of them has begun.
  absl::Status Run();

  // On the clock of Now().
  std::int64_t began() const { return began_; }

  // Sums over all actors, at rest.
  std::uint64_t allocations() const;
  std::uint64_t frees() const;

  // Adds operations, failures, latencies, elapsed time, and the backlog of an open
  // loop.
  void AddTo(ScenarioRecord& record) const;

 private:
  class Gate;
  class Watcher;
  void RunWorker(std::size_t number, Gate& gate);

  const LoadOptions load_;
  RunControl& control_;
  const std::vector<std::string> operations_;
  std::vector<Role> roles_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<const Role*> role_of_;
  std::function<std::uint64_t()> used_;
  OccupancyTrack* track_ = nullptr;
  std::int64_t began_ = 0;
  std::int64_t ended_ = 0;
};

// The CPU of each of so many threads, -1 for any; kResourceExhausted if one of those
// asked for cannot be used.
absl::StatusOr<std::vector<int>> PlanCpus(const Pinning& pin, int threads);

// Gives the calling thread a SCHED_FIFO priority, 0 for none. kResourceExhausted if
// the system refuses.
absl::Status SetPriority(int priority);

// How many CPUs the process may use, at least 1.
int CpuCount();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_GANG_H_
