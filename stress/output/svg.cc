#include "stress/output/svg.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace corepool::stress {
namespace {

// Bytes of the valid UTF-8 character that begins at `at`; 0: none does.
std::size_t CharacterLength(const std::string& text, std::size_t at) {
  const auto byte = [&text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first < 0xE0   ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool bad = (first == 0xE0 && second < 0xA0) ||
                   (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

}  // namespace

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = CharacterLength(text, at);
    const char character = text[at];
    if (length == 0 || (length == 1 && static_cast<unsigned char>(character) < 0x20) ||
        character == 0x7F) {
      escaped += length == 0 ? '?' : ' ';
    } else if (character == '&') {
      escaped += "&amp;";
    } else if (character == '<') {
      escaped += "&lt;";
    } else if (character == '>') {
      escaped += "&gt;";
    } else if (character == '"') {
      escaped += "&quot;";
    } else {
      escaped.append(text, at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return escaped;
}

Scale Scale::Linear(double from, double to, double begin, double end) {
  Scale scale;
  scale.from_ = from;
  scale.to_ = to > from ? to : from + 1;
  scale.begin_ = begin;
  scale.end_ = end;
  return scale;
}

Scale Scale::Log(double from, double to, double begin, double end) {
  Scale scale;
  scale.log_ = true;
  scale.from_ = from;
  scale.to_ = std::max(to, from * 10);
  scale.begin_ = begin;
  scale.end_ = end;
  return scale;
}

double Scale::At(double value) const {
  const double kept = std::clamp(value, from_, to_);
  const double part = log_ ? std::log(kept / from_) / std::log(to_ / from_)
                           : (kept - from_) / (to_ - from_);
  return begin_ + part * (end_ - begin_);
}

std::vector<Tick> Scale::LinearTicks(std::string (*label)(double)) const {
  const double rough = (to_ - from_) / 5;
  double step = std::pow(10, std::floor(std::log10(rough)));
  if (rough / step >= 5) {
    step *= 5;
  } else if (rough / step >= 2) {
    step *= 2;
  }
  std::vector<Tick> ticks;
  for (double i = std::ceil(from_ / step); i * step <= to_ * (1 + 1e-9); ++i) {
    ticks.push_back({i * step, label(i * step)});
  }
  return ticks;
}

std::vector<Tick> Scale::LogTicks(std::string (*label)(double)) const {
  const double decades = std::log10(to_ / from_);
  std::vector<Tick> ticks;
  const int first = static_cast<int>(std::floor(std::log10(from_)));
  const int last = static_cast<int>(std::ceil(std::log10(to_)));
  for (int decade = first; decade <= last; ++decade) {
    for (const int digit : {1, 2, 5}) {
      const double value = digit * std::pow(10, decade);
      if (value < from_ * 0.999 || value > to_ * 1.001) continue;
      const bool labelled = digit == 1 || decades < 2.5;
      if (!labelled && decades > 6) continue;
      ticks.push_back({value, labelled ? label(value) : ""});
    }
  }
  return ticks;
}

void Drawing::Line(double x1, double y1, double x2, double y2, const char* style) {
  absl::StrAppendFormat(&body_,
                        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                        "y2=\"%.1f\"/>\n",
                        style, x1, y1, x2, y2);
}

void Drawing::Text(double x, double y, const char* style, const std::string& text) {
  absl::StrAppendFormat(&body_, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                        style, x, y, Escaped(text));
}

void Drawing::Path(const std::string& d, const std::string& style, double width) {
  if (d.empty()) return;
  absl::StrAppend(&body_, "<path class=\"", style, "\"");
  if (width > 0) absl::StrAppend(&body_, " stroke-width=\"", width, "\"");
  absl::StrAppend(&body_, " d=\"", d, "\"/>\n");
}

void Drawing::XAxis(const Scale& scale, const std::vector<Tick>& ticks,
                    const std::string& title) {
  double free_from = 0;
  for (const Tick& tick : ticks) {
    const double x = scale.At(tick.value);
    Line(x, kTop, x, kBottom, "grid");
    const double half = 3.5 * static_cast<double>(tick.label.size()) + 2;
    if (tick.label.empty() || x - half < free_from) continue;
    Text(x, kBottom + 16, "mid", tick.label);
    free_from = x + half;
  }
  Text((kLeft + kRight) / 2, kBottom + 34, "mid title", title);
}

void Drawing::YAxis(const Scale& scale, const std::vector<Tick>& ticks,
                    const std::string& title) {
  for (const Tick& tick : ticks) {
    const double y = scale.At(tick.value);
    Line(kLeft, y, kRight, y, "grid");
    if (!tick.label.empty()) Text(kLeft - 6, y + 4, "end", tick.label);
  }
  absl::StrAppendFormat(&body_,
                        "<text class=\"mid title\" transform=\"translate(13 %.0f) "
                        "rotate(-90)\">%s</text>\n",
                        (kTop + kBottom) / 2, Escaped(title));
  Path(absl::StrFormat("M%.0f %.0fV%.0fH%.0f", kLeft, kTop, kBottom, kRight), "frame");
}

void Drawing::Legend(const std::vector<std::string>& names) {
  constexpr double kPitch = 16;
  std::size_t longest = 1;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  const double width = 40 + 6.3 * static_cast<double>(longest);
  const auto columns =
      std::max<std::size_t>(1, static_cast<std::size_t>((kRight - kLeft + 40) / width));
  double y = kBottom + 56;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double x = kLeft - 30 + static_cast<double>(i % columns) * width;
    if (i != 0 && i % columns == 0) y += kPitch;
    Path(absl::StrFormat("M%.0f %.0fh26", x, y - 4),
         absl::StrCat("line s", i % kLineStyles));
    Text(x + 31, y, "key", names[i]);
  }
  height_ = std::max(height_, y + 10);
}

void Drawing::NoData() {
  Text((kLeft + kRight) / 2, (kTop + kBottom) / 2, "mid none", "nothing was recorded");
}

std::string Drawing::Finish(const std::string& title) const {
  return absl::StrFormat(
      "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">\n%s</svg>\n",
      kWidth, height_, Escaped(title), body_);
}

std::string MoveTo(double x, double y) {
  return absl::StrCat("M", std::lround(x), " ", std::lround(y));
}

}  // namespace corepool::stress
