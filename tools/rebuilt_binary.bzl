"""Programs that are built once more, in another way, with all that they are made of."""

def _with_copts_impl(settings, attr):
    return {
        "//command_line_option:copt": settings["//command_line_option:copt"] + attr.rebuilt_copts,
    }

_with_copts = transition(
    implementation = _with_copts_impl,
    inputs = ["//command_line_option:copt"],
    outputs = ["//command_line_option:copt"],
)

def _rebuilt_binary_impl(ctx):
    # A transition of an attribute makes it a list.
    binary = ctx.attr.binary[0]
    program = ctx.actions.declare_file(ctx.label.name)
    built = binary[DefaultInfo].files_to_run.executable

    # A copy, and alone: as a runfile the other one has the name of the binary that is
    # built in the usual way.
    ctx.actions.run_shell(
        outputs = [program],
        inputs = [built],
        command = 'cp "$1" "$2"',
        arguments = [built.path, program.path],
        mnemonic = "CopyRebuilt",
    )
    return [DefaultInfo(
        files = depset([program]),
        runfiles = ctx.runfiles([program]),
        executable = program,
    )]

rebuilt_binary = rule(
    implementation = _rebuilt_binary_impl,
    doc = "`binary` under another name, compiled with further options throughout.",
    attrs = {
        "binary": attr.label(cfg = _with_copts, executable = True, mandatory = True),
        "rebuilt_copts": attr.string_list(mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)
