// The list of pools.

#include <cstdint>

#include "corepool/c/compat/mynewt/pool_table.h"
#include "os/os_mempool.h"

using corepool::c::mynewt::PoolTable;

extern "C" {

os_error_t os_mempool_unregister(os_mempool* mp) {
  return PoolTable::Unlist(mp) ? OS_OK : OS_INVALID_PARM;
}

os_mempool* os_mempool_info_get_next(os_mempool* mp, os_mempool_info* info) {
  return PoolTable::Next(mp, info);
}

os_mempool* os_mempool_get(const char* mempool_name, os_mempool_info* info) {
  return PoolTable::Find(mempool_name, info);
}

void os_mempool_module_init(void) { PoolTable::UnlistAll(); }

}  // extern "C"
