#include "bench/peers/worker_process.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace corepool::bench {

absl::StatusOr<WorkerProcess> WorkerProcess::Start(const std::string& program,
                                                   const std::string& peer) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return absl::ErrnoToStatus(errno, "socketpair");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string words[] = {program, peer};
  char* arguments[] = {words[0].data(), words[1].data(), nullptr};
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return absl::ErrnoToStatus(error, program);
  }
  return WorkerProcess(pid, ends[0]);
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), socket_(std::exchange(other.socket_, -1)) {}

WorkerProcess::~WorkerProcess() {
  if (socket_ != -1) close(socket_);
  if (pid_ == 0) return;
  // Not by closing alone: it may hang.
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

absl::StatusOr<std::string> WorkerProcess::ReadLine(
    std::chrono::milliseconds patience) {
  std::string line;
  for (;;) {
    pollfd ready = {.fd = socket_, .events = POLLIN, .revents = 0};
    const int count = poll(&ready, 1, static_cast<int>(patience.count()));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) {
      return absl::DeadlineExceededError(
          absl::StrCat("no answer within ", patience.count(), " ms"));
    }
    char letter = 0;
    if (read(socket_, &letter, 1) != 1) return Obituary();
    if (letter == '\n') return line;
    line += letter;
  }
}

absl::StatusOr<std::string> WorkerProcess::Ask(const std::string& line,
                                               std::chrono::milliseconds patience) {
  const std::string whole = line + "\n";
  // A worker that has died must not end the driver by SIGPIPE.
  if (send(socket_, whole.data(), whole.size(), MSG_NOSIGNAL) < 0) return Obituary();
  return ReadLine(patience);
}

absl::Status WorkerProcess::Obituary() {
  int status = 0;
  waitpid(std::exchange(pid_, 0), &status, 0);
  return absl::AbortedError(WIFSIGNALED(status)
                                ? absl::StrCat("died: ", strsignal(WTERMSIG(status)))
                                : absl::StrCat("ended with ", WEXITSTATUS(status)));
}

}  // namespace corepool::bench
