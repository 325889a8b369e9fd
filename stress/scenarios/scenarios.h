// Each scenario, in a file of its own.

#ifndef COREPOOL_STRESS_SCENARIOS_SCENARIOS_H_
#define COREPOOL_STRESS_SCENARIOS_SCENARIOS_H_

#include "stress/scenarios/scenario.h"

namespace corepool::stress {

extern const Scenario kAbaStorm;
extern const Scenario kFarFree;
extern const Scenario kIsrStorm;
extern const Scenario kChurnThreads;
extern const Scenario kBurst;
extern const Scenario kExhaustion;
extern const Scenario kOversubscribe;
extern const Scenario kGrowth;
extern const Scenario kForkStorm;
extern const Scenario kQuadChurn;
extern const Scenario kQueueWrap;
extern const Scenario kWaitStorm;
extern const Scenario kPriorityInversion;

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_SCENARIOS_H_
