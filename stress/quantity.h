// Numbers as flags have them.

#ifndef COREPOOL_STRESS_QUANTITY_H_
#define COREPOOL_STRESS_QUANTITY_H_

#include <string>

namespace corepool::stress {

// "250000", "250k", "1.5M", "2G": finite and not negative. False if `text` is none.
bool ParseQuantity(const std::string& text, double& quantity);

// "10%" and "0.1" are both a tenth. Finite and not negative. False if `text` is none.
bool ParseShare(const std::string& text, double& share);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_QUANTITY_H_
