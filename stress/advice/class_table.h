// The classes of a MultiPool as text.

#ifndef COREPOOL_STRESS_ADVICE_CLASS_TABLE_H_
#define COREPOOL_STRESS_ADVICE_CLASS_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "corepool/multi_pool_options.h"

namespace corepool::stress {

// By ascending block size, each size once.
using ClassTable = std::vector<SizeClassOptions>;

// What a flag says: classes such as "64x100,128x20" (100 blocks of 64 bytes, ...), or
// the name of a file that holds that, or definitions (hosted/definitions.h), of which
// the names do not matter.
absl::StatusOr<ClassTable> ClassTableFromFlag(const std::string& flag,
                                              const std::string& value);

// The same for text; messages begin with `shown_as`.
absl::StatusOr<ClassTable> ParseClassTable(std::string_view text,
                                           const std::string& shown_as);

// "64x100,128x20".
std::string ClassTableAsFlag(const ClassTable& table);

// "FIXED trace_64 64 100" and so on, a line for each.
std::string ClassTableAsDefinitions(const ClassTable& table);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_ADVICE_CLASS_TABLE_H_
