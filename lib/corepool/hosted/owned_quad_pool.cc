#include "corepool/hosted/owned_quad_pool.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "corepool/error.h"
#include "corepool/hosted/owned_pool.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"

namespace corepool::hosted {
namespace {

std::string Either(std::size_t below, std::size_t above) {
  std::vector<std::size_t> sizes;
  for (const std::size_t size : {below, above}) {
    if (size != 0) sizes.push_back(size);
  }
  return absl::StrJoin(sizes, " or ");
}

// "; nearest: a max_block_size of 256 or 1024, or a min_block_size of 62 or 250".
std::string Nearest(const QuadPoolOptions& options) {
  const QuadGeometries near = NearestGeometries(options);
  std::vector<std::string> ways;
  if (const std::string sizes = Either(near.max_below, near.max_above);
      !sizes.empty()) {
    ways.push_back(absl::StrCat("a max_block_size of ", sizes));
  }
  if (const std::string sizes = Either(near.min_below, near.min_above);
      !sizes.empty()) {
    ways.push_back(absl::StrCat("a min_block_size of ", sizes));
  }
  if (ways.empty()) return "";
  return absl::StrCat("; nearest: ", absl::StrJoin(ways, ", or "));
}

}  // namespace

absl::Status ToStatus(Error error, const QuadPoolOptions& options) {
  switch (error) {
    case Error::kOk: return absl::OkStatus();
    case Error::kInvalidSize:
      return absl::InvalidArgumentError(absl::StrFormat(
          "min_block_size: %d or max_block_size: %d is not valid, each must be at "
          "least 1 byte",
          options.min_block_size, options.max_block_size));
    case Error::kInvalidGeometry:
      return absl::InvalidArgumentError(absl::StrFormat(
          "max_block_size: %d is not min_block_size %d times a power of %d%s",
          options.max_block_size, options.min_block_size,
          options.split == SplitFactor::kBinary ? 2 : 4, Nearest(options)));
    case Error::kInvalidAlignment:
      return absl::InvalidArgumentError(
          absl::StrFormat("alignment: %d is not a power of two that divides a "
                          "min_block_size of %d",
                          options.alignment, options.min_block_size));
    case Error::kInvalidCount:
      return absl::InvalidArgumentError(absl::StrFormat(
          "block_count: %d blocks of max_block_size %d are more blocks of "
          "min_block_size %d than a pool can have",
          options.block_count, options.max_block_size, options.min_block_size));
    case Error::kTooLarge:
      if (QuadPoolOptions none = options;
          none.block_count = 0, Validate(none) == Error::kTooLarge) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "max_block_size: %d is more levels above a min_block_size of %d than a "
            "pool can have",
            options.max_block_size, options.min_block_size));
      }
      return absl::InvalidArgumentError(absl::StrFormat(
          "max_block_size: %d bytes times a block_count of %d is more than any memory "
          "can hold",
          options.max_block_size, options.block_count));
    case Error::kUnsupported:
      if (options.checking == Checking::kFull) {
        return absl::UnimplementedError("checking: a QuadPool has no kFull");
      }
      return absl::InvalidArgumentError(absl::StrFormat(
          "checking, split or merge: %d, %d or %d is no value of its type",
          static_cast<int>(options.checking), static_cast<int>(options.split),
          static_cast<int>(options.merge)));
    case Error::kExhausted:
      return absl::ResourceExhaustedError(
          absl::StrFormat("pool '%s': no free block is large enough", options.name));
    default:
      return absl::FailedPreconditionError(
          absl::StrFormat("pool '%s': %s", options.name, ErrorName(error)));
  }
}

absl::StatusOr<OwnedQuadPool> CreateQuadPool(const QuadPoolOptions& options) {
  if (const Error error = Validate(options); error != Error::kOk) {
    return ToStatus(error, options);
  }
  auto [error, pool] = MakeOwned<QuadPool>(options);
  if (error == Error::kMemoryTooSmall) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "block_count: %d blocks of max_block_size %d need %d bytes, which are not "
        "available",
        options.block_count, options.max_block_size, RequiredBytes(options)));
  }
  if (error != Error::kOk) return ToStatus(error, options);
  return std::move(pool);
}

}  // namespace corepool::hosted
