#include "corepool/c/registry.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/internal/box.h"
#include "corepool/c/internal/convert.h"
#include "corepool/c/internal/dynamic_pool_box.h"
#include "corepool/c/internal/fixed_pool_box.h"
#include "corepool/c/internal/multi_pool_box.h"
#include "corepool/c/internal/priority_pool_box.h"
#include "corepool/c/internal/quad_pool_box.h"
#include "corepool/registry.h"

namespace corepool::c {

template <>
struct Contents<corepool_registry_entry_t> {
  using Object = RegistryEntry;
  using Rest = Nothing;
};

static_assert(COREPOOL_NAME_BYTES == PoolInfo::kNameBytes);
static_assert(sizeof(RegistryCursor) <= sizeof(corepool_registry_cursor_t));

template <class Handle>
static corepool_error_t Add(corepool_registry_entry_t* entry, const char* name,
                            const Handle* pool) {
  if (!Box<Handle>::IsMade(pool)) return COREPOOL_NOT_INITIALIZED;
  return ForC(Box<corepool_registry_entry_t>::Make(entry).Register(name, Of(pool)));
}

static corepool_pool_info_t ForC(const PoolInfo& info) {
  corepool_pool_info_t result{.row = ForC(static_cast<const PoolRow&>(info)),
                              .name = {},
                              .serial = info.serial,
                              .number = info.row};
  __builtin_memcpy(result.name, info.name, sizeof(result.name));
  return result;
}

}  // namespace corepool::c

namespace c = corepool::c;

corepool_error_t corepool_registry_add_fixed_pool(corepool_registry_entry_t* entry,
                                                  const char* name,
                                                  const corepool_fixed_pool_t* pool) {
  return c::Add(entry, name, pool);
}

corepool_error_t corepool_registry_add_multi_pool(corepool_registry_entry_t* entry,
                                                  const char* name,
                                                  const corepool_multi_pool_t* pool) {
  return c::Add(entry, name, pool);
}

corepool_error_t corepool_registry_add_dynamic_pool(
    corepool_registry_entry_t* entry, const char* name,
    const corepool_dynamic_pool_t* pool) {
  return c::Add(entry, name, pool);
}

corepool_error_t corepool_registry_add_priority_pool(
    corepool_registry_entry_t* entry, const char* name,
    const corepool_priority_pool_t* pool) {
  return c::Add(entry, name, pool);
}

corepool_error_t corepool_registry_add_quad_pool(corepool_registry_entry_t* entry,
                                                 const char* name,
                                                 const corepool_quad_pool_t* pool) {
  return c::Add(entry, name, pool);
}

corepool_error_t corepool_registry_remove(corepool_registry_entry_t* entry) {
  return c::With(
      entry, [](corepool::RegistryEntry& made) { return c::ForC(made.Unregister()); });
}

bool corepool_registry_next(corepool_registry_cursor_t* cursor,
                            corepool_pool_info_t* info) {
  corepool::RegistryCursor at;
  corepool::PoolInfo found;
  __builtin_memcpy(static_cast<void*>(&at), cursor->opaque, sizeof(at));
  const bool any = corepool::NextPool(at, found);
  __builtin_memcpy(cursor->opaque, &at, sizeof(at));
  if (any) *info = c::ForC(found);
  return any;
}

bool corepool_registry_find(const char* name, corepool_pool_info_t* info, size_t row) {
  corepool::PoolInfo found;
  if (!corepool::FindPool(name, found, row)) return false;
  *info = c::ForC(found);
  return true;
}

size_t corepool_registry_count(void) { return corepool::PoolCount(); }
