#include "corepool/hosted/owned_fixed_pool.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hosted/owned_pool.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"

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
          "block_size: %d bytes, aligned to %d, times a block_count of %d is more than "
          "any memory can hold",
          options.block_size, options.alignment, options.block_count));
    case Error::kInvalidHooks:
      if (options.hooks == nullptr) return absl::InvalidArgumentError("hooks: none");
      return absl::InvalidArgumentError(
          absl::StrFormat("hooks: usage_percent %d is above 100, or low_free %d or "
                          "rearm_free %d is not below a block_count of %d",
                          options.hooks->usage_percent, options.hooks->low_free,
                          options.hooks->rearm_free, options.block_count));
    case Error::kUnsupported:
      if (options.checking > Checking::kFull || options.state > State::kSide ||
          options.caching > Caching::kNone) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "checking, state or caching: %d, %d or %d is no value of its type",
            static_cast<int>(options.checking), static_cast<int>(options.state),
            static_cast<int>(options.caching)));
      }
      if (options.quarantine != 0 && options.checking != Checking::kFull) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "quarantine: %d blocks need Checking::kFull", options.quarantine));
      }
      if (options.cores > kMaxCores) {
        return absl::InvalidArgumentError(
            absl::StrFormat("cores: %d is more than the largest possible, %d",
                            options.cores, kMaxCores));
      }
      return absl::UnimplementedError(absl::StrFormat(
          "caching: %s does not work in this build or process (it needs x86-64 Linux, "
          "glibc 2.35 with rseq, and membarrier)",
          CachingName(options.caching)));
    case Error::kExhausted:
      return absl::ResourceExhaustedError(absl::StrFormat(
          "pool '%s': all %d blocks are allocated", options.name, options.block_count));
    default:
      return absl::FailedPreconditionError(
          absl::StrFormat("pool '%s': %s", options.name, ErrorName(error)));
  }
}

absl::StatusOr<OwnedFixedPool> CreateFixedPool(const PoolOptions& options) {
  if (const Error error = Validate(options); error != Error::kOk) {
    return ToStatus(error, options);
  }
  // Memory for the caches of this machine, not of any.
  PoolOptions own_options = options;
  if (own_options.cores == 0) own_options.cores = port::Cores::Count();
  if (own_options.cores > kMaxCores) own_options.cores = kMaxCores;
  auto [error, pool] = MakeOwned<FixedPool>(own_options);
  if (error == Error::kMemoryTooSmall) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "block_count: %d blocks of block_size %d need %d bytes, which are not "
        "available",
        options.block_count, options.block_size, RequiredBytes(own_options)));
  }
  if (error != Error::kOk) return ToStatus(error, options);
  return std::move(pool);
}

}  // namespace corepool::hosted
