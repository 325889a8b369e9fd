"""The ways in which corepool-stress is built to be wrong (stress/sabotage.h)."""

SABOTAGES = {
    "double_hand_out": "COREPOOL_SABOTAGE_DOUBLE=1",
    "lost_link": "COREPOOL_SABOTAGE_LINK=1",
    "missing_fence": "COREPOOL_SABOTAGE_FENCE=1",
    "no_help": "COREPOOL_SABOTAGE_HELP=1",
    "no_second_look": "COREPOOL_SABOTAGE_WAIT=1",
    "overlent_reserve": "COREPOOL_SABOTAGE_LOANS=1",
    "single_look": "COREPOOL_SABOTAGE_COLLECT=1",
    "stale_statistics": "COREPOOL_SABOTAGE_STATISTICS=1",
    "two_tag_bits": "COREPOOL_SABOTAGE_TAG_BITS=2",
}
