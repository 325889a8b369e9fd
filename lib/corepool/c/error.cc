#include "corepool/c/error.h"

#include "corepool/error.h"

namespace corepool::c {
namespace {

// Without a default: a compiler warns of an error that C does not know yet.
constexpr int NumberInC(Error error) {
  switch (error) {
    case Error::kOk: return COREPOOL_OK;
    case Error::kExhausted: return COREPOOL_EXHAUSTED;
    case Error::kSegmentExhausted: return COREPOOL_SEGMENT_EXHAUSTED;
    case Error::kTimedOut: return COREPOOL_TIMED_OUT;
    case Error::kContended: return COREPOOL_CONTENDED;
    case Error::kQueueFull: return COREPOOL_QUEUE_FULL;
    case Error::kQueueEmpty: return COREPOOL_QUEUE_EMPTY;
    case Error::kInvalidSize: return COREPOOL_INVALID_SIZE;
    case Error::kInvalidAlignment: return COREPOOL_INVALID_ALIGNMENT;
    case Error::kInvalidCount: return COREPOOL_INVALID_COUNT;
    case Error::kTooLarge: return COREPOOL_TOO_LARGE;
    case Error::kInvalidGeometry: return COREPOOL_INVALID_GEOMETRY;
    case Error::kTooMany: return COREPOOL_TOO_MANY;
    case Error::kNullMemory: return COREPOOL_NULL_MEMORY;
    case Error::kMisalignedMemory: return COREPOOL_MISALIGNED_MEMORY;
    case Error::kMemoryTooSmall: return COREPOOL_MEMORY_TOO_SMALL;
    case Error::kOverlappingMemory: return COREPOOL_OVERLAPPING_MEMORY;
    case Error::kInvalidHooks: return COREPOOL_INVALID_HOOKS;
    case Error::kInvalidClass: return COREPOOL_INVALID_CLASS;
    case Error::kAlreadyRegistered: return COREPOOL_ALREADY_REGISTERED;
    case Error::kUnsupported: return COREPOOL_UNSUPPORTED;
    case Error::kNotInitialized: return COREPOOL_NOT_INITIALIZED;
    case Error::kAlreadyInitialized: return COREPOOL_ALREADY_INITIALIZED;
    case Error::kBlocksInUse: return COREPOOL_BLOCKS_IN_USE;
    case Error::kForeignPointer: return COREPOOL_FOREIGN_POINTER;
    case Error::kInteriorPointer: return COREPOOL_INTERIOR_POINTER;
    case Error::kMisalignedPointer: return COREPOOL_MISALIGNED_POINTER;
    case Error::kDoubleFree: return COREPOOL_DOUBLE_FREE;
    case Error::kWriteAfterFree: return COREPOOL_WRITE_AFTER_FREE;
    case Error::kOverrun: return COREPOOL_OVERRUN;
    case Error::kWrongSize: return COREPOOL_WRONG_SIZE;
    case Error::kLeak: return COREPOOL_LEAK;
    case Error::kCorrupted: return COREPOOL_CORRUPTED;
  }
  return -1;
}

constexpr bool AreAllTheSame() {
  for (int number = 0; number <= static_cast<int>(Error::kCorrupted); ++number) {
    if (NumberInC(static_cast<Error>(number)) != number) return false;
  }
  return true;
}
static_assert(AreAllTheSame(), "error.h: C and C++ count differently");

}  // namespace
}  // namespace corepool::c

const char* corepool_error_name(corepool_error_t error) {
  const auto number = static_cast<unsigned>(error);
  return corepool::ErrorName(
      static_cast<corepool::Error>(number > 0xff ? 0xff : number));
}
