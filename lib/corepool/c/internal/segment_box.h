// What corepool_segment_t holds.

#ifndef COREPOOL_C_INTERNAL_SEGMENT_BOX_H_
#define COREPOOL_C_INTERNAL_SEGMENT_BOX_H_

#include "corepool/c/internal/box.h"
#include "corepool/c/segment.h"
#include "corepool/segment.h"

namespace corepool::c {

template <>
struct Contents<corepool_segment_t> {
  using Object = Segment;
  using Rest = Nothing;
};

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_SEGMENT_BOX_H_
