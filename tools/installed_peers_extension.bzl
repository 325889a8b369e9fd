"""@installed_peers for MODULE.bazel; Bazel 4.2.3 knows no module extensions."""

load(":installed_peers.bzl", "installed_peers")

installed_peers_extension = module_extension(
    implementation = lambda _ctx: installed_peers(name = "installed_peers"),
)
