#!/usr/bin/env python3
"""Checks the rules of lib/README.md that a compiler does not.

    check_layers.py ROOT [--self_test]

Prints FILE:LINE: and what is wrong there, and ends with 1 if anything is.
"""

import pathlib
import re
import sys
import tempfile

# A file includes its own layer and those before it; c/ nothing of hosted/ and engine/.
LAYERS = ("config", "base", "port", "lockfree", "vocabulary", "engine", "public",
          "hosted", "c", "compat")
NOT_FOR_C = ("engine", "hosted")
VOCABULARY = ("error.h", "error.cc", "hooks.h", "misuse.h", "misuse.cc", "options.h",
              "dynamic_pool_options.h", "multi_pool_options.h", "quad_pool_options.h",
              "stats.h", "wait_port.h")
CORE = tuple(layer for layer in LAYERS if layer not in ("hosted", "compat"))

# The parts of ports that talk to an operating system.
SYSTEM = ("annotate_valgrind.h", "halt.cc", "masked.cc", "yield.cc", "cores_linux.h",
          "cores_linux.cc", "cores_linux_x86_64.h", "fence.cc", "futex.cc", "membarrier_linux.h",
          "trace_usdt.h")
FREESTANDING = {"atomic", "bit", "compare", "concepts", "cstddef", "cstdint", "limits",
                "new", "span", "type_traits", "utility"}
