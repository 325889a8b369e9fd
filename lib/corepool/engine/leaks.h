// The end of a program whose pool came to an end too early (Leaks::kAbort).

#ifndef COREPOOL_ENGINE_LEAKS_H_
#define COREPOOL_ENGINE_LEAKS_H_

#include "corepool/port/halt.h"

namespace corepool::engine {

inline void HaltForLeaks() {
  constexpr char kText[] = "corepool: a pool came to an end with blocks in use\n";
  port::Halt(kText, sizeof(kText) - 1);
}

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_LEAKS_H_
