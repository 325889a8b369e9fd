#include "corepool/static_pool.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <type_traits>

#include "corepool/base/align.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "gtest/gtest.h"

namespace corepool {
namespace {

struct Frame {
  std::uint32_t id;
  std::uint8_t data[8];
};

constinit StaticPool<Frame, 16> frames;
constinit StaticPool<Frame, 100'000> many;

// Runs before main, and maybe before any constructor of another file.
const bool used_before_main = [] {
  Frame* const frame = frames.Allocate();
  return frame != nullptr && frames.Free(frame) == Error::kOk;
}();

TEST(StaticPool, WorksBeforeMain) { EXPECT_TRUE(used_before_main); }

TEST(StaticPool, NeedsNoDestruction) {
  static_assert(std::is_trivially_destructible_v<StaticPool<Frame, 16>>);
  static_assert(StaticPool<Frame, 16>::capacity() == 16);
}

TEST(StaticPool, HandsOutEveryBlockOnce) {
  std::set<Frame*> all;
  while (Frame* const frame = frames.Allocate()) {
    frame->id = 7;
    EXPECT_TRUE(base::IsAligned(frame, alignof(Frame)));
    all.insert(frame);
  }
  EXPECT_EQ(all.size(), 16u);
  EXPECT_EQ(frames.TryAllocate().error, Error::kExhausted);
  for (Frame* const frame : all) EXPECT_EQ(frames.Free(frame), Error::kOk);
  EXPECT_EQ(frames.Audit(AuditMode::kAtRest).error, Error::kOk);
  EXPECT_EQ(frames.Stats().used, 0u);
}

TEST(StaticPool, RefusesMisuse) {
  static int calls = 0;
  SetMisuseHandler([](const MisuseReport&) { ++calls; });
  Frame* const frame = frames.Allocate();
  EXPECT_EQ(frames.Free(frame), Error::kOk);
  EXPECT_EQ(frames.Free(frame), Error::kDoubleFree);
  EXPECT_EQ(frames.Free(frames.BlockAt(9)), Error::kDoubleFree) << "never allocated";
  Frame elsewhere;
  EXPECT_EQ(frames.Free(&elsewhere), Error::kForeignPointer);
  EXPECT_EQ(calls, 3);
  SetMisuseHandler(nullptr);
}

TEST(StaticPool, ServesAnyType) {
  static constinit StaticPool<char, 3> characters;
  static constinit StaticPool<std::max_align_t, 2, Checking::kOff> aligned;
  char* const one = characters.Allocate();
  char* const other = characters.Allocate();
  EXPECT_EQ(other - one, 1);
  EXPECT_EQ(characters.IndexOf(other), 1u);
  EXPECT_EQ(characters.Free(one), Error::kOk);
  EXPECT_EQ(characters.Free(other), Error::kOk);
  std::max_align_t* const block = aligned.Allocate();
  EXPECT_TRUE(base::IsAligned(block, alignof(std::max_align_t)));
  EXPECT_EQ(aligned.Free(block), Error::kOk);
}

template <Checking kChecking, Caching kCaching>
void IsAlwaysExhausted() {
  static constinit StaticPool<Frame, 0, kChecking, kCaching> empty;
  static_assert(empty.capacity() == 0);
  EXPECT_EQ(empty.Caching(), Caching::kNone) << "nothing to keep";
  EXPECT_EQ(empty.Allocate(), nullptr);
  EXPECT_EQ(empty.TryAllocate().error, Error::kExhausted);
  Frame* some[2] = {};
  EXPECT_EQ(empty.AllocateBulk(some), Error::kExhausted);
  EXPECT_EQ(empty.AllocateUpTo(some), 0u);
  EXPECT_EQ(empty.Free(nullptr), Error::kOk);
  EXPECT_EQ(empty.BlockAt(0), nullptr);
  EXPECT_FALSE(empty.Owns(&empty));
  EXPECT_EQ(empty.Stats().capacity, 0u);
  EXPECT_EQ(empty.Stats().failures, 4u);
  EXPECT_EQ(empty.Audit(AuditMode::kAtRest).error, Error::kOk);
  empty.FlushCaches();
  empty.ResetPeak();
}

TEST(StaticPool, OfNoBlocksIsAlwaysExhausted) {
  IsAlwaysExhausted<Checking::kBasic, Caching::kAutomatic>();
  IsAlwaysExhausted<Checking::kOff, Caching::kAutomatic>();
  IsAlwaysExhausted<Checking::kStrict, Caching::kRseq>();
  IsAlwaysExhausted<Checking::kBasic, Caching::kRseq>();
  IsAlwaysExhausted<Checking::kBasic, Caching::kCas>();
  IsAlwaysExhausted<Checking::kBasic, Caching::kNone>();
}

TEST(StaticPool, MayBeLarge) {
  Frame* const frame = many.Allocate();
  EXPECT_EQ(many.IndexOf(frame), 0u);
  EXPECT_EQ(many.Free(frame), Error::kOk);
  EXPECT_EQ(many.Stats().capacity, 100'000u);
}

}  // namespace
}  // namespace corepool
