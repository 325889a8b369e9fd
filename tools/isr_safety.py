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

CONTEXTS = {
    "any": "every thread, interrupt handler and signal handler, on any core, at any "
           "instruction of any other call on the same object",
    "producer": "as `any`, but one context at a time among those that enqueue",
    "consumer": "as `any`, but one context at a time among those that dequeue",
    "owner": "as `any`, but one context at a time for each such object",
    "threads": "threads only, at any instruction of calls by others",
    "alone": "threads only, and not concurrently with any other call on the same object",
}
PROGRESS = {
    "wait-free": "ends within a bounded number of its own steps",
    "lock-free": "repeats an attempt only because another call has got on",
    "blocking": "may wait for other contexts, or for whatever `operator new` does",
}
STEP = re.compile(r"(O\(.+\)|\d+(-\d+)? RMW|as [\w:]+)$")
DOCUMENT = "docs/isr_safety.md"
FIELDS = ("contexts", "progress", "steps", "note")

# --- Reading C++, as far as headers need it.

TOKEN = re.compile(r"""
    (?P<blank>\n[ \t]*(?=\n)) | (?P<space>\s+)
  | (?P<comment>//[^\n]*|/\*.*?\*/) | (?P<directive>\#(?:[^\n\\]|\\.)*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)')
  | (?P<word>~?[A-Za-z_]\w*|\d[\w.']*) | (?P<sign>::|->|&&|\[\[|\]\]|.)
""", re.VERBOSE | re.DOTALL)
OPEN = {"(": ")", "{": "}", "[": "]", "[[": "]]"}
NO_FUNCTION = {"using", "typedef", "friend", "static_assert", "concept", "enum", "extern"}


class Token:
    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line


def tokens_of(text):
    line = 1
    for match in TOKEN.finditer(text):
        if match.lastgroup not in ("space", "directive"):
            yield Token(match.lastgroup, match.group(), line)
        line += match.group().count("\n")


class Function:
    def __init__(self, header, line, scope, name, parameters, text):
        self.header, self.line, self.scope, self.name = header, line, scope, name
        self.parameters, self.text = parameters, text
        self.comment, self.own, self.tag = "", None, {}

    def __str__(self):
        return f"{self.name}({', '.join(self.parameters)})"


class Scope:
    def __init__(self, kind, name="", public=True, header="", line=0):
        self.kind, self.name, self.public = kind, name, public
        self.header, self.line = header, line
        self.bases, self.default, self.inherited = [], None, ""


