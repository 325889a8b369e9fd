#include "corepool/c/version.h"

#include "corepool/config.h"

const char* corepool_version(void) { return COREPOOL_VERSION; }

int corepool_c_abi_matches(unsigned int major, unsigned int minor) {
  const unsigned int newest = COREPOOL_C_ABI_MINOR;
  return major == COREPOOL_C_ABI_MAJOR && minor <= newest;
}
