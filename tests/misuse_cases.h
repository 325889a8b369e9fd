// The ways to misuse a pool that misuse_cases_test tries.

#ifndef COREPOOL_TESTS_MISUSE_CASES_H_
#define COREPOOL_TESTS_MISUSE_CASES_H_

#include <string>
#include <vector>

#include "corepool/options.h"
#include "tests/support/misuse_bed.h"
#include "tests/support/misuse_judge.h"

namespace corepool::testing {

// A way to misuse any pool.
struct MisuseCase {
  const char* name;
  void (*run)(MisuseBed& bed, const MisuseGround& ground);
  bool (*applies)(const MisuseGround& ground) = [](const MisuseGround&) {
    return true;
  };
};

// On every ground that it applies to, if there is so much checking.
template <class Cases>
void AddRuns(const Cases& cases, Checking least, std::vector<MisuseRun>& runs) {
  for (const MisuseGround& ground : MisuseGrounds()) {
    if (ground.checking < least) continue;
    for (const MisuseCase& one : cases) {
      if (!one.applies(ground)) continue;
      runs.push_back({one.name, ground.name, [=](MisuseJudge& judge) {
                        const auto bed = ground.make(judge);
                        one.run(*bed, ground);
                        if (judge.returns()) bed->ExpectSound();
                      }});
    }
  }
}

std::vector<MisuseRun> DoubleFreeRuns();
std::vector<MisuseRun> PointerRuns();
std::vector<MisuseRun> StrayWriteRuns();
// Of one kind of pool only.
std::vector<MisuseRun> MultiPoolRuns();
std::vector<MisuseRun> LeakRuns();
std::vector<MisuseRun> ParticularRuns();

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_MISUSE_CASES_H_
