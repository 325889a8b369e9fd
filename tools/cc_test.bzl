"""The form that all C++ tests here share."""

load("@rules_cc//cc:defs.bzl", "cc_test")
load("//tools:copts.bzl", "COREPOOL_COPTS")

def corepool_cc_test(name, deps = [], copts_extra = [], **kwargs):
    """A GoogleTest in NAME.cc.

    Args:
      name: of the test and, with .cc, of its source.
      deps: what it tests; GoogleTest is added.
      copts_extra: more compiler options.
      **kwargs: as for cc_test.
    """
    cc_test(
        name = name,
        srcs = [name + ".cc"],
        copts = COREPOOL_COPTS + copts_extra,
        deps = deps + ["@com_google_googletest//:gtest_main"],
        **kwargs
    )
