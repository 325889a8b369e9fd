"""The whole core, compiled once more and in another way, for tests and what they break."""

load("@rules_cc//cc:defs.bzl", "cc_library")
load("//tools:copts.bzl", "COREPOOL_COPTS")

def rebuilt_core(name, srcs = [], hdrs = [], **kwargs):
    """A cc_library of the core. Never in one program with the real one.

    Args:
      name: of the library.
      srcs: further sources.
      hdrs: further headers.
      **kwargs: as for cc_library.
    """
    cc_library(
        name = name,
        srcs = srcs + [
            "//lib/corepool:joined",
            "//lib/corepool/port:sources",
        ],
        hdrs = hdrs + ["//lib/corepool:core_headers"],
        textual_hdrs = ["//lib/corepool:joined_sources"],
        # The files' own names may hide each other's where they are one.
        copts = COREPOOL_COPTS + ["-Ilib", "-Wno-shadow"],
        **kwargs
    )
