#include "corepool/hosted/owned_fixed_pool.h"

#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace corepool::hosted {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();

std::string MessageOf(const PoolOptions& options, absl::StatusCode code) {
  const auto pool = CreateFixedPool(options);
  EXPECT_EQ(pool.status().code(), code);
  return std::string(pool.status().message());
}

TEST(CreateFixedPool, MakesAPoolThatWorks) {
  auto pool = CreateFixedPool({.block_size = 64, .block_count = 3, .alignment = 4096});
  ASSERT_TRUE(pool.ok()) << pool.status();
  void* const block = (*pool)->Allocate();
  EXPECT_NE(block, nullptr);
  EXPECT_EQ((*pool)->Free(block), Error::kOk);
  EXPECT_EQ((*pool)->Stats().capacity, 3u);
}

TEST(CreateFixedPool, KeepsACopyOfTheName) {
  static std::string reported;
  std::string name = "temporary";
  auto pool = CreateFixedPool({.block_size = 8,
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

TEST(CreateFixedPool, NeedsNoMemoryForNoBlocksHoweverAligned) {
  const auto pool = CreateFixedPool(
      {.block_size = 8, .block_count = 0, .alignment = std::size_t{1} << 40});
  EXPECT_TRUE(pool.ok()) << pool.status();
}

TEST(CreateFixedPool, MakesAPoolWithoutBlocks) {
  auto pool = CreateFixedPool({.block_size = 64, .block_count = 0});
  ASSERT_TRUE(pool.ok()) << pool.status();
  EXPECT_EQ((*pool)->TryAllocate().error, Error::kExhausted);
}

TEST(CreateFixedPool, NamesTheBadOptionAndItsValue) {
  using enum absl::StatusCode;
  EXPECT_THAT(MessageOf({.block_size = 0, .block_count = 5}, kInvalidArgument),
              HasSubstr("block_size: 0"));
  EXPECT_THAT(
      MessageOf({.block_size = 8, .block_count = 5, .alignment = 3}, kInvalidArgument),
      HasSubstr("alignment: 3"));
  EXPECT_THAT(MessageOf({.block_size = 8, .block_count = kMax}, kInvalidArgument),
              HasSubstr("block_count: " + std::to_string(kMax)));
  EXPECT_THAT(MessageOf({.block_size = kMax / 4, .block_count = 8}, kInvalidArgument),
              HasSubstr("block_size: " + std::to_string(kMax / 4)));
  EXPECT_THAT(
      MessageOf({.block_size = 8, .block_count = 5, .caching = static_cast<Caching>(9)},
                kInvalidArgument),
      HasSubstr("9 is no value of its type"));
  EXPECT_THAT(
      MessageOf({.block_size = 8, .block_count = 5, .cores = 5000}, kInvalidArgument),
      HasSubstr("cores: 5000"));
  EXPECT_THAT(
      std::string(ToStatus(Error::kUnsupported, {.caching = Caching::kRseq}).message()),
      HasSubstr("caching: kRseq"));
}

TEST(CreateFixedPool, ReportsMemoryThatIsNotThere) {
  EXPECT_THAT(MessageOf({.block_size = kMax / 1024, .block_count = 100},
                        absl::StatusCode::kResourceExhausted),
              HasSubstr("bytes, which are not available"));
}

TEST(ToStatus, CoversEveryError) {
  const PoolOptions options{.block_size = 8, .block_count = 2, .name = "p"};
  EXPECT_TRUE(ToStatus(Error::kOk, options).ok());
  for (int i = 1; i <= static_cast<int>(Error::kCorrupted); ++i) {
    const absl::Status status = ToStatus(static_cast<Error>(i), options);
    EXPECT_FALSE(status.ok());
    EXPECT_FALSE(status.message().empty());
  }
}

}  // namespace
}  // namespace corepool::hosted
