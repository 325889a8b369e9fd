// Which way of being wrong this program was built with, to show that it notices.

#ifndef COREPOOL_STRESS_SABOTAGE_H_
#define COREPOOL_STRESS_SABOTAGE_H_

#include <string_view>

#include "corepool/config.h"

namespace corepool::stress {

// As --version tells it, and scenarios name what they must catch; empty: not sabotaged.
//   two_tag_bits      tags that come round after four changes: ABA
//   lost_link         a push that tries again leaves a stale link
//   double_hand_out   a block is handed out and stays free
//   stale_statistics  counters forget what others count at the same time
//   missing_fence     stores are not seen in time by who looks once
//   single_look       exhaustion is concluded from one look at everything
//   no_help           what a thread that stands still has begun, nobody finishes
//   overlent_reserve  reserves are lent out beyond what may be lent
//   no_second_look    who begins to wait does not look again
inline constexpr std::string_view kSabotage =
    COREPOOL_SABOTAGE_TAG_BITS != 0     ? "two_tag_bits"
    : COREPOOL_SABOTAGE_LINK != 0       ? "lost_link"
    : COREPOOL_SABOTAGE_DOUBLE != 0     ? "double_hand_out"
    : COREPOOL_SABOTAGE_STATISTICS != 0 ? "stale_statistics"
    : COREPOOL_SABOTAGE_FENCE != 0      ? "missing_fence"
    : COREPOOL_SABOTAGE_COLLECT != 0    ? "single_look"
    : COREPOOL_SABOTAGE_HELP != 0       ? "no_help"
    : COREPOOL_SABOTAGE_LOANS != 0      ? "overlent_reserve"
    : COREPOOL_SABOTAGE_WAIT != 0       ? "no_second_look"
                                        : "";

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SABOTAGE_H_
