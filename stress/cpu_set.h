// Which CPUs this process may run on, and putting threads on them.

#ifndef COREPOOL_STRESS_CPU_SET_H_
#define COREPOOL_STRESS_CPU_SET_H_

#include <vector>

namespace corepool::stress {

// The CPUs that the process may use, ascending; empty if the system does not tell.
std::vector<int> UsableCpus();

// Keeps the calling thread on one CPU. Does nothing for -1, nor where the system
// refuses: a replay is right on any CPU, if less telling.
void PinThisThread(int cpu);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_CPU_SET_H_
