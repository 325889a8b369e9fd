"""The form that all libraries of the core share."""

load("@rules_cc//cc:defs.bzl", "cc_library")
load("//tools:copts.bzl", "COREPOOL_CORE_COPTS")

def core_library(name, **kwargs):
    """A cc_library whose headers are included from lib/ on.

    Args:
      name: of the library.
      **kwargs: as for cc_library.
    """
    cc_library(
        name = name,
        copts = COREPOOL_CORE_COPTS,
        # Unlike includes, it keeps our own headers under our own warnings.
        strip_include_prefix = "/lib",
        **kwargs
    )
