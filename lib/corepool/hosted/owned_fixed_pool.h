// A FixedPool that brings its own memory, for programs with an operating system.

#ifndef COREPOOL_HOSTED_OWNED_FIXED_POOL_H_
#define COREPOOL_HOSTED_OWNED_FIXED_POOL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hosted/owned_pool.h"
#include "corepool/options.h"

namespace corepool::hosted {

// A FixedPool in memory of its own.
using OwnedFixedPool = OwnedPool<FixedPool>;

// Creates a pool, its memory and a copy of its name, all with operator new.
// kInvalidArgument names the option and its value; kUnimplemented is for what this
// build cannot do; kResourceExhausted for blocks' memory that is not there. (Where not
// even the pool object can be had, operator new throws.)
// [threads; blocking; O(N)]
absl::StatusOr<OwnedFixedPool> CreateFixedPool(const PoolOptions& options);

// The status for an error of a pool with these options. kOk makes an OK status.
// [threads; blocking; O(1)]
absl::Status ToStatus(Error error, const PoolOptions& options);

}  // namespace corepool::hosted

#endif  // COREPOOL_HOSTED_OWNED_FIXED_POOL_H_
