// What tests have in common that interrupt an operation between any two instructions.

#ifndef COREPOOL_TESTS_SUPPORT_SINGLE_STEPPED_H_
#define COREPOOL_TESTS_SUPPORT_SINGLE_STEPPED_H_

#include <cstddef>
#include <iostream>
#include <string>

#include "corepool/config.h"
#include "gtest/gtest.h"
#include "tests/support/boundaries.h"
#include "tests/support/disturbances.h"

namespace corepool::testing {

class SingleStepped : public ::testing::Test {
 protected:
  Boundaries& boundaries() { return boundaries_; }

  // See Boundaries.
  template <class Round>
  void ForEachBoundary(const Round& round) {
    interrupts_ += boundaries_.ForEach(round);
  }

  // Of a round: empty if all was well.
  void Judge(const std::string& fault) {
    if (fault.empty()) return;
    if (faults_++ == 0 && !kSabotaged) ADD_FAILURE() << fault;
  }

  void TearDown() override {
    const std::size_t missed = boundaries_.missed();
    std::cout << interrupts_ - missed << " interrupts, " << missed << " missed\n";
    EXPECT_EQ(faults_ != 0, kSabotaged);
    if (kSabotaged) std::cout << faults_ << " of them noticed\n";
    EXPECT_GT(interrupts_, 100u) << "was it stepped at all?";
    // The way may differ a little on a machine that has interrupts of its own.
    EXPECT_LE(missed, interrupts_ / 50);
  }

 private:
  static constexpr bool kSabotaged = COREPOOL_SABOTAGE_TAG_BITS != 0;

  // On one core, so that the same happens each time.
  const Pinned here_{UsableCores().front()};
  Boundaries boundaries_;
  std::size_t interrupts_ = 0;
  std::size_t faults_ = 0;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_SINGLE_STEPPED_H_
