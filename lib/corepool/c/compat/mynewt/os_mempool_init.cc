// os_mempool_init and os_mempool_ext_init for who has not included os_mempool.h, but
// declares them: with the default alignment, and all switches off. The header defines
// its own, which hand its switches over, so it must not be included here.

#include <cstdint>

extern "C" {

struct os_mempool;
struct os_mempool_ext;
int corepool_mynewt_init(os_mempool* mp, std::uint16_t blocks, std::uint32_t block_size,
                         void* membuf, char* name, std::uint32_t switches);
int corepool_mynewt_ext_init(os_mempool_ext* mpe, std::uint16_t blocks,
                             std::uint32_t block_size, void* membuf, char* name,
                             std::uint32_t switches);

int os_mempool_init(os_mempool* mp, std::uint16_t blocks, std::uint32_t block_size,
                    void* membuf, char* name) {
  return corepool_mynewt_init(mp, blocks, block_size, membuf, name, sizeof(void*));
}

int os_mempool_ext_init(os_mempool_ext* mpe, std::uint16_t blocks,
                        std::uint32_t block_size, void* membuf, char* name) {
  return corepool_mynewt_ext_init(mpe, blocks, block_size, membuf, name, sizeof(void*));
}

}  // extern "C"
