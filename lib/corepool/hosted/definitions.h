// Pools defined in text, as the system files of some kernels do:
//
//   % name     min   max   n
//   POOL  frames   64    1024  5   % blocks of 64, 256 and 1024 bytes
//   % name     size  n
//   FIXED messages 0x20  100
//
// A line defines one pool, or none. Words are separated by blanks or tabs; from `%` to
// the end of its line everything is comment; lines may end with CR LF. POOL and FIXED
// are written like that. A name is a C identifier (letters, digits and underscores; no
// digit first) and different from all others of the text. Numbers are decimal, or
// hexadecimal behind 0x.

#ifndef COREPOOL_HOSTED_DEFINITIONS_H_
#define COREPOOL_HOSTED_DEFINITIONS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "corepool/fixed_pool.h"
#include "corepool/hosted/owned_fixed_pool.h"
#include "corepool/hosted/owned_quad_pool.h"
#include "corepool/quad_pool.h"

namespace corepool::hosted {

// POOL name min max n: a QuadPool that splits into four.
struct QuadPoolDefinition {
  std::string name;
  std::size_t min_block_size = 0;  // in bytes, as all sizes
  std::size_t max_block_size = 0;  // min_block_size times a power of 4
  std::size_t block_count = 0;     // of the largest blocks; 0: always exhausted
};

// FIXED name size n: a FixedPool.
struct FixedPoolDefinition {
  std::string name;
  std::size_t block_size = 0;
  std::size_t block_count = 0;
};

// In the order of the text.
struct Definitions {
  std::vector<QuadPoolDefinition> quad_pools;
  std::vector<FixedPoolDefinition> fixed_pools;
};

// Most errors that ParseDefinitions tells one by one; how many more there are is told
// in a last line.
inline constexpr std::size_t kMostDefinitionErrors = 20;

// What `text` defines: pools that Init will accept if there is memory for them. Else
// kInvalidArgument, with a line of the message for each error:
//   line 7: POOL frames: max 1000 is not min 64 times a power of 4; nearest: 256, 1024
// Any text will do; whatever is quoted from it is escaped, and cut off if it is long.
// [threads; blocking; O(length * log(pools))]
absl::StatusOr<Definitions> ParseDefinitions(std::string_view text);

// Pools by name. They, and their memory, go with it; Deinit a pool before to be told of
// blocks that are still allocated.
class DefinedPools {
 public:
  // nullptr if there is none of that kind with that name. The pool stays where it is
  // when a DefinedPools is moved. [threads; wait-free; O(log(pools))]
  QuadPool* FindQuadPool(std::string_view name) const;
  FixedPool* FindFixedPool(std::string_view name) const;

 private:
  friend absl::StatusOr<DefinedPools> CreatePools(const Definitions& definitions);

  std::map<std::string, OwnedQuadPool, std::less<>> quad_pools_;
  std::map<std::string, OwnedFixedPool, std::less<>> fixed_pools_;
};

// Creates all of these pools, each with its name, or none. Errors are those of
// CreateQuadPool and CreateFixedPool with the pool's name in front, and
// kInvalidArgument if two pools have one name.
// [threads; blocking; O(bytes of bookkeeping)]
absl::StatusOr<DefinedPools> CreatePools(const Definitions& definitions);

}  // namespace corepool::hosted

#endif  // COREPOOL_HOSTED_DEFINITIONS_H_
