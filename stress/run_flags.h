// What `run` and `soak` share of their flags.

#ifndef COREPOOL_STRESS_RUN_FLAGS_H_
#define COREPOOL_STRESS_RUN_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/flags/declare.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "stress/run_record.h"
#include "stress/session.h"

// For commands to which they mean something else.
ABSL_DECLARE_FLAG(std::optional<absl::Duration>, duration);
ABSL_DECLARE_FLAG(std::uint64_t, ops);

namespace corepool::stress {

// --duration, `usual` if neither that nor --ops is given, and --ops.
absl::StatusOr<Bounds> BoundsFromFlags(absl::Duration usual);

// Both, to the configuration.
void AddBounds(const Bounds& bounds, RunRecord& record);

// For --help: flags of the load, gates, outputs and progress.
std::string SharedHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_RUN_FLAGS_H_
