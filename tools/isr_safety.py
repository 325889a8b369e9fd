#!/usr/bin/env python3
"""Who may call what, from the tags in comments of public headers.

    isr_safety.py ROOT --check | --write | --self_test

--write makes docs/isr_safety.md; --check prints FILE:LINE: and what is wrong there, and
ends with 1 if anything is: a public function without a tag, a tag that says nothing or
not what its comment says, or a document that is not what --write would make.

A tag ends a comment: [contexts; progress; worst case; note]. It holds for what follows
until a blank line or the next comment. What it leaves out, and functions without a tag,
go by an overload above, then by [default: ...] at the end of the class's comment, or,
for functions outside classes, of a comment of its own. [inherited: ...] at the end of a
class's comment is what holds for functions that it inherits.
"""

import pathlib
import re
import sys
import tempfile
import textwrap

sys.dont_write_bytecode = True  # the next import leaves nothing beside the sources
from header_reader import CONTEXTS, FIELDS, PROGRESS, Reader

DOCUMENT = "docs/isr_safety.md"

# What a comment says in words, and what its tag must then be.
PROSE = (
    (r"\bthreads only\b", "contexts", ("threads", "alone")),
    (r"not concurrently with any(thing| other call on this)", "contexts", ("alone",)),
    (r"\bwait-free\b(?! where)", "progress", ("wait-free",)),
    (r"\bblocks where\b|\bblocking\b", "progress", ("blocking",)),
)
EXCLUSIVE = re.compile(r"(Init|Deinit|Clear|corepool_\w+_(init|deinit|clear))$")


def collect(root, problems):
    """[(header, [classes], [functions])] of all public headers."""
    library = root / "lib" / "corepool"
    readers = []
    for folder, public in (("", True), ("engine", False), ("hosted", True), ("c", True)):
        for path in sorted((library / folder).glob("*.h")):
            header = path.relative_to(root).as_posix()
            text = path.read_text(encoding="utf-8")
            readers.append((public, Reader(header, text, problems)))

    def is_public(scopes):
        names = "::".join(s.name for s in scopes if s.kind == "namespace").split("::")
        return not {"internal", "engine"} & set(names)

    inherited = {base for public, reader in readers if public
                 for path, scope, scopes in reader.classes
                 if is_public(scopes) for base in scope.bases}
    headers = []
    for public, reader in readers:
        classes = [(path, scope) for path, scope, scopes in reader.classes
                   if (public and is_public(scopes)) or path[0] in inherited]
        functions = [f for f in reader.functions
                     if (public and is_public(f.scope))
                     or (f.classes and f.classes[0] in inherited)]
        if functions:
            settle(reader, functions, problems)
            headers.append((reader.header, classes, functions))
        if public:
            for tag in reader.tags:
                if not tag["used"]:
                    problems.append(f"{reader.header}:{tag['line']}: a tag that holds "
                                    "for no public function")
    return headers


def settle(reader, functions, problems):
    explicit = {}
    previous_tag = None
    for function in functions:
        tag = function.own
        if tag and tag["for"] != "function":
            tag = None
        overload = (tuple(function.classes), function.name)
        if tag:
            tag["used"] = True
            while tag.get("before"):
                tag = tag["before"]
                tag["used"] = True
            tag = function.own
        else:
            tag = explicit.get(overload)
        if tag:
            explicit[overload] = tag
        default = None
        for scope in function.scope:
            if scope.kind == "class":
                default = scope.default or default
        if not function.classes:
            default = function.file_default
        function.tag = {field: (tag or {}).get(field) or (default or {}).get(field)
                        for field in FIELDS}
        if tag is not None and function.tag["note"] and not tag.get("note"):
            function.tag["note"] = None  # a default's note is the default's
        missing = [f for f in FIELDS[:3] if not function.tag[f]]

        def complain(what, function=function):
            problems.append(f"{function.header}:{function.line}: {function} {what}")

        if missing:
            complain(f"has no tag that says its {' and '.join(missing)}")
            continue
        for pattern, field, legal in PROSE:
            if (re.search(pattern, function.comment, re.IGNORECASE)
                    and function.tag[field] not in legal):
                complain(f"is tagged {function.tag[field]}, but its comment says "
                         f"{re.search(pattern, function.comment, re.I).group()!r}")
        if EXCLUSIVE.match(function.name) and function.tag["contexts"] != "alone":
            complain(f"is tagged {function.tag['contexts']}")
        if function.tag["contexts"] not in ("threads", "alone") and (
                function.tag["progress"] == "blocking"):
            complain("may block, and is for more than threads")


