#include "corepool/c/segment.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/internal/convert.h"
#include "corepool/c/internal/segment_box.h"
#include "corepool/options.h"
#include "corepool/segment.h"

namespace corepool::c {
static corepool_segment_stats_t ForC(const SegmentStats& stats) {
  return {.size = stats.size,
          .used = stats.used,
          .remaining = stats.remaining,
          .padding_alignment = stats.padding_alignment,
          .pools = stats.pools};
}

static_assert(sizeof(SegmentInfo::name) == COREPOOL_SEGMENT_NAME_BYTES);
static_assert(sizeof(SegmentCursor) <= sizeof(corepool_segment_cursor_t));

}  // namespace corepool::c

namespace c = corepool::c;
using corepool::Segment;
using corepool::c::With;

corepool_error_t corepool_segment_init(corepool_segment_t* segment, const char* name,
                                       void* memory, size_t bytes,
                                       size_t padding_alignment) {
  return c::ForC(c::Box<corepool_segment_t>::Make(segment).Init(
      name, c::Bytes(memory, bytes), c::OrDefault(padding_alignment, 1)));
}

corepool_error_t corepool_segment_deinit(corepool_segment_t* segment) {
  return With(segment, [](Segment& made) { return c::ForC(made.Deinit()); });
}

corepool_error_t corepool_segment_clear(corepool_segment_t* segment) {
  return With(segment, [](Segment& made) { return c::ForC(made.Clear()); });
}

void* corepool_segment_allocate(corepool_segment_t* segment, size_t size,
                                size_t alignment) {
  return With(segment, [&](Segment& made) {
    return made.Allocate(size, c::OrDefault(alignment, corepool::kDefaultAlignment));
  });
}

corepool_segment_allocation_t corepool_segment_try_allocate(corepool_segment_t* segment,
                                                            size_t size,
                                                            size_t alignment) {
  const auto got = With(segment, [&](Segment& made) {
    return made.TryAllocate(size, c::OrDefault(alignment, corepool::kDefaultAlignment));
  });
  return {c::ForC(got.error), got.memory, got.missing};
}

void* corepool_segment_allocate_hardware(corepool_segment_t* segment, size_t size,
                                         size_t alignment) {
  return With(segment, [&](Segment& made) {
    return made.AllocateHardware(size,
                                 c::OrDefault(alignment, corepool::kDefaultAlignment));
  });
}

corepool_segment_allocation_t corepool_segment_try_allocate_hardware(
    corepool_segment_t* segment, size_t size, size_t alignment) {
  const auto got = With(segment, [&](Segment& made) {
    return made.TryAllocateHardware(
        size, c::OrDefault(alignment, corepool::kDefaultAlignment));
  });
  return {c::ForC(got.error), got.memory, got.missing};
}

corepool_segment_blocks_t corepool_segment_allocate_up_to(corepool_segment_t* segment,
                                                          size_t most, size_t size,
                                                          size_t alignment) {
  const auto got = With(segment, [&](Segment& made) {
    return made.AllocateUpTo(most, size,
                             c::OrDefault(alignment, corepool::kDefaultAlignment));
  });
  return {.error = c::ForC(got.error),
          .memory = got.memory,
          .count = got.count,
          .stride = got.stride,
          .missing = got.missing};
}

size_t corepool_segment_remaining(const corepool_segment_t* segment, size_t alignment) {
  return With(segment, [&](Segment& made) {
    return made.Remaining(c::OrDefault(alignment, corepool::kDefaultAlignment));
  });
}

size_t corepool_segment_size(const corepool_segment_t* segment) {
  return With(segment, [](Segment& made) { return made.size(); });
}

size_t corepool_segment_used(const corepool_segment_t* segment) {
  return With(segment, [](Segment& made) { return made.used(); });
}

size_t corepool_segment_padding_alignment(const corepool_segment_t* segment) {
  return With(segment, [](Segment& made) { return made.padding_alignment(); });
}

const char* corepool_segment_name(const corepool_segment_t* segment) {
  return With(segment, [](Segment& made) { return made.name(); });
}

bool corepool_segment_is_initialized(const corepool_segment_t* segment) {
  return With(segment, [](Segment& made) { return made.is_initialized(); });
}

bool corepool_segment_owns(const corepool_segment_t* segment, const void* address) {
  return With(segment, [&](Segment& made) { return made.Owns(address); });
}

corepool_segment_stats_t corepool_segment_stats(const corepool_segment_t* segment) {
  return With(segment, [](Segment& made) { return c::ForC(made.Stats()); });
}

bool corepool_segment_next(corepool_segment_cursor_t* cursor,
                           corepool_segment_info_t* info) {
  corepool::SegmentCursor at;
  corepool::SegmentInfo found;
  __builtin_memcpy(static_cast<void*>(&at), cursor->opaque, sizeof(at));
  const bool any = corepool::NextSegment(at, found);
  __builtin_memcpy(cursor->opaque, &at, sizeof(at));
  if (!any) return false;
  __builtin_memcpy(info->name, found.name, sizeof(found.name));
  info->memory = found.memory;
  info->stats = c::ForC(found.stats);
  return true;
}
