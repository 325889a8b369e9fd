// Drawings inside HTML: colours are the page's, by class, so that it can be dark or
// printed.

#ifndef COREPOOL_STRESS_OUTPUT_SVG_H_
#define COREPOOL_STRESS_OUTPUT_SVG_H_

#include <cstddef>
#include <string>
#include <vector>

namespace corepool::stress {

// `text` between tags or in quotes: valid UTF-8, no control characters.
std::string Escaped(const std::string& text);

// How many line styles (colour and dashes) tell series apart, classes s0, s1, ...
inline constexpr std::size_t kLineStyles = 12;

struct Tick {
  double value;
  std::string label;  // "": a line only
};

// From values to places on paper.
class Scale {
 public:
  static Scale Linear(double from, double to, double begin, double end);
  // Both ends are positive; at least a decade is shown.
  static Scale Log(double from, double to, double begin, double end);

  double At(double value) const;  // kept between the ends
  double from() const { return from_; }
  double to() const { return to_; }

  // Five or so round numbers, with the text that `label` makes of each.
  std::vector<Tick> LinearTicks(std::string (*label)(double)) const;
  // Decades, with 2 and 5 in between if there are few.
  std::vector<Tick> LogTicks(std::string (*label)(double)) const;

 private:
  bool log_ = false;
  double from_ = 0;
  double to_ = 1;
  double begin_ = 0;
  double end_ = 1;
};

// A plot of a fixed size with a frame for curves.
class Drawing {
 public:
  static constexpr double kWidth = 640;
  static constexpr double kHeight = 330;
  static constexpr double kLeft = 66;
  static constexpr double kRight = 626;
  static constexpr double kTop = 16;
  static constexpr double kBottom = 262;

  void Line(double x1, double y1, double x2, double y2, const char* style);
  void Text(double x, double y, const char* style, const std::string& text);
  // `width` of the line; 0: as the style has it.
  void Path(const std::string& d, const std::string& style, double width = 0);

  // Grid lines and labels, then the frame.
  void XAxis(const Scale& scale, const std::vector<Tick>& ticks,
             const std::string& title);
  void YAxis(const Scale& scale, const std::vector<Tick>& ticks,
             const std::string& title);

  // Samples of line styles and what they stand for, below the plot.
  void Legend(const std::vector<std::string>& names);

  void NoData();

  // `title` is for those who do not see it.
  std::string Finish(const std::string& title) const;

 private:
  std::string body_;
  double height_ = kHeight;
};

// Pieces of a path: whole and relative, because there are many.
std::string MoveTo(double x, double y);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_SVG_H_
