// Flags of the commands that run scenarios.

#ifndef COREPOOL_STRESS_RUN_FLAGS_H_
#define COREPOOL_STRESS_RUN_FLAGS_H_

#include <cstdint>
#include <optional>

#include "absl/flags/declare.h"
#include "absl/time/time.h"

ABSL_DECLARE_FLAG(std::optional<absl::Duration>, duration);
ABSL_DECLARE_FLAG(std::uint64_t, ops);

#endif  // COREPOOL_STRESS_RUN_FLAGS_H_
