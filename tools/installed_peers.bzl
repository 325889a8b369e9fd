"""@installed_peers: which of the allocators that bench/peers measures are installed.

They are looked for on the compiler's default paths only, as all of Debian's packages
are, and none of them is needed to build anything else.
"""

# What must be there, and how it is linked. Archives where there are any: a call through
# the dynamic linker's table would be a handicap.
_PEERS = {
    "boost": struct(
        headers = ["boost/lockfree/stack.hpp", "boost/pool/pool.hpp"],
        libraries = [],
        linkopts = [],
    ),
    "dpdk": struct(
        headers = ["dpdk/rte_mempool.h", "x86_64-linux-gnu/dpdk/rte_config.h"],
        libraries = ["librte_eal.a", "librte_mempool_ring.a", "librte_mempool_stack.a"],
        # Handlers register themselves before main: nothing refers to them.
        linkopts = [
            "-Wl,--whole-archive",
            "-l:librte_mempool_ring.a",
            "-l:librte_mempool_stack.a",
            "-Wl,--no-whole-archive",
            "-l:librte_mempool.a",
            "-l:librte_stack.a",
            "-l:librte_ring.a",
            "-l:librte_eal.a",
            "-l:librte_telemetry.a",
            "-l:librte_kvargs.a",
            "-lbsd",
            "-lnuma",
            "-ldl",
            "-lpthread",
        ],
    ),
    "gperftools": struct(
        headers = ["gperftools/tcmalloc.h"],
        libraries = ["libtcmalloc_minimal.a"],
        linkopts = ["-l:libtcmalloc_minimal.a", "-lpthread"],
    ),
    "jemalloc": struct(
        headers = ["jemalloc/jemalloc.h"],
        libraries = ["libjemalloc.a"],
        linkopts = ["-l:libjemalloc.a", "-ldl", "-lm", "-lpthread"],
    ),
    "mimalloc": struct(
        headers = ["mimalloc.h"],
        libraries = ["libmimalloc.so"],
        linkopts = ["-lmimalloc"],
    ),
    "tbb": struct(
        headers = ["tbb/memory_pool.h", "tbb/scalable_allocator.h"],
        libraries = ["libtbb.so", "libtbbmalloc.so"],
        linkopts = ["-ltbb", "-ltbbmalloc"],
    ),
}

_LIBRARY_FOLDERS = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib",
]

_LIBRARY = """
cc_library(
    name = "{name}",
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
"""

def _is_installed(ctx, peer):
    for header in peer.headers:
        if not ctx.path("/usr/include/" + header).exists:
            return False
    for library in peer.libraries:
        if not [f for f in _LIBRARY_FOLDERS if ctx.path(f + "/" + library).exists]:
            return False
    return True

def _installed_peers_impl(ctx):
    installed = [name for name, peer in _PEERS.items() if _is_installed(ctx, peer)]
    ctx.file("installed.bzl", "INSTALLED_PEERS = {}\n".format(repr(installed)))
    ctx.file("BUILD.bazel", "".join([
        _LIBRARY.format(name = name, linkopts = repr(_PEERS[name].linkopts))
        for name in installed
    ]))

# `bazel sync --configure` looks again, after something was installed.
installed_peers = repository_rule(
    implementation = _installed_peers_impl,
    configure = True,
    local = True,
)
