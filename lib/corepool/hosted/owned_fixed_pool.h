// A FixedPool that brings its own memory, for programs with an operating system.

#ifndef COREPOOL_HOSTED_OWNED_FIXED_POOL_H_
#define COREPOOL_HOSTED_OWNED_FIXED_POOL_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"

namespace corepool::hosted {

// A FixedPool in memory of its own. Destroying it frees that memory, whether or
// not blocks are allocated; Deinit first to be told.
class OwnedFixedPool : public FixedPool {
 public:
  ~OwnedFixedPool() = default;

  // The options it was created with; their name is a copy that the pool owns.
  const PoolOptions& options() const { return options_; }

 private:
  friend absl::StatusOr<std::unique_ptr<OwnedFixedPool>> CreateFixedPool(
      const PoolOptions& options);

  struct Deleter {
    void operator()(std::byte* memory) const;
    std::size_t alignment;
  };

  explicit OwnedFixedPool(const PoolOptions& options);

  std::string name_;
  PoolOptions options_;
  std::unique_ptr<std::byte, Deleter> memory_;
};

// Creates a pool with operator new's memory. kInvalidArgument names the option and
// its value; kUnimplemented is for what this build cannot do; kResourceExhausted
// for memory that is not there.
// Threads only; calls operator new.
absl::StatusOr<std::unique_ptr<OwnedFixedPool>> CreateFixedPool(
    const PoolOptions& options);

// The status for an error of a pool with these options. kOk makes an OK status.
// Threads only; calls operator new.
absl::Status ToStatus(Error error, const PoolOptions& options);

}  // namespace corepool::hosted

#endif  // COREPOOL_HOSTED_OWNED_FIXED_POOL_H_
