// What pools and maps have in common: where they lie, how they are found, who waits.

#ifndef COREPOOL_C_COMPAT_ZEPHYR_OBJECTS_H_
#define COREPOOL_C_COMPAT_ZEPHYR_OBJECTS_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/base/align.h"
#include "corepool/c/compat/zephyr/platform.h"
#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/port/port.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "corepool_zephyr.h"

namespace corepool::zephyr {

// One pool or map: in the memory that was given for it, in front of everything else.
template <class Pool>
struct Object {
  Pool pool;
  Waiters waiters;
  const char* name = "";
  std::uint32_t id = 0xffffffff;
};

inline constexpr std::size_t kAlignment = 128;
static_assert(alignof(Object<Waiters>) <= kAlignment);

// The part of a region that begins aligned.
inline std::span<std::byte> Aligned(void* memory, std::size_t bytes) {
  const std::size_t skipped =
      static_cast<std::size_t>(-reinterpret_cast<std::uintptr_t>(memory)) % kAlignment;
  if (memory == nullptr || skipped >= bytes) return {};
  return {static_cast<std::byte*>(memory) + skipped, bytes - skipped};
}

// Bytes in front of the pool's own memory: the object and the waiters' slots.
template <class Pool>
constexpr std::size_t HeadBytes() {
  const std::size_t bytes =
      sizeof(Object<Pool>) + RequiredBytes(WaitersOptions{
                                 .port = {}, .most_waiters = COREPOOL_ZEPHYR_WAITERS});
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// An object without a pool, at the front of `memory`, whose waiters are there; nullptr
// if there is too little memory.
template <class Pool>
Object<Pool>* MakeObject(std::span<std::byte> memory, const char* name,
                         bool strict_order) {
  if (memory.size() < HeadBytes<Pool>()) return nullptr;
  auto* const object = ::new (memory.data()) Object<Pool>;
  object->name = name;
  const Error error = object->waiters.Init(
      {.port = Platform::Port(),
       .most_waiters = COREPOOL_ZEPHYR_WAITERS,
       .strict_order = strict_order},
      memory.subspan(sizeof(Object<Pool>), HeadBytes<Pool>() - sizeof(Object<Pool>)));
  return error == Error::kOk ? object : nullptr;
}

// Objects by their ids. Those with ids of their own choice come first, others get ids
// from the end.
template <class Pool>
class Table {
 public:
  static constexpr std::uint32_t kFirstId = 0x00010000;

  // nullptr if there is none. Wait-free.
  COREPOOL_INLINE Object<Pool>* Find(std::uint32_t id) const {
    const std::uint32_t index = id - kFirstId;
    if (index >= COREPOOL_ZEPHYR_POOLS) [[unlikely]]
      return nullptr;
    // Pairs with: E86 release in PutAt (the object).
    return objects_[index].load(lockfree::kAcquire);
  }

  // Gives the object its id and makes it known; false if the id is taken, or none.
  bool PutAt(std::size_t index, Object<Pool>& object) {
    if (index >= COREPOOL_ZEPHYR_POOLS) return false;
    object.id = kFirstId + static_cast<std::uint32_t>(index);
    Object<Pool>* expected = nullptr;
    // E86. Pairs with: acquire in Find.
    return objects_[index].compare_exchange_strong(
        expected, &object, lockfree::kRelease, lockfree::kRelaxed);
  }
  bool Put(Object<Pool>& object) {
    for (std::size_t index = COREPOOL_ZEPHYR_POOLS; index > 0; --index) {
      if (PutAt(index - 1, object)) return true;
    }
    return false;
  }

  // Nobody else uses it.
  void Remove(std::uint32_t id) {
    objects_[id - kFirstId].store(nullptr, lockfree::kRelaxed);
  }

 private:
  lockfree::Atomic<Object<Pool>*> objects_[COREPOOL_ZEPHYR_POOLS]{};
};

// Ends an object that is in no table, or that nobody uses; false if it is in use.
template <class Pool>
bool EndObject(Object<Pool>& object) {
  if (object.pool.is_initialized() && object.pool.Deinit() != Error::kOk) return false;
  (void)object.waiters.Deinit();
  return true;
}

// AllocateUntil of a pool for a task that found no block at once: as `allocate_until`,
// which gets a deadline and a priority, but where as many wait as may it looks again
// every tick. Threads only.
template <class AllocateUntil>
COREPOOL_COLD auto Wait(std::int32_t ticks, const AllocateUntil& allocate_until)
    -> decltype(allocate_until(Ticks{}, std::uint8_t{})) {
  const Ticks deadline = Platform::DeadlineAfter(ticks);
  for (;;) {
    const auto got = allocate_until(deadline, Platform::Priority());
    if (got.error != Error::kTooMany) return got;
    const Ticks now = Platform::Now();
    if (now >= deadline) return {Error::kTimedOut, nullptr};
    const Ticks next = Platform::DeadlineAfter(1);
    Platform::SleepUntil(next < deadline ? next : deadline);
  }
}

constexpr int ResultOf(Error error) {
  return error == Error::kOk ? RC_OK : error == Error::kTimedOut ? RC_TIME : RC_FAIL;
}

// Tells of a misuse of the object with that id.
void TellMisuse(Error kind, const char* name, std::uint32_t id, const void* block);

// The misuse handler of pools whose context is their object.
template <class Pool>
void OnMisuse(const MisuseReport& report) {
  TellMisuse(report.kind, report.pool_name,
             static_cast<const Object<Pool>*>(report.context)->id, report.block);
}

}  // namespace corepool::zephyr

#endif  // COREPOOL_C_COMPAT_ZEPHYR_OBJECTS_H_
