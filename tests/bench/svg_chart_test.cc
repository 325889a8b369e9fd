#include "bench/peers/svg_chart.h"

#include <cstddef>
#include <regex>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace corepool::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What keeps `xml` from being well-formed, as far as charts could get it wrong; empty
// if nothing does.
std::string Malformation(const std::string& xml) {
  static const std::regex tag(R"(<(/?)([a-z]+)((?: [A-Za-z0-9-]+="[^"<&]*")*)(/?)>)");
  static const std::regex text(R"((?:[^<>&]|&(?:amp|lt|gt|quot);)*)");
  std::vector<std::string> open;
  auto from = xml.cbegin();
  for (std::sregex_iterator it(xml.begin(), xml.end(), tag), end; it != end; ++it) {
    if (!std::regex_match(from, (*it)[0].first, text)) {
      return "stray text before " + it->str();
    }
    from = (*it)[0].second;
    if ((*it)[1].length() != 0) {
      if (open.empty() || open.back() != (*it)[2]) return "unexpected " + it->str();
      open.pop_back();
    } else if ((*it)[4].length() == 0) {
      if (open.empty() && it->position() != 0) return "a second root " + it->str();
      open.push_back((*it)[2]);
    }
  }
  if (!open.empty()) return "unclosed " + open.back();
  return std::string(from, xml.cend()) == "\n" ? "" : "text behind the root";
}

std::size_t Count(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Malformation, IsFound) {
  EXPECT_EQ(Malformation("<svg a=\"1\"><g/>&amp;</svg>\n"), "");
  for (const char* const bad :
       {"<svg>\n", "</svg>\n", "<svg></g>\n", "<svg>&</svg>\n", "<svg a=1></svg>\n",
        "<svg></svg><svg></svg>\n", "<svg></svg>x\n", "<svg>a<b</svg>\n"}) {
    EXPECT_NE(Malformation(bad), "") << bad;
  }
}

TEST(SvgChart, HasABarAndTwoTextsForEachPeer) {
  const std::string svg = SvgChart("W1", {{"fast", 0.5, false, "0.50"},
                                          {"ours", 3, true, "3.00"},
                                          {"slow", 4e4, false, "40000"}});
  EXPECT_EQ(Malformation(svg), "");
  EXPECT_EQ(Count(svg, "<rect x="), 3u);
  for (const char* const text :
       {">fast<", ">ours<", ">slow<", ">0.50<", ">3.00<", ">40000<", ">W1<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_EQ(Count(svg, "font-weight=\"bold\">ours<"), 1u);
}

TEST(SvgChart, EscapesWhatXmlWouldRead) {
  const std::string svg = SvgChart("a < b & \"c\"", {{"<&>", 1, false, "&"}});
  EXPECT_EQ(Malformation(svg), "");
  EXPECT_THAT(svg, HasSubstr("a &lt; b &amp; &quot;c&quot;"));
}

TEST(SvgChart, GivesTheFastestABarToo) {
  const std::string svg = SvgChart("", {{"a", 1, false, ""}, {"b", 1, false, ""}});
  EXPECT_THAT(svg, Not(HasSubstr("width=\"0.0\"")));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(SvgChart, OfNothingIsAnEmptyChart) {
  EXPECT_EQ(Malformation(SvgChart("", {})), "");
}

}  // namespace
}  // namespace corepool::bench
