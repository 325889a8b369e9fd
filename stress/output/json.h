// Run records as JSON, for programs and for `report` and `compare`; docs/stress_json.md
// tells the form.

#ifndef COREPOOL_STRESS_OUTPUT_JSON_H_
#define COREPOOL_STRESS_OUTPUT_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "stress/run_record.h"

namespace corepool::stress {

// Grows by one when a reader of the older form could misread the newer.
inline constexpr int kJsonSchemaVersion = 2;

// Valid UTF-8, whatever bytes names have.
std::string RecordAsJson(const RunRecord& run);

// What RecordAsJson was given. Figures that follow from others (percentiles, rates, the
// verdict) are not read. Fails with kInvalidArgument and one line on what is wrong
// where: no JSON, of a newer schema, a member that is missing or makes no sense.
absl::StatusOr<RunRecord> RecordFromJson(std::string_view text);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_JSON_H_
