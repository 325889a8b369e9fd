#include "stress/interruption.h"

#include <signal.h>

#include <cstdlib>

#include "gtest/gtest.h"
#include "stress/clock.h"

namespace corepool::stress {
namespace {

TEST(Interruption, NotesTheFirstAndWhatComesTogetherWithIt) {
  EXPECT_EXIT(
      {
        signal(SIGINT, SIG_IGN);  // as in a script's background
        const Interruption interruption;
        if (Interruption::happened()) std::_Exit(1);
        raise(SIGINT);
        if (!Interruption::happened()) std::_Exit(2);
        raise(SIGINT);
        raise(SIGTERM);
        std::_Exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Interruption, LetsALaterOneEndTheProgram) {
  for (const int number : {SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          const Interruption interruption;
          raise(SIGINT);
          SleepUntil(Now() + Interruption::kGrace);
          raise(number);
        },
        testing::KilledBySignal(number), "");
  }
}

}  // namespace
}  // namespace corepool::stress
