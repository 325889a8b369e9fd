// How the program ends; listed in --help and in the README.

#ifndef COREPOOL_STRESS_EXIT_CODE_H_
#define COREPOOL_STRESS_EXIT_CODE_H_

namespace corepool::stress {

enum ExitCode : int {
  kPass = 0,
  kUsage = 1,       // of the command line, or of an input file
  kIncorrect = 2,   // a block or a frame was lost, doubled or damaged
  kLeak = 3,        // blocks were not given back
  kGateMissed = 4,  // slower than --max_... or --min_... allow
  kResource = 5,    // something was short or refused: memory, threads, CPUs, priority
  kInterrupted = 130,  // by Ctrl-C, with a report of what there was until then
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_EXIT_CODE_H_
