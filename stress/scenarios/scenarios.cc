#include "stress/scenarios/scenarios.h"

#include <span>

#include "stress/scenarios/scenario.h"

namespace corepool::stress {

std::span<const Scenario> AllScenarios() {
  static const Scenario all[] = {
      kAbaStorm, kFarFree,    kIsrStorm,      kChurnThreads,
      kBurst,    kExhaustion, kOversubscribe, kGrowth,
  };
  return all;
}

}  // namespace corepool::stress
