#include "bench/peers/worker.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/runner.h"
#include "bench/peers/workload.h"

namespace corepool::bench {
namespace {

class Worker {
 public:
  Worker(const Peer& peer, std::FILE* answers) : peer_(peer), answers_(answers) {}

  // False if there is nothing to measure.
  bool Prepare() {
    try {
      if (peer_.fixed) fixed_ = peer_.fixed();
    } catch (const std::exception& failure) {
      Answer(std::string("refused ") + failure.what());
      return false;
    }
    Answer("ready");
    return true;
  }

  void Measure(const std::string& line) {
    std::istringstream words(line);
    std::string name;
    std::int64_t nanoseconds = 0;
    words >> name >> nanoseconds;
    std::vector<int> cpus;
    for (int cpu = 0; words >> cpu;) cpus.push_back(cpu);

    const Workload workload = FindWorkload(name)->workload;
    Runner* const runner = RunnerOf(workload);
    if (runner == nullptr) return Answer("unfit");
    const Measurement measured =
        runner->Run(workload, std::chrono::nanoseconds(nanoseconds), cpus);
    if (measured.nanoseconds.empty()) return Answer("unfit");
    std::ostringstream answer;
    answer << (measured.disturbed ? "disturbed" : "done");
    for (const double value : measured.nanoseconds) answer << ' ' << value;
    Answer(answer.str());
  }

 private:
  Runner* RunnerOf(Workload workload) {
    switch (workload) {
      case Workload::kW5:
      case Workload::kW5Shared: return MadeBy(peer_.sized, sized_);
      case Workload::kSpsc: return MadeBy(peer_.one_to_one, one_to_one_);
      case Workload::kMpmc1p1c:
      case Workload::kMpmc2p2c:
      case Workload::kMpmc4p4c: return MadeBy(peer_.many_to_many, many_to_many_);
      default: return fixed_.get();
    }
  }

  static Runner* MadeBy(const std::function<std::unique_ptr<Runner>()>& make,
                        std::unique_ptr<Runner>& runner) {
    if (runner == nullptr && make) runner = make();
    return runner.get();
  }

  void Answer(const std::string& line) {
    std::fprintf(answers_, "%s\n", line.c_str());
    std::fflush(answers_);
  }

  const Peer& peer_;
  std::FILE* answers_;
  std::unique_ptr<Runner> fixed_;
  std::unique_ptr<Runner> sized_;
  std::unique_ptr<Runner> one_to_one_;
  std::unique_ptr<Runner> many_to_many_;
};

}  // namespace

int RunWorker(int argc, char** argv, const std::vector<Peer>& peers) {
  const std::string_view name = argc == 2 ? argv[1] : "";
  const auto peer = std::find_if(peers.begin(), peers.end(),
                                 [&](const Peer& each) { return each.name == name; });
  if (peer == peers.end()) {
    std::fprintf(stderr, "%s: run bench/peers's driver instead\n", argv[0]);
    return 1;
  }
  // What libraries print must not get among the answers.
  std::FILE* const answers = fdopen(dup(STDOUT_FILENO), "w");
  dup2(STDERR_FILENO, STDOUT_FILENO);

  Worker worker(*peer, answers);
  if (!worker.Prepare()) return 0;
  for (std::string line; std::getline(std::cin, line);) worker.Measure(line);
  // Without destructors: a peer's may take longer than all that was measured, or meet
  // what it has itself torn down.
  std::_Exit(0);
}

}  // namespace corepool::bench
