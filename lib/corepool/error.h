// Why an operation was refused.

#ifndef COREPOOL_ERROR_H_
#define COREPOOL_ERROR_H_

#include <cstdint>

namespace corepool {

enum class Error : std::uint8_t {
  kOk = 0,

  // Allocating. There was an instant during the call at which every block was
  // allocated (for a bulk: at which fewer were free than asked for).
  kExhausted,
  kSegmentExhausted,  // the same of a pool that might grow, but for want of memory
  kTimedOut,          // so it has been until the deadline (wait.h)
  kContended,  // only where a bound was asked for: it was reached, and others may have
               // got blocks meanwhile

  // Queues. There was an instant during the call at which it held
  kQueueFull,   // as much as it may: the value stays with the caller
  kQueueEmpty,  // nothing

  // An argument is not valid, most of them when creating; nothing was changed.
  kInvalidSize,        // block size of 0 bytes
  kInvalidAlignment,   // 0, or not a power of two
  kInvalidCount,       // more than kMaxBlockCount blocks
  kTooLarge,           // more than any object, or any block of the pool, can have
  kInvalidGeometry,    // the largest block is not the smallest times a power of the
                       // split factor
  kTooMany,            // one more than the pool was made for, or than may wait
  kNullMemory,         // no memory, though some is needed (bulks too)
  kMisalignedMemory,   // see RequiredAlignment
  kMemoryTooSmall,     // see RequiredBytes
  kOverlappingMemory,  // two regions that ought to be apart are not
  kInvalidHooks,       // levels that no number of used blocks could ever cross
  kInvalidClass,       // no class of this pool has that number
  kAlreadyRegistered,  // another segment has this very memory
  kUnsupported,        // this build or machine cannot do what was asked for

  // Life cycle.
  kNotInitialized,      // Init has not succeeded yet, or Deinit has; so with Register
  kAlreadyInitialized,  // Init once more without Deinit, Register without Unregister
  kBlocksInUse,         // Deinit or Clear while blocks are allocated, or Deinit of a
                        // segment while pools are in it

  // Misuse, also told to the misuse handler.
  kForeignPointer,     // not from this pool's memory
  kInteriorPointer,    // into a block, but not to its start
  kMisalignedPointer,  // into a block, and not even aligned as blocks are
  kDoubleFree,         // the block is free already
  kWriteAfterFree,     // a free block was written to
  kOverrun,            // bytes after the block were written to
  kWrongSize,          // freed with a size that the block does not have
  kLeak,               // the block was still allocated when Deinit or Clear came

  // Audit found the pool's own bookkeeping damaged.
  kCorrupted,
};

// The enumerator's name, such as "kDoubleFree"; "unknown" for any other value.
// [any; wait-free; O(1)]
const char* ErrorName(Error error);

}  // namespace corepool

#endif  // COREPOOL_ERROR_H_
