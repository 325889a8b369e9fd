#include "stress/nearest.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace corepool::stress {

// Source: the optimal string alignment distance, by dynamic programming over rows.
int Typos(std::string_view one, std::string_view other) {
  const std::size_t width = other.size() + 1;
  std::vector<int> before_last(width);
  std::vector<int> last(width);
  std::vector<int> row(width);
  for (std::size_t j = 0; j < width; ++j) row[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= one.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j < width; ++j) {
      const bool same = one[i - 1] == other[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row.back();
}

std::vector<std::string> Nearest(std::string_view word,
                                 const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 3;
  const int tolerated = std::max(1, static_cast<int>(word.size()) / 3);
  // With its place among the names, which decides between equals.
  std::vector<std::pair<int, std::size_t>> near;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const int typos = Typos(word, names[i]);
    const bool part = word.size() >= 3 && names[i].find(word) != std::string::npos;
    if (part) {
      near.emplace_back(0, i);
    } else if (typos <= tolerated) {
      near.emplace_back(typos, i);
    }
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> nearest;
  for (const auto& [typos, place] : near) {
    if (nearest.size() < kMost) nearest.push_back(names[place]);
  }
  return nearest;
}

std::string UnknownWord(std::string_view kind, std::string_view word,
                        const std::vector<std::string>& names) {
  const std::vector<std::string> near = Nearest(word, names);
  const std::string unknown =
      absl::StrFormat("unknown %s '%s'; ", std::string(kind), std::string(word));
  return near.empty()
             ? absl::StrCat(unknown, "there is: ", absl::StrJoin(names, ", "))
             : absl::StrCat(unknown, "did you mean ", absl::StrJoin(near, " or "), "?");
}

}  // namespace corepool::stress
