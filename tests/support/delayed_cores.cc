#include "tests/support/delayed_cores.h"

namespace corepool::testing {

constinit SectionControls corepool_test_sections;

}  // namespace corepool::testing
