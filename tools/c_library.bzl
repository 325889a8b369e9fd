"""Libraries with a C interface, which C programs link without a C++ library."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_LINK_STATIC_LIBRARY_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load("//tools:copts.bzl", "COREPOOL_CORE_COPTS")

# Bazel's own choice of a frame for each function costs as much as the shortest of them.
# Programs in C may pass any number for an enumerator.
_COPTS = COREPOOL_CORE_COPTS + [
    "-fomit-frame-pointer",
    "-fno-sanitize=enum",
]

def corepool_c_library(
        name,
        srcs,
        hdrs,
        exported = ["corepool_*"],
        deps = [],
        copts = [],
        strip_include_prefix = "/lib",
        visibility = None,
        **kwargs):
    """A library written in C++, for C. Besides the cc_library NAME it makes:

      shared/libNAME.so shows the functions of `srcs` that `exported` says, and is
                        linked with all else it needs but libc
      static/libNAME.a  all of it in one archive, for a C program's link line
      NAME_symbols_test that the former shows these only, and that neither it nor the
                        archive wants anything of a C++ library

    Args:
      name: of the library.
      srcs: its sources; code that C calls must be in these, not in `deps`.
      hdrs: its headers.
      exported: what the shared library shows, as the linker's patterns: "os_*".
      deps: C++ libraries, corepool's own.
      copts: more compiler options.
      strip_include_prefix: folder that its headers are included from, "/lib" or, for
        headers in a place of their own, such as "include".
      visibility: of all of it.
      **kwargs: as for cc_library.
    """
    cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        copts = _COPTS + copts,
        strip_include_prefix = strip_include_prefix,
        visibility = visibility,
        deps = deps,
        **kwargs
    )

    # For programs that are compiled outside of Bazel.
    native.filegroup(
        name = name + "_headers",
        srcs = hdrs,
        visibility = visibility,
    )

    # The cc_library's own files have these names in this package.
    shared = "shared/lib%s.so" % name
    archive = "static/lib%s.a" % name
    version_script = name + ".lds"
    native.genrule(
        name = name + "_version_script",
        outs = [version_script],
        cmd = "echo '{ global: %s local: *; };' > $@" %
              " ".join([pattern + ";" for pattern in exported]),
        visibility = ["//visibility:private"],
    )

    # Sources once more, so that all their functions are in it, called or not.
    # --as-needed drops the C++ library, which Bazel puts at the end of the line.
    cc_binary(
        name = shared,
        srcs = srcs,
        copts = _COPTS + copts,
        additional_linker_inputs = [version_script],
        linkopts = [
            "-Wl,--version-script=$(location %s)" % version_script,
            "-Wl,-soname=lib%s.so" % name,
            "-Wl,--as-needed",
        ],
        linkshared = True,
        visibility = visibility,
        deps = [name] + deps,
    )

    c_archive(
        name = name + "_archive",
        out = archive,
        library = name,
        visibility = visibility,
    )

    native.sh_test(
        name = name + "_symbols_test",
        size = "small",
        srcs = ["//tools:c_symbols_test.sh"],
        args = [
            "$(rootpath %s)" % shared,
            "$(rootpath %s)" % archive,
        ] + ["'%s'" % pattern for pattern in exported],
        data = [shared, archive],
        # Sanitizers bring symbols of their own.
        tags = ["no_sanitizer"],
    )

def corepool_c_link_test(name, library, srcs, includes = [], hdrs = [], copts = [], **kwargs):
    """Links a program with the C compiler alone, statically and dynamically; runs both.

    Args:
      name: of the test.
      library: label of a corepool_c_library.
      srcs: of the program, C11; warnings are errors.
      includes: folders, seen from the workspace, that headers are included from,
        besides lib/.
      hdrs: labels of headers that `srcs` include, besides the library's.
      copts: more options of the compiler, such as another -std.
      **kwargs: as for sh_test.
    """
    if ":" not in library:
        library += ":" + library.rpartition("/")[2]
    package, _, short = library.rpartition(":")
    archive = "%s:static/lib%s.a" % (package, short)
    shared = "%s:shared/lib%s.so" % (package, short)
    headers = library + "_headers"
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//tools:c_link_test.sh"],
        args = [
                   "$(rootpath %s)" % archive,
                   "$(rootpath %s)" % shared,
               ] + ["-I" + folder for folder in includes] + copts +
               ["$(rootpaths %s)" % source for source in srcs],
        data = [archive, shared, headers] + srcs + hdrs,
        tags = ["no_sanitizer"],
        **kwargs
    )

def _c_archive_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    archiver = cc_common.get_tool_for_action(
        feature_configuration = features,
        action_name = CPP_LINK_STATIC_LIBRARY_ACTION_NAME,
    )
    parts = []
    for linker_input in ctx.attr.library[CcInfo].linking_context.linker_inputs.to_list():
        for library in linker_input.libraries:
            # Compilers make position-independent programs of either, and the former is
            # quicker.
            part = library.static_library or library.pic_static_library
            if part:
                parts.append(part)
    script = ctx.actions.declare_file(ctx.label.name + ".mri")
    ctx.actions.write(script, "\n".join(
        ["create " + ctx.outputs.out.path] +
        ["addlib " + part.path for part in parts] +
        ["save", "end", ""],
    ))
    ctx.actions.run_shell(
        inputs = depset(parts + [script], transitive = [toolchain.all_files]),
        outputs = [ctx.outputs.out],
        command = "%s -M < %s" % (archiver, script.path),
        mnemonic = "CArchive",
    )
    return [DefaultInfo(files = depset([ctx.outputs.out]))]

c_archive = rule(
    doc = "One archive of a library and of all that it depends on.",
    implementation = _c_archive_impl,
    attrs = {
        "library": attr.label(mandatory = True, providers = [CcInfo]),
        "out": attr.output(mandatory = True),
        "_cc_toolchain": attr.label(
            default = Label("@bazel_tools//tools/cpp:current_cc_toolchain"),
        ),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
