// A pool's blocks all together: laid out, and looked at.

#ifndef COREPOOL_C_COMPAT_MYNEWT_SANITY_H_
#define COREPOOL_C_COMPAT_MYNEWT_SANITY_H_

#include "corepool/c/compat/mynewt/books.h"
#include "os/os_mempool.h"

namespace corepool::c::mynewt {

// Makes all blocks free, and marks them. Not concurrently with anything.
void FillAll(os_mempool& pool, Books& books, bool afresh);

// Whether nothing wrong was found. At any time; O(blocks), a few times.
bool IsSane(os_mempool& pool);

}  // namespace corepool::c::mynewt

#endif  // COREPOOL_C_COMPAT_MYNEWT_SANITY_H_
