"""Compiler options of our own code; -Werror comes from .bazelrc, for us alone."""

COREPOOL_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wshadow",
]

# The core needs neither, and firmware has neither.
COREPOOL_CORE_COPTS = COREPOOL_COPTS + [
    "-fno-exceptions",
    "-fno-rtti",
]
