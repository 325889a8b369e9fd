#!/usr/bin/env python3
"""Makes the memory pools and maps that an MDEF file of Zephyr's microkernel defines.

    mdef.py PROJECT.mdef [DIRECTORY]

Writes sysgen.h, their names, which zephyr.h includes, and kernel_main.c, the pools
themselves, to be linked with the program; the directory is made if it is not there. Prints FILE:LINE: and what is wrong there, for
every line, and ends with 1 if anything is. Lines that define something else are
ignored, and noted; docs/compat/zephyr.md.
"""

import pathlib
import re
import sys

# Words of a line, of those kinds that are for other parts of a system.
OTHERS = {"CONFIG": 4, "TASK": 6, "TASKGROUP": 2, "EVENT": 3, "SEMA": 2, "MUTEX": 2,
          "FIFO": 4, "PIPE": 3, "MAILBOX": 2}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")
NUMBER = re.compile(r"[0-9]+$|0[xX][0-9a-fA-F]+$")
HEAP = "_HEAP_MEM_POOL"
HEAP_MIN = 64
MOST_SPLITS = 13
MOST_BYTES = 2 ** 31 - 1
FIRST_ID = 0x00010000

NOTE = "/* Made by tools/mdef.py of {}. */\n\n"
SYSGEN_H = """#ifndef _SYSGEN_H
#define _SYSGEN_H

{}
#endif /* _SYSGEN_H */
"""
KERNEL_MAIN_C = """#include <corepool_zephyr.h>

{memory}
COREPOOL_ZEPHYR_AT_START(mdef)
{{
{body}}}
"""
MEMORY = """COREPOOL_ZEPHYR_ALIGNED static unsigned char memory_of_{name}
    [COREPOOL_ZEPHYR_{kind}_BYTES({sizes})];
"""
LIST = """
static const struct corepool_zephyr_{kind} all_{kind}s[] = {{
{rows}}};
"""
ADD = """    corepool_zephyr_must(corepool_zephyr_add_{kind}s(all_{kind}s, {count}), "MDEF");
"""
SET_HEAP = """    corepool_zephyr_must(corepool_zephyr_set_heap(0x{id:08x}), "HEAP_SIZE");
"""


class Definitions:
    """What a file says, and what is wrong with it."""

    def __init__(self):
        self.pools = []  # (name, min, max, count)
        self.maps = []   # (name, count, size)
        self.heap = None
        self.errors = []
        self.notes = []
        self.names = set()

    def parse(self, text):
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split()
            if words and not words[0].startswith("%"):
                self.parse_line(number, words)
        if self.heap is not None:
            self.pools.append((HEAP, min(HEAP_MIN, self.heap), self.heap, 1))
        return self

    def parse_line(self, number, words):
        def error(what):
            self.errors.append((number, what))

        kind = words[0]
        wanted = {"POOL": 5, "MAP": 4, "HEAP_SIZE": 2, **OTHERS}.get(kind)
        if wanted is None:
            return error(f"unrecognized keyword {kind}")
        if len(words) != wanted:
            return error(f"invalid number of arguments: {kind} takes {wanted - 1}, "
                         f"not {len(words) - 1}")
        if kind in OTHERS:
            return self.notes.append((number, f"{kind} is not for corepool: ignored"))
        arguments = words[1:]
        name = None
        if kind != "HEAP_SIZE":
            name = arguments.pop(0)
            if not NAME.match(name):
                return error(f"{kind}: {name!r} is no name")
            if name in self.names:
                return error(f"{kind} {name}: there is something of that name already")
            self.names.add(name)
        for word in arguments:
            if not NUMBER.match(word):
                return error(f"{kind}: {word!r} is no number")
        numbers = [int(word, 0 if word[:2] in ("0x", "0X") else 10) for word in arguments]
        if kind == "POOL":
            return self.add_pool(number, name, *numbers)
        if kind == "MAP":
            return self.add_map(number, name, *numbers)
        if self.heap is not None:
            return error("HEAP_SIZE once more")
        if not 1 <= numbers[0] <= MOST_BYTES:
            return error(f"HEAP_SIZE {numbers[0]}: 1 to {MOST_BYTES}")
        self.heap = numbers[0]
        return None

    def add_pool(self, number, name, minimum, maximum, count):
        def error(what):
            self.errors.append((number, f"POOL {name}: {what}"))

        if not 1 <= minimum <= maximum:
            return error(f"sizes from {minimum} to {maximum} are none")
        if maximum > MOST_BYTES or maximum * max(count, 1) > MOST_BYTES:
            return error(f"more than {MOST_BYTES} bytes")
        smallest, splits = maximum, 0
        while smallest // 4 >= minimum and splits < MOST_SPLITS:
            smallest, splits = smallest // 4, splits + 1
        if smallest * 4 ** splits != maximum or smallest != minimum:
            above = minimum * 4 ** (splits + 1)
            self.notes.append((number, f"POOL {name}: max {maximum} is not min {minimum} "
                               f"times a power of 4; nearest: {above // 4}, {above}"))
        self.pools.append((name, minimum, maximum, count))
        return None

    def add_map(self, number, name, count, size):
        if size < 1 or size * max(count, 1) > MOST_BYTES:
            self.errors.append((number, f"MAP {name}: {count} blocks of {size} bytes"))
        else:
            self.maps.append((name, count, size))

    def header(self):
        lines = []
        for objects in (self.maps, self.pools):
            for index, entry in enumerate(objects):
                lines.append(f"#define {entry[0]} 0x{FIRST_ID + index:08x}\n")
        return SYSGEN_H.format("".join(lines))

    def source(self):
        memory = ""
        lists = ""
        body = ""
        for kind, objects in (("map", self.maps), ("pool", self.pools)):
            rows = ""
            for name, *numbers in objects:
                sizes = ", ".join(str(number) for number in numbers)
                memory += MEMORY.format(name=name, kind=kind.upper(), sizes=sizes)
                strict = ", 0" if kind == "pool" else ""
                rows += (f'    {{"{name}", {sizes}{strict},\n     memory_of_{name}, '
                         f"sizeof memory_of_{name}}},\n")
            if objects:
                lists += LIST.format(kind=kind, rows=rows)
                body += ADD.format(kind=kind, count=len(objects))
        if self.heap is not None:
            body += SET_HEAP.format(id=FIRST_ID + len(self.pools) - 1)
        return KERNEL_MAIN_C.format(memory=memory + lists, body=body)


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    path = pathlib.Path(sys.argv[1])
    definitions = Definitions().parse(path.read_text(encoding="utf-8"))
    for number, what in definitions.notes:
        print(f"{path}:{number}: note: {what}", file=sys.stderr)
    for number, what in definitions.errors:
        print(f"{path}:{number}: error: {what}", file=sys.stderr)
    if definitions.errors:
        return 1
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else ".")
    folder.mkdir(parents=True, exist_ok=True)
    note = NOTE.format(path.name)
    (folder / "sysgen.h").write_text(note + definitions.header(), encoding="utf-8")
    (folder / "kernel_main.c").write_text(note + definitions.source(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
