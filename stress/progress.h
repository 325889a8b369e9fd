// How far a run is, on standard error.

#ifndef COREPOOL_STRESS_PROGRESS_H_
#define COREPOOL_STRESS_PROGRESS_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace corepool::stress {

// For one thread. Show may be called as often as one likes.
class Progress {
 public:
  enum class Mode {
    kAuto,   // a line that is written over, ten times a second, if a terminal looks
    kPlain,  // a line every second
    kOff,
  };
  struct State {
    std::string_view scenario;
    int number = 1;  // of the scenario, from 1
    int of = 1;
    std::int64_t elapsed_ns = 0;        // of the whole run
    std::int64_t planned_ns = 0;        // of the whole run; 0: unknown
    std::uint64_t operations = 0;       // of the scenario, as the rate counts them
    std::uint64_t most_operations = 0;  // of the scenario; 0: no bound
  };

  // --progress=auto|plain|off; NO_COLOR, if it is set and not empty, keeps colours
  // away. Fails with kInvalidArgument.
  static absl::StatusOr<Mode> ModeFromFlag();

  explicit Progress(Mode mode, std::FILE* out = stderr);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const State& state);
  // Takes the line away, before something else is printed.
  void Clear();

  // "[2/13] burst  4.5 s  12.3M ops/s  ETA 20 s"; `rate` is operations a second.
  static std::string Text(const State& state, double rate);

 private:
  bool overwrites_;
  bool coloured_;
  std::int64_t period_ns_;  // 0: off
  std::FILE* out_;
  std::size_t shown_ = 0;  // columns that Clear must blank
  std::string scenario_;
  std::int64_t shown_at_ns_ = 0;
  std::uint64_t operations_ = 0;
  double rate_ = 0;
};

// For --help.
std::string_view ProgressHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_PROGRESS_H_
