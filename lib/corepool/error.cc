#include "corepool/error.h"

namespace corepool {

const char* ErrorName(Error error) {
  switch (error) {
    case Error::kOk: return "kOk";
    case Error::kExhausted: return "kExhausted";
    case Error::kTimedOut: return "kTimedOut";
    case Error::kContended: return "kContended";
    case Error::kQueueFull: return "kQueueFull";
    case Error::kQueueEmpty: return "kQueueEmpty";
    case Error::kSegmentExhausted: return "kSegmentExhausted";
    case Error::kInvalidSize: return "kInvalidSize";
    case Error::kInvalidAlignment: return "kInvalidAlignment";
    case Error::kInvalidCount: return "kInvalidCount";
    case Error::kTooLarge: return "kTooLarge";
    case Error::kInvalidGeometry: return "kInvalidGeometry";
    case Error::kTooMany: return "kTooMany";
    case Error::kNullMemory: return "kNullMemory";
    case Error::kMisalignedMemory: return "kMisalignedMemory";
    case Error::kMemoryTooSmall: return "kMemoryTooSmall";
    case Error::kOverlappingMemory: return "kOverlappingMemory";
    case Error::kInvalidHooks: return "kInvalidHooks";
    case Error::kInvalidClass: return "kInvalidClass";
    case Error::kAlreadyRegistered: return "kAlreadyRegistered";
    case Error::kUnsupported: return "kUnsupported";
    case Error::kNotInitialized: return "kNotInitialized";
    case Error::kAlreadyInitialized: return "kAlreadyInitialized";
    case Error::kBlocksInUse: return "kBlocksInUse";
    case Error::kForeignPointer: return "kForeignPointer";
    case Error::kInteriorPointer: return "kInteriorPointer";
    case Error::kMisalignedPointer: return "kMisalignedPointer";
    case Error::kDoubleFree: return "kDoubleFree";
    case Error::kWriteAfterFree: return "kWriteAfterFree";
    case Error::kOverrun: return "kOverrun";
    case Error::kWrongSize: return "kWrongSize";
    case Error::kLeak: return "kLeak";
    case Error::kCorrupted: return "kCorrupted";
  }
  return "unknown";
}

}  // namespace corepool
