// The percentiles that every output tells.

#ifndef COREPOOL_STRESS_OUTPUT_LADDER_H_
#define COREPOOL_STRESS_OUTPUT_LADDER_H_

#include <array>

namespace corepool::stress {

struct Rung {
  double percentile;
  const char* label;     // for people
  const char* key;       // for programs
  const char* quantile;  // for Prometheus
};

inline constexpr std::array<Rung, 5> kLadder = {{
    {50, "p50", "p50", "0.5"},
    {90, "p90", "p90", "0.9"},
    {99, "p99", "p99", "0.99"},
    {99.9, "p99.9", "p999", "0.999"},
    {99.99, "p99.99", "p9999", "0.9999"},
}};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_LADDER_H_