PREFACE = """\
# Who may call what

`tools/isr_safety.py` makes this from the tags in public headers; the comments there say the
rest. [guarantees.md](guarantees.md) says how that is proved.

**Contexts**

{contexts}

**Progress**

{progress}

**Worst case** of one attempt, nobody in the way. RMW: atomic read-modify-writes that it makes.
Where there is no such number, there are at most as many as the O(...) says. *N*: blocks of the
pool (of a `QuadPool`, smallest blocks).

Nothing in the core allocates memory, and what is not `blocking` takes no lock. No system is called
either, but for membarrier(2) where a `kRseq` pool must look into other cores' magazines (promise
9), and what a wait port does.

What is not counted: a misuse handler and hooks take as long as they take; `Checking::kFull` looks
at all of a block; a free while threads wait for blocks takes one RMW more, and for each block
handed over a look at all their slots and a wake ([waiting.md](waiting.md)). "To adopt" is when a core's magazines are both used up, or both
full, and it takes another. On CPUs with a store-conditional (ARMv7, AArch64 without LSE,
RISC-V) an RMW may be repeated when something interrupts it: what is wait-free and makes one is,
strictly, lock-free there.
"""


def cell(text):
    return (text or "").replace("|", "\\|")


def document(headers):
    def listed(words):
        return "\n".join(textwrap.fill(f"- `{word}`: {meaning}", 96,
                                       subsequent_indent="  ")
                         for word, meaning in words.items())

    lines = [PREFACE.format(contexts=listed(CONTEXTS), progress=listed(PROGRESS))]
    homes = {path[0]: header for header, classes, _ in headers for path, _ in classes}
    for header, classes, functions in sorted(headers):
        name = header.removeprefix("lib/corepool/")
        lines += [f"## [{name}](../{header})", ""]
        groups = {}
        for function in functions:
            groups.setdefault("::".join(function.classes), []).append(function)
        for path, scope in classes:
            groups.setdefault("::".join(path), [])
        bases = {"::".join(path): scope for path, scope in classes}
        for group in sorted(groups, key=lambda g: (g != "", g)):
            scope = bases.get(group)
            faces = [b for b in (scope.bases if scope else []) if b in homes]
            if not groups[group] and not faces:
                continue
            if group:
                text = f"### {group}"
                lines += [text, ""]
            for base in faces:
                text = f"And all of [{base}](#{base.lower()})"
                if scope.inherited:
                    text += f": {scope.inherited}"
                lines += [text + ".", ""]
            rows = []
            for function in groups[group]:
                tag = function.tag
                row = (f"| `{cell(str(function))}` | {cell(tag['contexts'])} "
                       f"| {cell(tag['progress'])} | {cell(tag['steps'])} "
                       f"| {cell(tag['note'])} |")
                if row not in rows:
                    rows.append(row)
            if rows:
                lines += ["| Function | Contexts | Progress | Worst case | Note |",
                          "|---|---|---|---|---|"] + sorted(rows) + [""]
    return "\n".join(lines).rstrip("\n") + "\n"


def check(root, write=False):
    problems = []
    headers = collect(root, problems)
    if not problems:
        file = root / DOCUMENT
        text = document(headers)
        if write:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            problems.append(f"{DOCUMENT}:1: is not what the headers say: "
                            "tools/isr_safety.py . --write")
    return sum(len(functions) for _, _, functions in headers), problems


