#include "corepool/hosted/owned_fixed_pool.h"

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"

namespace corepool::hosted {
namespace {

const char* CachingName(Caching caching) {
  switch (caching) {
    case Caching::kAutomatic: return "kAutomatic";
    case Caching::kRseq: return "kRseq";
    case Caching::kCas: return "kCas";
    case Caching::kNone: return "kNone";
  }
  return "unknown";
}

}  // namespace

absl::Status ToStatus(Error error, const PoolOptions& options) {
  switch (error) {
    case Error::kOk: return absl::OkStatus();
    case Error::kInvalidSize:
      return absl::InvalidArgumentError(
          absl::StrFormat("block_size: %d is not valid, it must be at least 1 byte",
                          options.block_size));
    case Error::kInvalidAlignment:
      return absl::InvalidArgumentError(
          absl::StrFormat("alignment: %d is not a power of two", options.alignment));
    case Error::kInvalidCount:
      return absl::InvalidArgumentError(
          absl::StrFormat("block_count: %d is more than the largest possible, %d",
                          options.block_count, kMaxBlockCount));
    case Error::kTooLarge:
      return absl::InvalidArgumentError(absl::StrFormat(
          "block_count: %d blocks of block_size %d, aligned to %d, do not fit into "
          "any memory",
          options.block_count, options.block_size, options.alignment));
    case Error::kUnsupported:
      return absl::UnimplementedError(absl::StrFormat(
          "caching: %s is not available in this build", CachingName(options.caching)));
    case Error::kExhausted:
      return absl::ResourceExhaustedError(absl::StrFormat(
          "pool '%s': all %d blocks are allocated", options.name, options.block_count));
    default:
      return absl::FailedPreconditionError(
          absl::StrFormat("pool '%s': %s", options.name, ErrorName(error)));
  }
}

void OwnedFixedPool::Deleter::operator()(std::byte* memory) const {
  ::operator delete(memory, std::align_val_t{alignment});
}

OwnedFixedPool::OwnedFixedPool(const PoolOptions& options)
    : name_(options.name == nullptr ? "" : options.name), options_(options) {
  options_.name = name_.c_str();
}

absl::StatusOr<std::unique_ptr<OwnedFixedPool>> CreateFixedPool(
    const PoolOptions& options) {
  if (const Error error = Validate(options); error != Error::kOk) {
    return ToStatus(error, options);
  }
  const std::size_t bytes = RequiredBytes(options);
  const std::size_t alignment = RequiredAlignment(options);
  std::unique_ptr<OwnedFixedPool> pool(new OwnedFixedPool(options));
  void* const memory = ::operator new(bytes, std::align_val_t{alignment}, std::nothrow);
  if (memory == nullptr) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "block_count: %d blocks of block_size %d need %d bytes, which are not "
        "available",
        options.block_count, options.block_size, bytes));
  }
  pool->memory_ = {static_cast<std::byte*>(memory), {alignment}};
  const Error error = pool->Init(pool->options_, {pool->memory_.get(), bytes});
  if (error != Error::kOk) return ToStatus(error, options);
  return pool;
}

}  // namespace corepool::hosted
