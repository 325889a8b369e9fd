#!/usr/bin/env python3
"""What programs in C are compiled with, and whether it has changed.

    c_abi.py ROOT --check | --write | --self_test

--write makes docs/c_abi.txt from lib/corepool/c/*.h: the version that version.h says,
constants, and for 64-bit Linux the size and the members of each structure; and every
function. It refuses to write another description under the same version: what is only
more needs a new COREPOOL_C_ABI_MINOR, what has changed or gone a new MAJOR.

--check prints FILE:LINE: and what is wrong, and ends with 1 if anything is: a description
that differs, or a function of C++ that has no like in C.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the next import leaves nothing beside the sources
import isr_safety

DOCUMENT = "docs/c_abi.txt"
FOLDER = "lib/corepool/c"
COMMENT = re.compile(r"//[^\n]*")
VERSION = re.compile(r"^version (\d+)\.(\d+)$", re.MULTILINE)

# Classes of C++ and what their functions are called in C.
CLASSES = {
    "FixedPool": "fixed_pool", "MultiPool": "multi_pool", "DynamicPool": "dynamic_pool",
    "PriorityPool": "priority_pool", "QuadPool": "quad_pool", "Segment": "segment",
    "Waiters": "waiters", "PoolStats": "pool_stats", "SpscFace": "spsc_queue",
    "MpmcFace": "mpmc_queue",
}
INHERITED = {"PoolFace": ("fixed_pool", "dynamic_pool"),
             "MpmcFace": ("mpmc_queue", "mpmc_index_queue")}
# By another name, or not at all, and why.
EXCEPT = {
    "wait_port": None,  # the waiters say as much
    "table": None,  # for pools
    "AllocateByCookieOr": None,  # for these very functions
    "FreeByCookieOr": None,
}


def snake(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def declarations(root):
    """(constants, structures, functions) of all headers, comments gone."""
    constants, structures, functions = {}, [], {}
    for path in sorted((root / FOLDER).glob("*.h")):
        text = COMMENT.sub("", path.read_text(encoding="utf-8"))
        text = text.replace("\\\n", " ")
        for name, value in re.findall(r"^#define (COREPOOL_\w+) (.+)$", text, re.MULTILINE):
            constants.setdefault(name, []).append(" ".join(value.split()))
        text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
        for name, body in re.findall(r"typedef enum (\w+) \{(.*?)\}", text, re.DOTALL):
            for item in filter(None, (i.strip() for i in body.split(","))):
                constants.setdefault(item.split(" = ")[0], []).append(
                    f"{item.split(' = ')[1]} of {name}")
        for name, body in re.findall(r"struct (\w+) \{(.*?)\n\}", text, re.DOTALL):
            structures.append((name, members(body)))
        plain = re.sub(r"(typedef )?(struct|enum) \w+ \{.*?\n\}[^;]*;", "", text,
                       flags=re.DOTALL)
        plain = plain.replace('extern "C" {', "")
        for statement in plain.split(";"):
            statement = " ".join(statement.replace("}", "").split())
            match = re.match(r"[^()]*?\b(corepool_\w+)\(", statement)
            if match and not statement.startswith("typedef"):
                functions[match.group(1)] = statement
            elif statement.startswith("typedef") and "(" in statement:
                functions[re.search(r"\(\*(\w+)\)", statement).group(1)] = statement
    return constants, structures, functions


def members(body):
    names = []
    for statement in body.split(";"):
        statement = " ".join(statement.split())
        if not statement:
            continue
        pointer = re.search(r"\(\*(\w+)\)", statement)
        name = pointer.group(1) if pointer else re.search(r"(\w+)(\[[^\]]*\])?$",
                                                          statement).group(1)
        names.append((name, statement))
    return names


def layout(root, structures):
    """Sizes and places, as the C compiler has them."""
    lines = ["#include <stdio.h>", "#include <stddef.h>",
             '#include "corepool/c/corepool.h"', "int main(void) {"]
    for name, parts in structures:
        lines.append(f'printf("struct {name}: %zu bytes, aligned to %zu\\n", '
                     f"sizeof({name}), _Alignof({name}));")
        for member, statement in parts:
            lines.append(f'printf("  %zu: {statement}\\n", offsetof({name}, {member}));')
    lines += ["return 0;", "}"]
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "layout.c")
        source.write_text("\n".join(lines), encoding="utf-8")
        subprocess.run(["cc", "-std=c11", f"-I{root / 'lib'}", str(source), "-o",
                        f"{folder}/layout"], check=True)
        return subprocess.run([f"{folder}/layout"], check=True, capture_output=True,
                              text=True).stdout.splitlines()


def describe(root):
    constants, structures, functions = declarations(root)
    major, minor = (constants.pop(f"COREPOOL_C_ABI_{part}")[0]
                    for part in ("MAJOR", "MINOR"))
    lines = ["# The C interface of corepool, by tools/c_abi.py. Sizes are those of 64-bit Linux.",
             f"version {major}.{minor}"]
    lines += [f"constant {name}: {' | '.join(values)}"
              for name, values in sorted(constants.items())]
    lines += layout(root, sorted(structures))
    lines += [f"function {text}" for _, text in sorted(functions.items())]
    return "\n".join(lines) + "\n", set(functions)


def entries(text):
    """Its lines, those of structures as one each, as what may not change."""
    found = []
    for line in text.splitlines():
        if line.startswith(("#", "version")):
            continue
        if line.startswith("  "):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return set(found)


def version_of(text):
    match = VERSION.search(text)
    return tuple(int(part) for part in match.groups()) if match else (0, 0)


def judge(old, new):
    """Why `new` may not take the place of `old`; None if it may."""
    if old == new:
        return None
    before, after = version_of(old), version_of(new)
    if entries(old) - entries(new) and after[0] <= before[0]:
        gone = sorted(entries(old) - entries(new))[0].splitlines()[0]
        return f"what has changed or gone needs a new COREPOOL_C_ABI_MAJOR: {gone}"
    if entries(new) != entries(old) and after <= before:
        more = sorted(entries(new) - entries(old))[0].splitlines()[0]
        return f"what has been added needs a new COREPOOL_C_ABI_MINOR: {more}"
    return None


def check_likes(root, functions, problems):
    """Every public function of a class of C++ has a like in C."""
    for header, _, found in isr_safety.collect(root, []):
        for function in found:
            owner = function.classes[0] if function.classes else None
            likes = INHERITED.get(owner) or ((CLASSES[owner],) if owner in CLASSES else ())
            if function.name in EXCEPT or function.name in (owner, f"~{owner}"):
                continue
            for like in likes:
                name = f"corepool_{like}_{snake(function.name)}"
                if name not in functions:
                    problems.append(f"{header}:{function.line}: {owner}::{function.name} "
                                    f"has no {name} in C")


def check(root, write=False):
    problems = []
    text, functions = describe(root)
    file = root / DOCUMENT
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    refusal = judge(old, text) if old else None
    if refusal:
        problems.append(f"{DOCUMENT}:1: {refusal}")
    elif write:
        file.write_text(text, encoding="utf-8")
    elif old != text:
        problems.append(f"{DOCUMENT}:1: is not what the headers say: tools/c_abi.py . --write")
    check_likes(root, functions, problems)
    return len(functions), problems


def self_test():
    """What may take the place of what."""
    def text(version, *lines):
        return f"version {version}\n" + "".join(f"{line}\n" for line in lines)

    old = text("1.0", "function a(void)", "struct b: 8 bytes", "  0: int x")
    assert judge(old, old) is None
    moved = text("1.0", "function a(void)", "struct b: 8 bytes", "  4: int x")
    more = text("1.0", *old.splitlines()[1:], "function c(void)")
    less = text("1.0", "function a(void)")
    for changed in (moved, less, text("1.1", *moved.splitlines()[1:])):
        assert "MAJOR" in judge(old, changed), changed
    assert "MINOR" in judge(old, more)
    assert judge(old, text("1.1", *more.splitlines()[1:])) is None
    assert judge(old, text("2.0", *moved.splitlines()[1:])) is None
    assert snake("TryAllocate") == "try_allocate" and snake("is_initialized") == (
        "is_initialized")
    print("c_abi: changes without a new version are noticed")


def main():
    root, mode = pathlib.Path(sys.argv[1]), sys.argv[2]
    if mode == "--self_test":
        self_test()
        return 0
    count, problems = check(root, write=mode == "--write")
    for problem in problems:
        print(problem)
    print(f"c_abi: {count} functions, {len(problems)} problems")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
