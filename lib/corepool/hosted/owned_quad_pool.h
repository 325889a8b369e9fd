// A QuadPool that brings its own memory, for programs with an operating system.

#ifndef COREPOOL_HOSTED_OWNED_QUAD_POOL_H_
#define COREPOOL_HOSTED_OWNED_QUAD_POOL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "corepool/error.h"
#include "corepool/hosted/owned_pool.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"

namespace corepool::hosted {

// A QuadPool in memory of its own.
using OwnedQuadPool = OwnedPool<QuadPool>;

// Creates a pool, its memory and a copy of its name, all with operator new.
// kInvalidArgument names the option and its value, and the nearest sizes that are legal
// together; kUnimplemented is for what this build cannot do; kResourceExhausted for
// memory that is not there. (Where not even the pool object can be had, operator new
// throws.) [threads; blocking; O(N)]
absl::StatusOr<OwnedQuadPool> CreateQuadPool(const QuadPoolOptions& options);

// The status for an error of a pool with these options. kOk makes an OK status.
// [threads; blocking; O(1)]
absl::Status ToStatus(Error error, const QuadPoolOptions& options);

}  // namespace corepool::hosted

#endif  // COREPOOL_HOSTED_OWNED_QUAD_POOL_H_
