#include "bench/peers/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace corepool::bench {

double Quantile(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - std::floor(place));
}

Summary Summarize(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {.min = values.front(),
          .p25 = Quantile(values, 0.25),
          .median = Quantile(values, 0.5),
          .max = values.back()};
}

}  // namespace corepool::bench
