// What machine and what build a run is of.

#ifndef COREPOOL_STRESS_HOST_H_
#define COREPOOL_STRESS_HOST_H_

#include <string>

#include "stress/run_record.h"

namespace corepool::stress {

// Names: cpu, arch, cores_usable (by this process), cores_online, cpu_quota (cores that
// a control group grants, or none), smt (true, false, unknown), governor (of frequency
// scaling; none where it is not to be seen), isolated (CPUs), hypervisor (true, false),
// kernel, preempt_rt (true, false), os. `root` is put before the files that tell, for
// tests.
Settings DescribeHost(const std::string& root = "");

// Names: version, compiler, build (optimized, debug), sanitizer (none, address, ...),
// sabotage (none, or what is broken on purpose).
Settings DescribeTool();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_HOST_H_