class Reader:
    """The public functions of one header, with their comments and defaults."""

    def __init__(self, header, text, problems):
        self.header, self.problems = header, problems
        self.tokens = list(tokens_of(text))
        self.at = 0
        self.functions, self.classes, self.tags = [], [], []
        self.file_default = None
        self.read([])

    def complain(self, line, what):
        self.problems.append(f"{self.header}:{line}: {what}")

    def group(self):
        """Skips what is in brackets from here on; its tokens."""
        begin, closing = self.at, [OPEN[self.tokens[self.at].text]]
        while closing:
            self.at += 1
            text = self.tokens[self.at].text
            if self.tokens[self.at].kind == "sign":
                if text == closing[-1]:
                    closing.pop()
                elif text in OPEN:
                    closing.append(OPEN[text])
                elif text == "]]" and closing[-2:] == ["]", "]"]:
                    del closing[-2:]
        self.at += 1
        return [t for t in self.tokens[begin + 1:self.at - 1]
                if t.kind not in ("comment", "blank")]

    def read(self, scopes):
        """Declarations to the end of a namespace, class or file."""
        scope = scopes[-1] if scopes else Scope("namespace")
        comment, comment_line, tag = [], 0, None
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind == "sign" and token.text == "}":
                self.at += 1
                return
            if token.kind == "blank":
                if comment:
                    self.stand_alone(comment, comment_line)
                comment, tag = [], None
                self.at += 1
            elif token.kind == "comment":
                # A comment behind a declaration, on its line, is nobody's docstring.
                trailing = self.at > 0 and (self.tokens[self.at - 1].line == token.line)
                if not trailing:
                    comment.append(token.text.lstrip("/ ").rstrip())
                    comment_line, tag = token.line, None
                self.at += 1
            elif (token.text in ("public", "protected", "private")
                  and self.tokens[self.at + 1].text == ":"):
                scope.public = token.text == "public"
                comment, tag = [], None
                self.at += 2
            else:
                text = " ".join(comment)
                if comment:
                    tag = self.tag_at_end(text, comment_line)
                self.declaration(scopes, text, tag)
                comment = []

    def stand_alone(self, comment, line):
        tag = self.tag_at_end(" ".join(comment), line)
        if tag and tag["for"] == "default":
            self.file_default = tag
            tag["used"] = True

    def declaration(self, scopes, comment, tag):
        head, groups, line = [], {}, self.tokens[self.at].line
        angles, template = 0, False
        while True:
            token = self.tokens[self.at]
            text = token.text
            if token.kind in ("comment", "blank"):
                self.at += 1
            elif token.kind == "sign" and text in ("(", "[", "[["):
                groups[len(head)] = self.group()
                if text == "(" and angles == 0:
                    head.append("()")
            elif token.kind == "sign" and text == ";":
                self.at += 1
                break
            elif token.kind == "sign" and text == "{":
                if self.body(scopes, head, tag, line):
                    break
            else:
                self.at += 1
                if text == "template":
                    template = True
                elif text == "<" and (template or (head and re.match(r"\w", head[-1])
                                                   and head[-1] != "operator")):
                    template = False
                    angles += 1
                elif text == ">" and angles > 0:
                    angles -= 1
                elif angles == 0:
                    head.append(text)
        self.note(scopes, head, groups, comment, tag, line)

    def body(self, scopes, head, tag, line):
        """What begins with a brace; whether it ends the declaration."""
        if head and (head[0] == "namespace" or head[:2] == ["inline", "namespace"]):
            name = "".join(head[head.index("namespace") + 1:])
            self.at += 1
            self.read(scopes + [Scope("namespace", name)])
            head.clear()
            return True
        if head[:2] == ["extern", '"C"']:
            self.at += 1
            self.read(scopes)
            head.clear()
            return True
        kinds = [word for word in head if word in ("class", "struct", "union")]
        if kinds and "enum" not in head and "()" not in self.before_bases(head) and "=" not in head:
            begin = head.index(kinds[0]) + 1
            head_words = [w for w in self.before_bases(head)[begin:] if w != "()"]
            inner = Scope("class", head_words[0] if head_words else "",
                          kinds[0] != "class", self.header, line)
            rest = head[len(self.before_bases(head)):]
            access = kinds[0] != "class"
            for i, word in enumerate(rest):
                if word in ("public", "private", "protected"):
                    access = word == "public"
                elif word == ",":
                    access = kinds[0] != "class"
                elif access and re.match(r"\w", word) and rest[i + 1:i + 2] != ["::"]:
                    inner.bases.append(word)
            if tag and tag["for"] in ("default", "inherited"):
                self.take(inner, tag)
            self.classes.append((self.path(scopes + [inner]), inner, scopes))
            self.at += 1
            self.read(scopes + [inner])
            return False
        self.group()
        function = "()" in head and ("operator" in head
                                     or "=" not in head[:head.index("()")])
        # In a constructor's list of members braces may follow a name.
        initialiser = ":" in head and re.match(r"\w|>", head[-1]) and head[-1] not in (
            "const", "noexcept", "override", "final")
        return function and not initialiser

    @staticmethod
    def take(scope, tag):
        while tag:
            if tag["for"] == "default":
                scope.default = tag
            else:
                scope.inherited = tag["note"]
            tag["used"] = True
            tag = tag.get("before")

    @staticmethod
    def before_bases(head):
        return head[:head.index(":")] if ":" in head else head

    @staticmethod
    def path(scopes):
        return [s.name for s in scopes if s.kind == "class"]

    def note(self, scopes, head, groups, comment, tag, line):
        """Keeps the declaration if it is a public function's."""
        if not head or NO_FUNCTION & set(head[:head.index("()")] if "()" in head
                                         else head):
            return
        if "()" not in head or head[-1] in ("default", "delete", "0"):
            return
        place = head.index("()")
        if "operator" in head[:place]:
            begin = head.index("operator")
            words = head[begin + 1:place]
            if not words:  # operator()
                words, place = ["()"], head.index("()", place + 1)
            name = "operator" + (" " if words[0].isalnum() else "") + "".join(words)
        else:
            while place > 0 and head[place - 1] in ("alignas", "decltype", "requires"):
                if "()" not in head[place + 1:]:
                    return
                place = head.index("()", place + 1)
            if (groups.get(place) or [Token("", "", 0)])[0].text == "*":
                return  # a pointer to a function
            name, begin = head[place - 1], place - 1
            if "=" in head[:place] or not re.match(r"~?[A-Za-z_]", name):
                return
        if begin > 0 and head[begin - 1] == "::":
            return  # defined here, declared above
        if any(s.kind == "class" and not s.public for s in scopes):
            return
        found = Function(self.header, line, scopes, name,
                         parameters(groups.get(place) or []), "")
        found.text = " ".join(t.text for t in without_defaults(groups.get(place) or []))
        found.classes = self.path(scopes)
        if any(f.classes == found.classes and f.name == name and f.text == found.text
               for f in self.functions):
            return
        found.comment = re.sub(r"\[[^\[\]]*\]$", "", comment)
        found.own, found.file_default = tag, self.file_default
        self.functions.append(found)

    def tag_at_end(self, text, line):
        """The tag that ends a comment, or None."""
        match = re.search(r"(?:^|\s)\[([a-zO0-9][^\[\]]*)\]$", text)
        if not match:
            return None
        body = match.group(1)
        tag = {"for": "function", "line": line, "used": False}
        for kind in ("default", "inherited"):
            if body.startswith(kind + ":"):
                tag["for"], body = kind, body[len(kind) + 1:].strip()
        before = self.tag_at_end(text[:match.start()].rstrip(), line)
        if before:
            tag["before"] = before
        self.tags.append(tag)
        if tag["for"] == "inherited":
            tag["note"] = body
            return tag
        fields = [field.strip() for field in body.split(";")]
        for i, field in enumerate(fields):
            steps = [part.strip() for part in re.split(r",\s(?![^(]*\))", field)]
            kind = ("contexts" if field in CONTEXTS else
                    "progress" if field in PROGRESS else
                    "steps" if all(STEP.match(step) for step in steps) else
                    "note" if i > 0 and i == len(fields) - 1 and " " in field else None)
            if kind is None or kind in tag:
                self.complain(line, f"the tag [{body}] has a field {field!r} "
                                    "that is none, or is there twice")
                return None
            tag[kind] = field
        return tag


