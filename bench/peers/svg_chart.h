// A bar chart that every browser shows, without fonts or scripts from elsewhere.

#ifndef COREPOOL_BENCH_PEERS_SVG_CHART_H_
#define COREPOOL_BENCH_PEERS_SVG_CHART_H_

#include <string>
#include <vector>

namespace corepool::bench {

struct Bar {
  std::string label;
  double value = 0;  // greater than 0
  bool highlighted = false;
  std::string text;  // the value as it is printed
};

// Horizontal bars in the given order on a logarithmic scale: the slowest peer is often
// a thousand times as slow as the fastest.
std::string SvgChart(const std::string& title, const std::vector<Bar>& bars);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_SVG_CHART_H_