# For C's own headers, which know no others.
FREESTANDING_C = {"stdalign.h", "stdbool.h", "stddef.h", "stdint.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
PLATFORM = re.compile(r"^\s*#\s*(if|elif|ifdef|ifndef)\b.*\b("
                      r"__(x86_64|i386|arm|aarch64|riscv|ARM)\w*|__linux__|__unix__|"
                      r"__APPLE__|_WIN32|__STDC_HOSTED__|__GNUC__|__clang__)")
DEFINE = re.compile(r"^\s*#\s*define\s+(\w+)")
ASM = re.compile(r"\b(asm|__asm__)\b\s*(volatile)?\s*\(")
ATOMIC_ACCESS = re.compile(r"[.>](load|store|exchange|fetch_\w+|compare_exchange_\w+)\(")
ORDER = re.compile(r"kRelaxed|kAcquire|kRelease|kAcqRel|kSeqCst|memory_order|\border\b")
BANNED = (("std::atomic_ref", "not in the model checkers' dialect"),
          ("__int128", "no 16-byte compare-and-swap"),
          ("cmpxchg16b", "no 16-byte compare-and-swap"))
MOST_LINES = 600


def layer_of(path):
    """The layer of lib/corepool/..., or None for what is not in the library."""
    parts = path.parts
    if parts[:2] != ("lib", "corepool") or path.suffix not in (".h", ".cc", ".inc"):
        return None
    if len(parts) == 3:
        if parts[2] == "config.h":
            return "config"
        return "vocabulary" if parts[2] in VOCABULARY else "public"
    # What stands in for other systems' headers has these beside it.
    return "compat" if parts[2:4] == ("c", "compat") else parts[2]


def check_include(path, layer, quote, name, complain):
    if quote == "<":
        if layer == "c" and name in FREESTANDING_C:
            return
        if layer in CORE and name not in FREESTANDING and path.name not in SYSTEM:
            complain(f"<{name}> is not for a core without an operating system")
        return
    included = pathlib.PurePosixPath("lib") / name
    other = layer_of(included) if name.startswith("corepool/") else None
    if layer is None:
        top = path.parts[0]
        if other not in (None, "config", "vocabulary", "public", "hosted", "c",
                             "compat"):
            if top in ("stress", "bench", "docs"):
                complain(f"{top}/ sees public headers only, not {name}")
        return
    if other is None:
        if layer in CORE:
            complain(f"the core depends on nothing, not on {name}")
    elif other not in LAYERS:
        complain(f"{name} is in no layer")
    elif LAYERS.index(other) > LAYERS.index(layer) or (
            layer == "c" and other in NOT_FOR_C):
        complain(f"{layer} must not include {other} ({name})")


def check_file(root, path, problems):
    lines = (root / path).read_text(encoding="utf-8").splitlines()
    layer = layer_of(path)
    number = 0

    def complain(what):
        problems.append(f"{path}:{number}: {what}")

    if layer is not None and layer not in LAYERS:
        complain(f"the folder {layer} is in no layer")
        return
    if len(lines) > MOST_LINES:
        complain(f"{len(lines)} lines, more than {MOST_LINES}")
    for number, line in enumerate(lines, 1):
        code = line.split("//", 1)[0]
        match = INCLUDE.match(line)
        if match:
            check_include(path, layer, match.group(1), match.group(2), complain)
        if layer is None:
            continue
        if layer != "port":
            if PLATFORM.match(code):
                complain("CPU and OS are told apart in port/ only")
            # A name for the linker, in a header for C, is no assembly.
            if ASM.search(code) and not (layer == "compat" and path.suffix == ".h"):
                complain("assembly is for port/ only")
        match = DEFINE.match(code)
        # C has no constexpr; its macros are named as all that it sees.
        if match and layer not in ("config", "compat") and not (
                match.group(1).endswith("_H_")
                or (layer == "c" and match.group(1).startswith("COREPOOL_"))):
            complain(f"the macro {match.group(1)} belongs into config.h")
        statement = " ".join(part.split("//", 1)[0] for part in lines[number - 1:number + 3])
        if ATOMIC_ACCESS.search(code) and not ORDER.search(statement.split(";", 1)[0]):
            complain("an atomic access without a memory order")
        for word, why in BANNED:
            if word in code:
                complain(f"{word}: {why}")


def check(root):
    problems = []
    checked = 0
    for top in ("lib", "stress", "bench", "tests", "docs"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in (".h", ".cc", ".c", ".S"):
                check_file(root, file.relative_to(root), problems)
                checked += 1
    return checked, problems


def self_test():
    """Each rule must notice a file that breaks it."""
    breaking = {
        "lib/corepool/base/a.h": '#include "corepool/port/port.h"\n',
        "lib/corepool/engine/a.h": '#include "corepool/fixed_pool.h"\n',
        "lib/corepool/fixed_pool.h": "#include <string>\n",
        "lib/corepool/lockfree/a.h": '#include "absl/status/status.h"\n',
        "lib/corepool/engine/b.h": "#if defined(__linux__)\n#endif\n",
        "lib/corepool/engine/c.h": 'void F() { asm volatile("nop"); }\n',
        "lib/corepool/engine/d.h": "#define SOMETHING 1\n",
        "lib/corepool/lockfree/b.h": "int F() { return x.load(); }\n",
        "lib/corepool/lockfree/d.h": "  x.load();\n  y.load(kRelaxed);\n",
        "lib/corepool/lockfree/c.h": "std::atomic_ref<int> r(x);\n",
        "lib/corepool/misc/a.h": "\n",
        "lib/corepool/c/a.h": '#include "corepool/engine/block_pool.h"\n',
        "lib/corepool/c/b.h": "#include <stdio.h>\n",
        "lib/corepool/c/c.h": "#define SIZE 3\n",
        "lib/corepool/base/long.h": "\n" * (MOST_LINES + 1),
        "stress/a.cc": '#include "corepool/engine/block_pool.h"\n',
    }
    for name, text in breaking.items():
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, name)
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
            if not check(pathlib.Path(folder))[1]:
                return f"self-test: nothing was noticed in {name}: {text[:60]}"
    return None


def main():
    if "--self_test" in sys.argv:
        failure = self_test()
        print(failure or "self-test: every rule notices what breaks it")
        return 1 if failure else 0
    checked, problems = check(pathlib.Path(sys.argv[1]))
    for problem in problems:
        print(problem)
    print(f"{checked} files, {len(problems)} problems")
    return 1 if problems or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
