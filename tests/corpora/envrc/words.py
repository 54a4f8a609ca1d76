"""Reads as much of bash as the rewrites need to be sure of: complete commands, their words, and which of these are plain.

Heredocs, case, [[, backquotes, $'...' and whatever else is not understood make it say so instead of guessing.
"""
import re, shutil, subprocess

BASH = shutil.which("bash", path="/bin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,-]+")
# A word NAME=value that says the same when it is no assignment to the parser: nothing splits, no ~ expands.
SAFE_ASSIGNMENT = re.compile(r"([A-Za-z_]\w+)=([A-Za-z0-9_./:@%+,-]*|\"[^\"`\\~]*\")")
OPENING = {"if", "then", "elif", "else", "do", "while", "until", "!", "{"}
CLOSING = {"}", "fi", "done"}
UNSURE = {"case", "esac", "function", "coproc", "time", "select", "in"}
DECLARE = {"export", "declare", "local", "typeset", "readonly", "alias"}
# What means something else in a function or in a file of its own.
CONTEXT = {"source", ".", "eval", "set", "shift", "return", "local", "declare", "typeset", "trap", "getopts", "exec", "break", "continue", "command", "builtin"}
IN_A_FUNCTION = re.compile(r"(^|[\s;&|(!{])(source|\.|eval|set|shift|return|local|declare|typeset|trap|getopts)(\s|$)|\$[@*#0-9]|\$\{[@*#0-9]|BASH_SOURCE|FUNCNAME", re.M)
# Files in which one command more, one variable more or another line changes what happens.
FRAGILE = re.compile(r"\$\?|\$_\b|\bDEBUG\b|LINENO|BASH_COMMAND|PIPESTATUS|declare -p|\balias\s|\bset\s+-\w*[avx]|allexport|\$\{!\w+[@*]\}|^\s*(printf|read)\s*\(\)|_r\d", re.M)


class DoesNotApply(Exception):
    """The rewrite finds nothing in a file that it may change."""


class Unsure(Exception):
    """Grammar that this reader leaves alone."""


def parses(text):
    """Whether bash can parse it, without a warning. With -n nothing runs."""
    run = subprocess.run([BASH, "--norc", "--noprofile", "-n"], input=text.encode(), capture_output=True, env={"LC_ALL": "C.UTF-8"})
    return run.returncode == 0 and not run.stderr


def chunks(text):
    """The complete commands of the top level with their lines: the shortest runs of lines that parse alone."""
    if FRAGILE.search(text):
        raise DoesNotApply("one command more would change it")
    out, pending = [], ""
    for line in text.splitlines(keepends=True):
        pending += line
        if not pending.endswith("\\\n") and parses(pending):
            out.append(pending)
            pending = ""
    if pending:
        raise DoesNotApply("bash refuses it")
    return out


def closed(text, at, shut):
    """Where what opened before `at` ends: past `shut`, over quotes and what is nested."""
    while at < len(text):
        char = text[at]
        if char == shut:
            return at + 1
        if char == "`" or char == "#" and text[at - 1] in " \t\n;(" or shut != '"' and text.startswith("case ", at):
            raise Unsure
        if char == "'" and shut != '"':
            at = text.index("'", at + 1) + 1
        elif char == '"':
            at = closed(text, at + 1, '"')
        elif char == "\\":
            at += 2
        elif text[at:at + 2] in ("$(", "${"):
            at = closed(text, at + 2, ")" if text[at + 1] == "(" else "}")
        elif char == "(" and shut == ")":
            at = closed(text, at + 1, ")")
        else:
            at += 1
    raise Unsure


def word_end(text, at):
    while at < len(text) and text[at] not in " \t\n;&|()<>":
        char = text[at]
        if char == "`" or text.startswith(("$'", '$"'), at):
            raise Unsure
        if char == "'":
            at = text.index("'", at + 1) + 1
        elif char == '"':
            at = closed(text, at + 1, '"')
        elif char == "\\":
            at += 2
        elif text[at:at + 2] in ("$(", "${"):
            at = closed(text, at + 2, ")" if text[at + 1] == "(" else "}")
        elif char == "=" and text[at + 1:at + 2] == "(":
            at = closed(text, at + 2, ")")
        else:
            at += 1
    return at


def commands(text):
    """Each simple command as the start and end of its words, beginning with the command; redirections are left out."""
    out, at, command, target, depth = [], 0, True, False, 0
    try:
        while at < len(text):
            char, pair = text[at], text[at:at + 2]
            if char in " \t" or pair == "\\\n":
                at += 2 if char == "\\" else 1
            elif char == "#":
                at = text.find("\n", at) if "\n" in text[at:] else len(text)
            elif pair in ("<(", ">("):
                at, target, command = closed(text, at + 2, ")"), False, command and target
            elif text.startswith(("<<", ";;", "(("), at) and not text.startswith("<<<", at):
                raise Unsure
            elif char in "<>" or pair == "&>":
                at += len(re.match(r"<<<|&>>|&>|>>|<>|>\||[<>]&|[<>]", text[at:])[0])
                target = True
            elif char in ";&|\n":
                at, command, target = at + 1, True, False
            elif char == "(" and command:
                at, depth = at + 1, depth + 1
            elif char == ")" and depth:
                at, depth, command = at + 1, depth - 1, None
            elif char in "()":
                raise Unsure
            else:
                end = word_end(text, at)
                at, command, target = one_word(text, at, end, command, target, out)
    except (ValueError, IndexError, RecursionError) as error:
        raise Unsure from error
    return out


def one_word(text, at, end, command, target, out):
    """Takes one word; gives where to go on, whether a command is next, and whether a target is."""
    word = text[at:end]
    if word.isdigit() and text[end:end + 1] in ("<", ">"):
        return end, command, target
    if target:
        return end, command, False
    if command is None:
        if word in OPENING | CLOSING:
            return end, (True if word in OPENING else None), False
        raise Unsure
    if not command:
        out[-1].append((at, end))
        return end, False, False
    if word in UNSURE or text[end:end + 1] == "(" and text[end:end + 2] != "()":
        raise Unsure
    if word in OPENING or text[end:end + 2] == "()":
        return (end + 2 if text[end:end + 2] == "()" else end), True, False
    if word in CLOSING:
        return end, None, False
    if word == "for":
        line = re.compile(r"\s+\w+\s+in\b[^\n;`$(#]*[\n;]").match(text, end)
        if not line:
            raise Unsure
        return line.end(), True, False
    if word == "[[":
        raise Unsure
    if re.match(r"\w+(\[[^]]*\])?\+?=", word):
        return end, True, False
    out.append([(at, end)])
    return end, False, False


def atoms(text, arguments):
    """Places of plain literal words: commands, names that `export` sets, and arguments where wanted."""
    for words in commands(text):
        name = text[slice(*words[0])]
        if PLAIN.fullmatch(name) and name not in DECLARE | {"exec"} and len(name) > 1:
            yield words[0]
        for at, end in words[1:]:
            word = text[at:end]
            if name == "export":
                match = SAFE_ASSIGNMENT.fullmatch(word)
                if match:
                    yield at, at + len(match[1])
            elif name not in DECLARE and arguments and PLAIN.fullmatch(word) and len(word) > 3 and word[0] != "-":
                yield at, end


def exported_function(text):
    return re.search(r"\b(export|declare|typeset)\s+-\w*[fx]\w*f?\b", text)
