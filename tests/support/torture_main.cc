// The torture as a program, for campaigns of any length and for targets without
// GoogleTest:
//
//   ./bazelw run -c opt //tests/support:torture_main -- OPERATIONS [THREADS [BLOCKS]]
//
// Ends with 1 if a block was lost, doubled or damaged.

#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "corepool/options.h"
#include "tests/support/cachings.h"
#include "tests/support/torture.h"

int main(int argc, char** argv) {
  corepool::testing::TortureOptions options;
  if (argc > 1) options.operations = std::strtoull(argv[1], nullptr, 10);
  if (argc > 2) options.threads = std::atoi(argv[2]);
  if (argc > 3) options.blocks = std::strtoul(argv[3], nullptr, 10);
  bool clean = true;
  for (const auto caching :
       {corepool::Caching::kNone, corepool::Caching::kCas, corepool::Caching::kRseq}) {
    options.caching = caching;
    if (!corepool::testing::Works(caching)) {
      std::printf("%s: not to be had here\n", corepool::testing::NameOf(caching));
      continue;
    }
    for (const auto checking : {corepool::Checking::kBasic, corepool::Checking::kFull,
                                corepool::Checking::kOff}) {
      options.checking = checking;
      for (const auto state : {corepool::State::kCookie, corepool::State::kSide}) {
        options.state = state;
        const auto report = corepool::testing::Torture(options);
        clean = clean && report.Clean();
        std::printf(
            "%s, %s: %" PRIu64 " operations, %" PRIu64 " doubled, %" PRIu64
            " damaged, %" PRIu64 " refused, %" PRIu64 " false failures, %zu missing\n",
            corepool::testing::NameOf(caching), report.Clean() ? "clean" : "NOT CLEAN",
            report.operations, report.doubled, report.damaged, report.refused,
            report.false_failures, report.missing);
        ++options.seed;
      }
    }
  }
  return clean ? 0 : 1;
}
