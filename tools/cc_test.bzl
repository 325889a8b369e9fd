"""The form that all C++ tests here share."""

load("@rules_cc//cc:defs.bzl", "cc_test")
load("//tools:copts.bzl", "COREPOOL_COPTS")

def corepool_cc_test(name, deps = [], srcs = None, copts_extra = [], **kwargs):
    """A GoogleTest.

    Args:
      name: of the test and, with .cc, of its source.
      deps: what it tests; GoogleTest is added.
      srcs: its sources, if not NAME.cc.
      copts_extra: more compiler options.
      **kwargs: as for cc_test.
    """
    cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        copts = COREPOOL_COPTS + copts_extra,
        deps = deps + ["@com_google_googletest//:gtest_main"],
        **kwargs
    )
