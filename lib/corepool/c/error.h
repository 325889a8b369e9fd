// Why an operation was refused: corepool/error.h, where the comments are, in C.

#ifndef COREPOOL_C_ERROR_H_
#define COREPOOL_C_ERROR_H_

#ifdef __cplusplus
extern "C" {
#endif

// error.cc proves that these are the C++ header's, all of them. Numbers do not change.
typedef enum corepool_error_t {
  COREPOOL_OK = 0,

  // Allocating.
  COREPOOL_EXHAUSTED = 1,
  COREPOOL_SEGMENT_EXHAUSTED = 2,
  COREPOOL_TIMED_OUT = 3,
  COREPOOL_CONTENDED = 4,

  // Queues.
  COREPOOL_QUEUE_FULL = 5,
  COREPOOL_QUEUE_EMPTY = 6,

  // An argument is not valid.
  COREPOOL_INVALID_SIZE = 7,
  COREPOOL_INVALID_ALIGNMENT = 8,
  COREPOOL_INVALID_COUNT = 9,
  COREPOOL_TOO_LARGE = 10,
  COREPOOL_INVALID_GEOMETRY = 11,
  COREPOOL_TOO_MANY = 12,
  COREPOOL_NULL_MEMORY = 13,
  COREPOOL_MISALIGNED_MEMORY = 14,
  COREPOOL_MEMORY_TOO_SMALL = 15,
  COREPOOL_OVERLAPPING_MEMORY = 16,
  COREPOOL_INVALID_HOOKS = 17,
  COREPOOL_INVALID_CLASS = 18,
  COREPOOL_ALREADY_REGISTERED = 19,
  COREPOOL_UNSUPPORTED = 20,

  // Life cycle.
  COREPOOL_NOT_INITIALIZED = 21,
  COREPOOL_ALREADY_INITIALIZED = 22,
  COREPOOL_BLOCKS_IN_USE = 23,

  // Misuse.
  COREPOOL_FOREIGN_POINTER = 24,
  COREPOOL_INTERIOR_POINTER = 25,
  COREPOOL_MISALIGNED_POINTER = 26,
  COREPOOL_DOUBLE_FREE = 27,
  COREPOOL_WRITE_AFTER_FREE = 28,
  COREPOOL_OVERRUN = 29,
  COREPOOL_WRONG_SIZE = 30,
  COREPOOL_LEAK = 31,

  COREPOOL_CORRUPTED = 32
} corepool_error_t;

// The name that C++ has for it, such as "kDoubleFree"; "unknown" for any other value.
// [any; wait-free; O(1)]
const char* corepool_error_name(corepool_error_t error);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_ERROR_H_
