// What many slices of the same come down to.

#ifndef COREPOOL_BENCH_PEERS_STATISTICS_H_
#define COREPOOL_BENCH_PEERS_STATISTICS_H_

#include <vector>

namespace corepool::bench {

struct Summary {
  double min = 0;
  double p25 = 0;
  double median = 0;
  double max = 0;
};

// The value below which the fraction `q` of all values lie, interpolated between the
// two nearest (R's type 7, NumPy's default). `sorted` must be so, and not empty.
double Quantile(const std::vector<double>& sorted, double q);

// All zeros of nothing.
Summary Summarize(std::vector<double> values);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_STATISTICS_H_
