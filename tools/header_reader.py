"""Reads C++ headers, as far as isr_safety.py needs it: public functions, and the tags that
end comments. No preprocessor: both sides of an #if are read."""

import re

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
FIELDS = ("contexts", "progress", "steps", "note")

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
                if comment and scope.kind == "namespace":
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
    return [words[-1] for words in names + [words] if words and words != ["void"]]
