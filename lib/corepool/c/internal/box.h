// How an object of C holds one of C++.

#ifndef COREPOOL_C_INTERNAL_BOX_H_
#define COREPOOL_C_INTERNAL_BOX_H_

#include <cstddef>
#include <new>
#include <type_traits>

#include "corepool/config.h"

namespace corepool::c {

// Specialised for each object of C: the class in it, as Object, and what else is kept
// beside that, as Rest.
template <class Handle>
struct Contents;
struct Nothing {};

// An all-zero object of C holds none of C++ yet: that is made by the first init, and
// stays. Until then, calls go to one that is nobody's and was never initialised.
template <class Handle>
class Box {
 public:
  using Object = typename Contents<Handle>::Object;
  using Rest = typename Contents<Handle>::Rest;

  // The object begins where the handle does, so that reports name the handle.
  COREPOOL_INLINE static Object& Of(Handle* handle) {
    if (!IsMade(handle)) [[unlikely]]
      return None();
    return Get(handle);
  }
  COREPOOL_INLINE static const Object& Of(const Handle* handle) {
    return Of(const_cast<Handle*>(handle));
  }

  // The object, or the all-zero bytes in its place.
  COREPOOL_INLINE static Object& Peek(Handle* handle) { return Get(handle); }

  // What use(object) returns, for classes that have a destructor.
  template <class Use>
  COREPOOL_INLINE static auto With(const Handle* handle, const Use& use) {
    if (!IsMade(handle)) [[unlikely]]
      return WithNone(use);
    // What is const here is so in the handle's function only.
    return use(Get(const_cast<Handle*>(handle)));
  }

  COREPOOL_INLINE static bool IsMade(const Handle* handle) {
    return handle->opaque[kMadeAt] != 0;
  }

  // Not concurrently with anything.
  template <class... Arguments>
  static Object& Make(Handle* handle, Arguments... arguments) {
    if (!IsMade(handle)) {
      new (handle->opaque) Object(arguments...);
      new (handle->opaque + kRestAt) Rest;
      handle->opaque[kMadeAt] = 1;
    }
    return Get(handle);
  }
  static void Unmake(Handle* handle) {
    Get(handle).~Object();
    handle->opaque[kMadeAt] = 0;
  }
  static Rest& RestOf(Handle* handle) {
    return *std::launder(reinterpret_cast<Rest*>(handle->opaque + kRestAt));
  }

 private:
  COREPOOL_INLINE static Object& Get(Handle* handle) {
    return *std::launder(reinterpret_cast<Object*>(handle->opaque));
  }

  static constexpr std::size_t kRestAt =
      (sizeof(Object) + alignof(Rest) - 1) / alignof(Rest) * alignof(Rest);
  static constexpr std::size_t kMadeAt = kRestAt + sizeof(Rest);
  static_assert(sizeof(Handle) > kMadeAt, "storage.h: too small");
  static_assert(sizeof(Handle) <= 2 * kMadeAt + 128, "storage.h: larger than need be");
  static_assert(alignof(Handle) >= alignof(Object) && alignof(Object) >= alignof(Rest),
                "storage.h: not aligned enough");

  // Nobody destroys it: that would take more than the language.
  COREPOOL_COLD static Object& None() {
    static_assert(std::is_trivially_destructible_v<Object>, "use With");
    static constinit Object none;
    return none;
  }
  template <class Use>
  COREPOOL_COLD static auto WithNone(const Use& use) {
    Object none;
    return use(none);
  }
};

template <class Handle>
COREPOOL_INLINE auto& Of(Handle* handle) {
  return Box<Handle>::Of(handle);
}
template <class Handle>
COREPOOL_INLINE const auto& Of(const Handle* handle) {
  return Box<Handle>::Of(handle);
}
template <class Handle, class Use>
COREPOOL_INLINE auto With(const Handle* handle, const Use& use) {
  return Box<Handle>::With(handle, use);
}

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_BOX_H_
