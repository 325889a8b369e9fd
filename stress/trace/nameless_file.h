// Where to keep what is too large for memory.

#ifndef COREPOOL_STRESS_TRACE_NAMELESS_FILE_H_
#define COREPOOL_STRESS_TRACE_NAMELESS_FILE_H_

#include <cstdio>

namespace corepool::stress {

// A new file in TMPDIR (or /tmp), to write and to read, that goes with its last
// descriptor. nullptr, and errno, if there cannot be one.
std::FILE* NamelessFile();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_NAMELESS_FILE_H_
