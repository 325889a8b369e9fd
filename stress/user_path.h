// File names as the user means them.

#ifndef COREPOOL_STRESS_USER_PATH_H_
#define COREPOOL_STRESS_USER_PATH_H_

#include <string>

namespace corepool::stress {

// `path` seen from where the user stands: `bazel run` starts programs elsewhere,
// and says where it was called. "-" stays "-".
std::string UserPath(const std::string& path);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_USER_PATH_H_
