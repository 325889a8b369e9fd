#include "stress/quantity.h"

#include <cmath>
#include <string>

#include "absl/strings/numbers.h"

namespace corepool::stress {
namespace {

bool ParseScaled(std::string text, double factor, double& number) {
  if (factor != 1) text.pop_back();
  if (!absl::SimpleAtod(text, &number)) return false;
  number *= factor;
  return std::isfinite(number) && number >= 0;
}

}  // namespace

bool ParseQuantity(const std::string& text, double& quantity) {
  double factor = 1;
  if (!text.empty()) {
    if (text.back() == 'k') factor = 1e3;
    if (text.back() == 'M') factor = 1e6;
    if (text.back() == 'G') factor = 1e9;
  }
  return ParseScaled(text, factor, quantity);
}

bool ParseShare(const std::string& text, double& share) {
  return ParseScaled(text, !text.empty() && text.back() == '%' ? 0.01 : 1, share);
}

}  // namespace corepool::stress
