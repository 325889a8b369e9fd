#include "stress/scenarios/scenarios.h"

#include <span>

#include "stress/scenarios/scenario.h"

namespace corepool::stress {

std::span<const Scenario> AllScenarios() {
  static const Scenario all[] = {
      kAbaStorm,  kFarFree,    kIsrStorm,          kChurnThreads, kForkStorm,
      kBurst,     kExhaustion, kOversubscribe,     kQuadChurn,    kQueueWrap,
      kWaitStorm, kGrowth,     kPriorityInversion,
  };
  return all;
}

}  // namespace corepool::stress
