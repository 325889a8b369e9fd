"""The memory pools and maps of an MDEF file of Zephyr's microkernel."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def mdef_pools(name, src, **kwargs):
    """A library of the pools that `src` defines, for C programs that include zephyr.h.

    Args:
      name: of the library, and of the folder of what is made: sysgen.h, kernel_main.c.
      src: the MDEF file.
      **kwargs: as for cc_library.
    """
    made = [name + "/sysgen.h", name + "/kernel_main.c"]
    native.genrule(
        name = name + "_made",
        srcs = [src],
        outs = made,
        cmd = "$(execpath //tools:mdef) $< $$(dirname $(execpath %s))" % made[0],
        tools = ["//tools:mdef"],
        visibility = ["//visibility:private"],
    )
    cc_library(
        name = name,
        srcs = [made[1]],
        hdrs = [made[0]],
        strip_include_prefix = name,
        # Nothing calls what makes the pools: it runs before main.
        alwayslink = True,
        deps = ["//lib/corepool/c/compat/zephyr"],
        **kwargs
    )
