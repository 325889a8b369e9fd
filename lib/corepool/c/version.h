// Which corepool this is, for programs in C.

#ifndef COREPOOL_C_VERSION_H_
#define COREPOOL_C_VERSION_H_

// The binary interface: what tools/c_abi.py describes in docs/c_abi.txt. A program
// works with every library of the same MAJOR and of its own MINOR or a later one: a new
// MINOR has added something, a new MAJOR has changed or removed something.
#define COREPOOL_C_ABI_MAJOR 1
#define COREPOOL_C_ABI_MINOR 0

#ifdef __cplusplus
extern "C" {
#endif

// COREPOOL_VERSION of the library that the program runs with.
// [any; wait-free; O(1)]
const char* corepool_version(void);

// Whether that library has the interface that the caller was compiled with. Give it
// COREPOOL_C_ABI_MAJOR and COREPOOL_C_ABI_MINOR. [any; wait-free; O(1)]
int corepool_c_abi_matches(unsigned int major, unsigned int minor);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_VERSION_H_
