// How an object of C holds one of C++.

#ifndef COREPOOL_C_INTERNAL_BOX_H_
#define COREPOOL_C_INTERNAL_BOX_H_

#include <cstddef>
#include <new>

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
    if (handle->opaque[kMadeAt] == 0) [[unlikely]]
      return None();
    return *std::launder(reinterpret_cast<Object*>(handle->opaque));
  }
  COREPOOL_INLINE static const Object& Of(const Handle* handle) {
    if (handle->opaque[kMadeAt] == 0) [[unlikely]]
      return None();
    return *std::launder(reinterpret_cast<const Object*>(handle->opaque));
  }

  static bool IsMade(const Handle* handle) { return handle->opaque[kMadeAt] != 0; }

  // Not concurrently with anything.
  template <class... Arguments>
  static Object& Make(Handle* handle, Arguments... arguments) {
    if (!IsMade(handle)) {
      new (handle->opaque) Object(arguments...);
      new (handle->opaque + kRestAt) Rest;
      handle->opaque[kMadeAt] = 1;
    }
    return Of(handle);
  }
  static void Unmake(Handle* handle) {
    Of(handle).~Object();
    handle->opaque[kMadeAt] = 0;
  }
  static Rest& RestOf(Handle* handle) {
    return *std::launder(reinterpret_cast<Rest*>(handle->opaque + kRestAt));
  }

 private:
  static constexpr std::size_t kRestAt =
      (sizeof(Object) + alignof(Rest) - 1) / alignof(Rest) * alignof(Rest);
  static constexpr std::size_t kMadeAt = kRestAt + sizeof(Rest);
  static_assert(sizeof(Handle) > kMadeAt, "storage.h: too small");
  static_assert(sizeof(Handle) <= 2 * kMadeAt + 128, "storage.h: larger than need be");
  static_assert(alignof(Handle) >= alignof(Object) && alignof(Object) >= alignof(Rest),
                "storage.h: not aligned enough");

  COREPOOL_COLD static Object& None() {
    static constinit Object none;
    return none;
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

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_BOX_H_