def without_defaults(tokens):
    """Parameters without their default arguments."""
    depth, skipping = 0, False
    for token in tokens:
        depth += {"(": 1, "{": 1, "<": 1, ")": -1, "}": -1, ">": -1}.get(token.text, 0)
        if token.text == "," and depth <= 0:
            skipping = False
        elif token.text == "=":
            skipping = True
        if not skipping:
            yield token


def parameters(tokens):
    """Their names, or types where they have none."""
    names, depth, words = [], 0, []
    for token in without_defaults(tokens):
        if token.text == "," and depth == 0:
            names.append(words)
            words = []
            continue
        depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(token.text, 0)
        if token.kind == "word" and depth == 0:
            words.append(token.text)
    return [words[-1] for words in names + [words] if words]


# --- What the tags come to.

PROSE = (
    (r"\bthreads only\b", "contexts", ("threads", "alone")),
    (r"not concurrently with any(thing| other call on this)", "contexts", ("alone",)),
    (r"\bwait-free\b(?! where)", "progress", ("wait-free",)),
    (r"\bblocks where\b|\bblocking\b", "progress", ("blocking",)),
)
EXCLUSIVE = ("Init", "Deinit", "Clear")


def collect(root, problems):
    """[(header, [classes], [functions])] of all public headers."""
    library = root / "lib" / "corepool"
    readers = []
    for folder, public in (("", True), ("engine", False), ("hosted", True)):
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
        if function.name in EXCLUSIVE and function.tag["contexts"] != "alone":
            complain(f"is tagged {function.tag['contexts']}")
        if function.tag["contexts"] not in ("threads", "alone") and (
                function.tag["progress"] == "blocking"):
            complain("may block, and is for more than threads")


# --- The document.

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

What is not counted: a misuse handler and hooks take as long as they take; a free while threads
wait for blocks takes one RMW more, and a look at all their slots and a wake for each that gets a
block ([waiting.md](waiting.md)). "To adopt" is when a core's magazines are both used up, or both
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
    def found(header, face=FACE):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (("pool.h", header), ("engine/face.h", face)):
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
    bad_face = FACE.replace("[default: any; lock-free; O(1)]", "")
    assert any("Show(what" in p or "Show(" in p for p in found(good, bad_face)[1])
    print(f"isr_safety: {len(cases) + 2} kinds of mistakes are noticed")


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
