#include "bench/peers/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace corepool::bench {
namespace {

constexpr double kWidth = 760;
constexpr double kLeft = 170;  // of the bars; labels stand before it
constexpr double kRight = 80;  // behind the longest bar, for its value
constexpr double kTop = 48;
constexpr double kPitch = 22;
constexpr double kBarHeight = 15;

std::string Escape(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

// From a little below the smallest value, so that it has a bar too, to the largest.
class LogScale {
 public:
  explicit LogScale(const std::vector<Bar>& bars) {
    const auto [least, most] = std::minmax_element(
        bars.begin(), bars.end(),
        [](const Bar& one, const Bar& other) { return one.value < other.value; });
    low_ = std::log10(least->value / 1.5);
    high_ = std::log10(most->value);
  }

  double LengthOf(double value) const {
    return (std::log10(value) - low_) / (high_ - low_) * (kWidth - kLeft - kRight);
  }
  int FirstDecade() const { return static_cast<int>(std::ceil(low_)); }
  int LastDecade() const { return static_cast<int>(std::floor(high_)); }

 private:
  double low_;
  double high_;
};

}  // namespace

std::string SvgChart(const std::string& title, const std::vector<Bar>& bars) {
  const double bottom = kTop + kPitch * static_cast<double>(bars.size());
  std::string svg = absl::StrFormat(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="#ffffff"/>
<text x="12" y="22" font-size="14" font-weight="bold">%s</text>
)",
      kWidth, bottom + 28, kWidth, bottom + 28, Escape(title));
  if (!bars.empty()) {
    const LogScale scale(bars);
    for (int decade = scale.FirstDecade(); decade <= scale.LastDecade(); ++decade) {
      const double value = std::pow(10, decade);
      const double x = kLeft + scale.LengthOf(value);
      absl::StrAppendFormat(
          &svg,
          R"(<line x1="%.1f" y1="%g" x2="%.1f" y2="%g" stroke="#d8dee4"/>
<text x="%.1f" y="%g" fill="#57606a" text-anchor="middle">%g</text>
)",
          x, kTop - 6, x, bottom, x, bottom + 16, value);
    }
    double y = kTop;
    for (const Bar& bar : bars) {
      const double length = scale.LengthOf(bar.value);
      const double baseline = y + kBarHeight - 3;
      absl::StrAppendFormat(&svg,
                            R"(<text x="%g" y="%g" text-anchor="end"%s>%s</text>
<rect x="%g" y="%g" width="%.1f" height="%g" fill="%s"/>
<text x="%.1f" y="%g">%s</text>
)",
                            kLeft - 8, baseline,
                            bar.highlighted ? " font-weight=\"bold\"" : "",
                            Escape(bar.label), kLeft, y, length, kBarHeight,
                            bar.highlighted ? "#0969da" : "#a8b3bf", kLeft + length + 6,
                            baseline, Escape(bar.text));
      y += kPitch;
    }
  }
  return svg + "</svg>\n";
}

}  // namespace corepool::bench
