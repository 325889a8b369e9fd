// A worker, seen from the driver.

#ifndef COREPOOL_BENCH_PEERS_WORKER_PROCESS_H_
#define COREPOOL_BENCH_PEERS_WORKER_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace corepool::bench {

// One line to it, one line back: see worker.h. It ends with this object.
class WorkerProcess {
 public:
  // Starts `program` to measure `peer`; its first line is still to be read.
  static absl::StatusOr<WorkerProcess> Start(const std::string& program,
                                             const std::string& peer);
  ~WorkerProcess();
  WorkerProcess(WorkerProcess&& other) noexcept;
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // The next line that it writes, without the end of line. kAborted, with the cause, if
  // it has died; kDeadlineExceeded if nothing came in time.
  absl::StatusOr<std::string> ReadLine(std::chrono::milliseconds patience);
  absl::StatusOr<std::string> Ask(const std::string& line,
                                  std::chrono::milliseconds patience);

 private:
  WorkerProcess(pid_t pid, int socket) : pid_(pid), socket_(socket) {}

  absl::Status Obituary();

  pid_t pid_;
  int socket_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_WORKER_PROCESS_H_
