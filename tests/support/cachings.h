// Which kinds of caching a test can have here.

#ifndef COREPOOL_TESTS_SUPPORT_CACHINGS_H_
#define COREPOOL_TESTS_SUPPORT_CACHINGS_H_

#include "corepool/error.h"
#include "corepool/options.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {

// Not in builds for ThreadSanitizer, nor where glibc has been told not to register
// rseq areas or the system has no membarrier.
inline bool Works(Caching caching) {
  const TestPool pool({.block_size = 8, .block_count = 1, .caching = caching});
  return pool.error == Error::kOk;
}

inline const char* NameOf(Caching caching) {
  switch (caching) {
    case Caching::kAutomatic: return "Automatic";
    case Caching::kRseq: return "Rseq";
    case Caching::kCas: return "Cas";
    case Caching::kNone: return "None";
  }
  return "?";
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_CACHINGS_H_
