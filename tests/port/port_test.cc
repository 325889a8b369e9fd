// The conformance test of a port: run it on the target.

#include "corepool/port/port.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include "corepool/port/port_portable.h"
#include "gtest/gtest.h"

namespace corepool::port {
namespace {

static_assert(PortConcept<Port>);
static_assert(PortConcept<PortPortable>, "the fallback must do everywhere");

template <class P>
class PortTest : public ::testing::Test {};
using Ports = ::testing::Types<Port, PortPortable>;
TYPED_TEST_SUITE(PortTest, Ports);

TYPED_TEST(PortTest, SwapsItsWordWithoutHelp) {
  std::atomic<typename TypeParam::Word> word{1};
  EXPECT_TRUE(word.is_lock_free());
  typename TypeParam::Word expected = 1;
  EXPECT_TRUE(word.compare_exchange_strong(expected, 2, std::memory_order_relaxed));
}

TYPED_TEST(PortTest, HintsDoNoHarmToAnyAddress) {
  TypeParam::Pause();
  int here = 7;
  TypeParam::PrefetchForWrite(&here);
  TypeParam::PrefetchForWrite(nullptr);
  TypeParam::PrefetchForWrite(reinterpret_cast<const void*>(~std::uintptr_t{0} - 63));
  EXPECT_EQ(here, 7);
}

TYPED_TEST(PortTest, CycleCountNeverFalls) {
  const std::uint64_t before = TypeParam::CycleCount();
  EXPECT_GE(TypeParam::CycleCount(), before);
}

TYPED_TEST(PortTest, CoreIndexIsAPlausibleNumber) {
  EXPECT_LT(TypeParam::CoreIndex(), 4096u);
}

}  // namespace
}  // namespace corepool::port
