#include "corepool/hosted/owned_quad_pool.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace corepool::hosted {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();

std::string MessageOf(const QuadPoolOptions& options, absl::StatusCode code) {
  const auto pool = CreateQuadPool(options);
  EXPECT_EQ(pool.status().code(), code);
  return std::string(pool.status().message());
}

TEST(CreateQuadPool, MakesAPoolThatWorks) {
  auto pool = CreateQuadPool({.min_block_size = 64,
                              .max_block_size = 1024,
                              .block_count = 2,
                              .alignment = 64});
  ASSERT_TRUE(pool.ok()) << pool.status();
  void* const block = (*pool)->Allocate(80);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0u);
  EXPECT_EQ((*pool)->SizeOf(block), 256u);
  EXPECT_EQ((*pool)->Free(block), Error::kOk);
  EXPECT_EQ((*pool)->Stats().capacity, 32u) << "of the smallest blocks";
}

TEST(CreateQuadPool, KeepsACopyOfTheName) {
  static std::string reported;
  std::string name = "temporary";
  auto pool = CreateQuadPool({.min_block_size = 8,
                              .max_block_size = 32,
                              .block_count = 1,
                              .name = name.c_str(),
                              .misuse_handler = [](const MisuseReport& report) {
                                reported = report.pool_name;
                              }});
  ASSERT_TRUE(pool.ok()) << pool.status();
  name = "gone";
  EXPECT_EQ((*pool)->Free(&name), Error::kForeignPointer);
  EXPECT_EQ(reported, "temporary");
}

TEST(CreateQuadPool, MakesAPoolWithoutBlocks) {
  auto pool =
      CreateQuadPool({.min_block_size = 64, .max_block_size = 64, .block_count = 0});
  ASSERT_TRUE(pool.ok()) << pool.status();
  EXPECT_EQ((*pool)->TryAllocate(1).error, Error::kExhausted);
}

TEST(CreateQuadPool, NamesTheBadOptionAndItsValueAndWhatWouldBeLegal) {
  using enum absl::StatusCode;
  EXPECT_THAT(MessageOf({.min_block_size = 0, .max_block_size = 64, .block_count = 1},
                        kInvalidArgument),
              HasSubstr("min_block_size: 0"));
  const std::string quad =
      MessageOf({.min_block_size = 64, .max_block_size = 1000, .block_count = 1},
                kInvalidArgument);
  EXPECT_THAT(quad, HasSubstr("max_block_size: 1000 is not min_block_size 64 times a "
                              "power of 4; nearest: a max_block_size of 256 or 1024"));
  EXPECT_THAT(MessageOf({.min_block_size = 64,
                         .max_block_size = 1000,
                         .block_count = 1,
                         .split = SplitFactor::kBinary},
                        kInvalidArgument),
              HasSubstr("power of 2; nearest: a max_block_size of 512 or 1024"));
  EXPECT_THAT(MessageOf({.min_block_size = 64,
                         .max_block_size = 256,
                         .block_count = 1,
                         .alignment = 48},
                        kInvalidArgument),
              HasSubstr("alignment: 48"));
  EXPECT_THAT(
      MessageOf({.min_block_size = 8, .max_block_size = 32, .block_count = kMax},
                kInvalidArgument),
      HasSubstr("block_count: " + std::to_string(kMax)));
  constexpr std::size_t kManyLevels = std::size_t{1} << 40;
  EXPECT_THAT(
      MessageOf({.min_block_size = 1, .max_block_size = kManyLevels, .block_count = 1},
                kInvalidArgument),
      HasSubstr(std::to_string(kManyLevels) + " is more levels above"));
  EXPECT_THAT(MessageOf({.min_block_size = kMax / 2 + 1,
                         .max_block_size = kMax / 2 + 1,
                         .block_count = 1},
                        kInvalidArgument),
              HasSubstr("block_count of 1 is more than any memory"));
  EXPECT_THAT(MessageOf({.min_block_size = 8,
                         .max_block_size = 32,
                         .block_count = 1,
                         .split = static_cast<SplitFactor>(7)},
                        kInvalidArgument),
              HasSubstr("7 or 0 is no value of its type"));
  EXPECT_THAT(MessageOf({.min_block_size = 8,
                         .max_block_size = 32,
                         .block_count = 1,
                         .checking = Checking::kFull},
                        kUnimplemented),
              HasSubstr("checking"));
}

TEST(CreateQuadPool, ReportsMemoryThatIsNotThere) {
  constexpr std::size_t kHuge = std::size_t{1} << 50;
  EXPECT_THAT(
      MessageOf({.min_block_size = kHuge, .max_block_size = kHuge, .block_count = 8},
                absl::StatusCode::kResourceExhausted),
      HasSubstr("bytes, which are not available"));
}

TEST(QuadPoolToStatus, CoversEveryError) {
  const QuadPoolOptions options{
      .min_block_size = 8, .max_block_size = 32, .block_count = 2, .name = "p"};
  EXPECT_TRUE(ToStatus(Error::kOk, options).ok());
  for (int i = 1; i <= static_cast<int>(Error::kCorrupted); ++i) {
    const absl::Status status = ToStatus(static_cast<Error>(i), options);
    EXPECT_FALSE(status.ok());
    EXPECT_FALSE(status.message().empty());
  }
}

}  // namespace
}  // namespace corepool::hosted
