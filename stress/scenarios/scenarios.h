// Each scenario, in a file of its own.

#ifndef COREPOOL_STRESS_SCENARIOS_SCENARIOS_H_
#define COREPOOL_STRESS_SCENARIOS_SCENARIOS_H_

#include "stress/scenarios/scenario.h"

namespace corepool::stress {

extern const Scenario kAbaStorm;

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_SCENARIOS_H_
