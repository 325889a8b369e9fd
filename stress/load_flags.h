// The flags of the load, which several commands share.

#ifndef COREPOOL_STRESS_LOAD_FLAGS_H_
#define COREPOOL_STRESS_LOAD_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/flags/declare.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stress/load_options.h"
#include "stress/run_record.h"

ABSL_DECLARE_FLAG(std::optional<std::uint64_t>, pool_blocks);
ABSL_DECLARE_FLAG(std::uint64_t, block_size);
ABSL_DECLARE_FLAG(std::uint64_t, seed);

namespace corepool::stress {

// What the flags ask for, or what is wrong with one of them.
absl::StatusOr<LoadOptions> LoadFromFlags();

// The words for a list of CPUs, as --pin takes it: none, spread, or 0,2-3.
absl::StatusOr<Pinning> ParsePinning(const std::string& text);
std::string PinningText(const Pinning& pin);

std::string_view CachingText(Caching caching);
std::string_view CheckingText(Checking checking);

// The flags of the load, by name, as `load` has them.
Settings LoadSettings(const LoadOptions& load);

// Those that are not at their defaults, as a command line has them; ends with a blank
// unless empty.
std::string LoadArguments(const LoadOptions& load);

// For --help.
std::string_view LoadHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_LOAD_FLAGS_H_