SAMPLE = """\
namespace corepool {

// [default: any; wait-free; O(1)]

// Free function.
constexpr int Plan(int size) { return size < 0 ? 1 : 2; }
// A class. [default: any; lock-free]
class Pool : public engine::Face<Pool> {
 public:
  constexpr Pool() = default;
  // [alone; O(N)]
  Error Init(std::span<int> memory = {}, bool b = true);
  // Takes. [1 RMW]
  [[nodiscard]] INLINE int* Take() { if (x) { return "}"; } return y; }
  int TryTake();

  // Not concurrently with any other call on this pool.
  // [alone; O(1); two words]
  void Odd() const;
UNTAGGED
 private:
  void Hidden();
};

}  // namespace corepool
"""
FACE = """\
namespace corepool::engine {
// What they have in common. [default: any; lock-free; O(1)]
template <class T>
class Face {
 public:
  void Show(int (*what)(int), char) const;
};
class NotPublic {
 public:
  void Untagged();
};
}  // namespace corepool::engine
"""


def self_test():
    """What a check finds, proved by what it is made to find."""
    def found(header, face=FACE, c=""):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (("pool.h", header), ("engine/face.h", face), ("c/pool.h", c)):
                file = root / "lib/corepool" / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            (root / "docs").mkdir()
            count, problems = check(root, write=True)
            if not problems:
                assert check(root)[1] == [], "what was written is not what is wanted"
                with (root / DOCUMENT).open("a", encoding="utf-8") as file:
                    file.write(".")
                assert len(check(root)[1]) == 1, "a document that differs is not seen"
            return count, problems

    good = SAMPLE.replace("UNTAGGED", "")
    assert found(good) == (6, []), found(good)
    cases = (
        (SAMPLE.replace("UNTAGGED", "  // Says nothing.\n  int Some();"), "Some()"),
        (good.replace(" [default: any; lock-free]", ""), "Take()"),
        (good.replace("[default: any; wait-free; O(1)]", ""), "Plan(size)"),
        (good.replace("[1 RMW]", "[1 RWM]"), "'1 RWM'"),
        (good.replace("[alone; O(1); two words]", "[anny; O(1); two words]"), "'anny'"),
        (good.replace("[alone; O(1); two words]", "[any; O(1)]"), "Odd()"),
        (good.replace("[alone; O(N)]", "[threads; O(N)]"), "Init(memory, b)"),
        (good.replace("void Hidden", "// [any; 1 RMW]\n  void Hidden"), "holds for no"),
        (good.replace("[1 RMW]", "[blocking; 1 RMW]"), "may block"),
        (good.replace("[1 RMW]", "Wait-free. [1 RMW]"), "Wait-free"),
    )
    for header, what in cases:
        problems = found(header)[1]
        assert problems and all(":" in p for p in problems) and any(
            what in p for p in problems), f"{what} is not noticed: {problems}"
    in_c = "// [default: any; lock-free; O(1)]\n\n// Ends it.\nint corepool_x_deinit(void);\n"
    assert any("corepool_x_deinit()" in p for p in found(good, c=in_c)[1])
    assert any("has no tag" in p for p in found(good, c="int corepool_y(int a);\n")[1])
    bad_face = FACE.replace("[default: any; lock-free; O(1)]", "")
    assert any("Show(what" in p or "Show(" in p for p in found(good, bad_face)[1])
    print(f"isr_safety: {len(cases) + 4} kinds of mistakes are noticed")


def main():
    root, mode = pathlib.Path(sys.argv[1]), sys.argv[2]
    if mode == "--self_test":
        self_test()
        return 0
    count, problems = check(root, write=mode == "--write")
    for problem in problems:
        print(problem)
    print(f"isr_safety: {count} public functions, {len(problems)} problems")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
