// A pool of N objects of type T that constructs and destroys them:
//
//   static constinit corepool::ObjectPool<Session, 32> sessions;
//   Session* session = sessions.Create(socket);
//   sessions.Destroy(session);

#ifndef COREPOOL_OBJECT_POOL_H_
#define COREPOOL_OBJECT_POOL_H_

#include <cstddef>
#include <new>
#include <utility>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/pool_ptr.h"
#include "corepool/static_pool.h"
#include "corepool/stats.h"

namespace corepool {

// Whatever may be said of StaticPool holds for it: no memory, no Init, .bss, any
// context. What T's constructor and destructor do is the caller's part of each
// contract. Objects that are left when the program ends are not destroyed.
// [default: any; wait-free; O(1)]
template <class T, std::size_t N, Checking kChecking = Checking::kBasic,
          Caching kCaching = Caching::kAutomatic>
class ObjectPool {
 public:
  // The pool beneath, of storage.
  using Storage = StaticPool<T, N, kChecking, kCaching>;

  constexpr ObjectPool() = default;
  ObjectPool(const ObjectPool&) = delete;
  ObjectPool& operator=(const ObjectPool&) = delete;

  // A new object, constructed from the arguments, or nullptr if there is no storage,
  // and nothing was constructed. As StaticPool::Allocate. (If the constructor throws,
  // where it may, the storage is free again.)
  // [lock-free; as StaticPool::Allocate; and as T's constructor]
  template <class... Arguments>
  [[nodiscard]] COREPOOL_INLINE T* Create(Arguments&&... arguments) {
    PoolPtr<T, Storage> storage(storage_, storage_.Allocate());
    if (!storage) [[unlikely]]
      return nullptr;
    T* const object = ::new (static_cast<void*>(storage.get()))
        T(std::forward<Arguments>(arguments)...);
    (void)storage.release();
    return object;
  }
  // The same, with an owner that destroys it.
  // [lock-free; as StaticPool::Allocate; and as T's constructor]
  template <class... Arguments>
  [[nodiscard]] COREPOOL_INLINE PoolPtr<T, ObjectPool> CreateOwned(
      Arguments&&... arguments) {
    return {*this, Create(std::forward<Arguments>(arguments)...)};
  }

  // Destroys an object that Create has made, and frees its storage. nullptr does
  // nothing and is kOk. Misuse as StaticPool::Free, whose errors it returns, and then
  // nothing is destroyed: not what does not begin where an object of this pool could,
  // nor, unless checking is kOff, what has been destroyed and not created again. (Of
  // two contexts that destroy one object at the same time both run its destructor.)
  // [lock-free; as StaticPool::Free; and as T's destructor]
  COREPOOL_INLINE Error Destroy(T* object) {
    if (object != nullptr && storage_.IndexOf(object) != kNoIndex &&
        !storage_.LooksFree(object)) [[likely]] {
      object->~T();
    }
    return storage_.Free(object);
  }

  // As StaticPool's.
  [[nodiscard]] std::size_t IndexOf(const void* address) const {
    return storage_.IndexOf(address);
  }
  [[nodiscard]] T* BlockAt(std::size_t index) const { return storage_.BlockAt(index); }
  // [O(magazines)]
  [[nodiscard]] PoolStats Stats() const { return storage_.Stats(); }

  [[nodiscard]] static constexpr std::size_t capacity() { return N; }
  // For everything else that can be asked of a pool. Objects are neither constructed
  // nor destroyed by what is done to their storage.
  [[nodiscard]] Storage& storage() { return storage_; }
  [[nodiscard]] const Storage& storage() const { return storage_; }

 private:
  Storage storage_;
};

}  // namespace corepool

#endif  // COREPOOL_OBJECT_POOL_H_
