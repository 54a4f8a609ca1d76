#!/usr/bin/env python3
"""Twelve rewrites of a bash file that keep its meaning: a finding that one of them loses hung on the spelling.

rewrite.py NAME IN OUT       rewrites IN to OUT; exit 3 when it does not apply; `sourced-file` writes more files beside OUT
rewrite.py --samples OUT     each rewrite of the carrier of each sample: OUT/<half>/<sample>+<rewrite>; counts how many apply
rewrite.py --test            runs harmless snippets before and after each rewrite with bash; samples are never run

A rewrite changes plain literal words alone, where this reader is sure of what the words are; whatever it is not sure of stays.
"""
import collections, pathlib, random, re, subprocess, sys, tempfile

sys.dont_write_bytecode = True
import samples
from words import BASH, CONTEXT, DECLARE, IN_A_FUNCTION, PLAIN, SAFE_ASSIGNMENT, DoesNotApply, Unsure
from words import atoms, chunks, commands, exported_function, parses


def by_word(change, arguments=True):
    """A rewrite of words: `change` gives for a word and a number what stands before the command, and what stands for the word."""
    def rewrite(text):
        out, number = [], 0
        for chunk in chunks(text):
            before, made, last = "", "", 0
            try:
                # A function that is exported runs where the variables before it are not.
                places = [] if exported_function(text) and re.search(r"\w\(\)", chunk) else sorted(atoms(chunk, arguments))
            except Unsure:
                places = []
            for at, end in places:
                number += 1
                lines, word = change(chunk[at:end], f"_r{number}")
                before, made, last = before + lines, made + chunk[last:at] + word, end
            out.append(before + made + chunk[last:])
        if not number:
            raise DoesNotApply("no plain word")
        return {"": "".join(out)}
    return rewrite


def halves(word):
    return word[:len(word) // 2], word[len(word) // 2:]


def split_variable(word, name):
    one, two = halves(word)
    return f"{name}a='{one}' {name}b='{two}'\n", f'"${name}a${name}b"'


def printf_variable(word, name):
    return "printf -v {} '%s%s' '{}' '{}'\n".format(name, *halves(word)), f'"${name}"'


def heredoc(word, name):
    return f"IFS= read -r {name} <<'{name}'\n{word}\n{name}\n", f'"${name}"'


def indirection(word, name):
    return f"{name}a='{word}' {name}b={name}a\n", f'"${{!{name}b}}"'


def array(text):
    """The literal words with which a command begins move into an array."""
    return by_command(text, lambda words, name: (f"{name}=({' '.join(words)})\n", f'"${{{name}[@]}}"'))


def renaming(text):
    """A command is called through a function that has another name."""
    return by_command(text, lambda words, name: (f'{name}() {{ {words[0]} "$@"; }}\n', " ".join([name, *words[1:]])), CONTEXT)


def by_command(text, change, without=frozenset({"exec", "break", "continue"})):
    out, number = [], 0
    for chunk in chunks(text):
        before, made, last = "", "", 0
        try:
            found = [] if exported_function(text) and re.search(r"\w\(\)", chunk) else commands(chunk)
        except Unsure:
            found = []
        for words in found:
            texts = [chunk[slice(*word)] for word in words]
            is_export = texts[0] == "export" and all(SAFE_ASSIGNMENT.fullmatch(word) for word in texts[1:])
            if texts[0] in without or texts[0] in DECLARE and not is_export or not PLAIN.fullmatch(texts[0]):
                continue
            literal = 1
            while literal < len(texts) and PLAIN.fullmatch(texts[literal]) and re.fullmatch(r"[ \t]+", chunk[words[literal - 1][1]:words[literal][0]]):
                literal += 1
            number += 1
            lines, instead = change(texts[:literal], f"_r{number}")
            before, made, last = before + lines, made + chunk[last:words[0][0]] + instead, words[literal - 1][1]
        out.append(before + made + chunk[last:])
    if not number:
        raise DoesNotApply("no plain command")
    return {"": "".join(out)}


def by_chunk(text, change):
    """A rewrite of whole commands of the top level that say the same elsewhere."""
    out, number, more = [], 0, {}
    for chunk in chunks(text):
        if re.match(r"\s*(#|$|\w+\+?=|[\w-]+\s*\(\))", chunk) or IN_A_FUNCTION.search(chunk):
            out.append(chunk)
            continue
        number += 1
        instead, files = change(chunk if chunk.endswith("\n") else chunk + "\n", number)
        out.append(instead)
        more |= files
    if not number:
        raise DoesNotApply("no command that would mean the same")
    return {"": "".join(out), **more}


# What a script that names sh as its interpreter cannot say.
BASH_ALONE = {"printf-variable", "indirection", "array", "sourced-file"}


def in_one_folder(text):
    if re.search(r"\b(cd|pushd|popd)\b", text):
        raise DoesNotApply("another folder would be asked")
    return True


def rewrite(name, data):
    """The bytes of each file that stand for one: "" is the file itself, the others lie beside it."""
    if re.match(rb"#!\S*/(env )?sh\b", data) and name in BASH_ALONE:
        raise DoesNotApply("sh would not know it")
    try:
        made = REWRITES[name](data.decode())
    except UnicodeDecodeError as error:
        raise DoesNotApply("not UTF-8") from error
    if not all(parses(text) for text in made.values()):
        raise AssertionError(f"{name} breaks the grammar")
    return {path: text.encode() for path, text in made.items()}


REWRITES = {
    "split-variable": by_word(split_variable),
    "quotes": by_word(lambda word, _: ("", f'{word[0]}"{word[1:]}"')),
    "backslash": by_word(lambda word, _: ("", f"{word[0]}\\{word[1:]}")),
    "line-continuation": by_word(lambda word, _: ("", "\\\n".join(halves(word)))),
    "printf-variable": by_word(printf_variable),
    "heredoc": by_word(heredoc),
    "indirection": by_word(indirection),
    "command-substitution": by_word(lambda word, _: ("", f"\"$(printf %s '{word}')\"")),
    "array": array,
    "renaming": renaming,
    "function": lambda text: by_chunk(text, lambda chunk, n: (f"_r{n}() {{\n{chunk}}}\n_r{n}\n", {})),
    "sourced-file": lambda text: in_one_folder(text) and by_chunk(text, lambda chunk, n: (f"source ./part-{n}.sh\n", {f"part-{n}.sh": chunk})),
}


def rewrite_samples(out):
    counts, none = collections.Counter(), []
    for folder, name, about, found, half in ((folder, name, about, found, half) for folder in samples.INDEXES for name, about, found, _, half in samples.every(folder)):
        data = found.get(f"files/{about['carrier']}", b"")
        if about["kind"] == "store" or not samples.is_shell(about["carrier"], data):
            continue
        before = counts.total()
        for how in REWRITES:
            if how == "sourced-file" and about["carrier"].rsplit("/", 1)[-1] != ".envrc":
                continue  # direnv enters the folder of an .envrc alone.
            try:
                made = rewrite(how, data)
            except DoesNotApply:
                continue
            root = samples.place(folder / name, samples.outside(out) / str(half) / f"{name}+{how}")
            for path, text in made.items():
                carrier = root / "files" / about["carrier"]
                (carrier.parent / path if path else carrier).write_bytes(text)
            counts[how] += 1
        counts["carriers that are bash"] += 1
        if counts.total() == before + 1:
            none.append(name)
    print(*(f"{counts[how]:4} {how}" for how in ["carriers that are bash", *REWRITES]), f"none applies: {' '.join(none)}", sep="\n")


# What is run before and after each rewrite, and the rewrites that leave it alone for want of anything to change or of certainty.
SNIPPETS = [
    "echo one two\n",
    "printf '%s\\n' a b | sort -r | head -n1\n",
    "export GREETING=hello PLACE=\"$HOME/x y\"\nenv | grep -E 'GREETING|PLACE' | sort\n",
    "name=world\necho hello \"$name\" >out.txt && cat out.txt\n",
    "if true; then\n  echo yes\nelse\n  echo no\nfi\n",
    "for n in 1 2 3; do echo item \"$n\"; done | tac\n",
    "greet() {\n  local who=$1\n  printf 'hi %s\\n' \"$who\"\n}\ngreet you\ngreet \"$(echo them)\"\n",
    "{ echo left; echo right >&2; } 2>/dev/null || true\n",
    "( cd / && pwd )\npwd | wc -l\n",
    "cat <<EOT\nkept $HOME\nEOT\necho after\n",
    "sh -c 'echo inner \"$1\"' name argument\n",
    "LC_ALL=C printf '%s\\n' prefixed\n",
    "echo 'single # no comment' # a comment; echo never\n",
    "false || echo fallback\n! false && echo negated\n",
    "cat < <(echo substituted) | tr a-z A-Z\n",
    "words=(echo from array)\n\"${words[@]}\"\n",
    "while read -r line; do echo got \"$line\"; done <<<'here string'\n",
    "export -n NOTHING\necho done; false\n",
    "set -e\nset -u\ntest -n \"$HOME\"\necho strict\n",
    "case x in x) echo matched ;; esac\n[[ abc == a* ]] && echo pattern\necho $'tab\\tbed'\n",
    "show() { printf '<%s>' \"$@\"; echo; }\nexport -f show\nbash -c 'show a \"b c\"'\nshow direct\n",
    "echo `echo old` style\necho ${HOME:+set} \"${NONE:-not \"set\"}\"\n",
    "declare -x LEVEL=3\necho $LEVEL {a,b} ~ | wc -w\n",
    "echo split \\\n  over lines\n",
    "source <(echo echo sourced)\n",
    "exec 7>&1\necho to seven >&7\n",
    "echo background & wait\n",
    "echo one >out.txt two three\ncat out.txt\n",
    "v='a b'\nexport LEFT=$v RIGHT=~/x:~/y\nenv | grep -E 'LEFT|RIGHT'\n",
    "echo \"it's $(echo \"an 'inner' one\") isn't\"; echo 'last'\n",
    "echo \"$(echo in # it's odd\n) after\"\necho 'x' y\n",
    "function named { echo inside; }\nnamed\n",
]
ALONE = [
    ("echo x\necho $?\n", REWRITES.keys()),
    ("set -a\nA=1\necho x\n", REWRITES.keys()),
    ("trap 'echo t' DEBUG\necho x\n", REWRITES.keys()),
    ("shopt -s expand_aliases\nalias e=echo\ne x\n", REWRITES.keys()),
    ("if true\n", REWRITES.keys()),
    ("A=1\n# only a comment\n", REWRITES.keys()),
    ("eval 'echo $1'\n", {"function", "sourced-file", "renaming"}),
    ("cd /\necho x\n", {"sourced-file"}),
    ("#!/bin/sh\necho x\n", BASH_ALONE),
    ("set -- a b\n", {"renaming", "function", "sourced-file"}),
    ("declare -x A=1\n", REWRITES.keys()),
    ("case x in curl) echo ;; esac\n", REWRITES.keys() - {"function", "sourced-file"}),
]


def generated(source):
    """A harmless snippet: echoes, variables, functions and loops in a random order."""
    def line(depth):
        word = "".join(source.choices("abcxyz019_./:-", k=source.randint(2, 7))).lstrip("-") or "w"
        kind = source.randrange(9 if depth < 2 else 5)
        return [f"echo {word} '{word}' \"${{v:-{word}}}\"\n", f"v={word}\n", f"export V{source.randint(1, 3)}={word} W=\"$v {word}\"\n", f"printf '%s,' {word} {word} | tr a-c x-z\n",
                f"echo {word} >f.txt; cat f.txt && echo {word}\n", *[None] * 4][kind] or block(kind, depth)

    def block(kind, depth):
        body = "".join(line(depth + 1) for _ in range(source.randint(1, 3)))
        name = f"f{source.randint(1, 9)}"
        return {5: f"if [ -n \"$v\" ]; then\n{body}fi\n", 6: f"for i in 1 2; do\n{body}done\n", 7: f"{name}() {{\n{body}}}\n{name} {name}\n", 8: f"( {body}) | cat\n"}[kind]

    return "".join(line(0) for _ in range(source.randint(2, 6)))


def said(made):
    """What bash says of a file, its status, and the environment after it."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in made.items():
            pathlib.Path(folder, path or "file.sh").write_bytes(text)
        after = 'trap \'echo "status $?"; env | grep -v ^_= | sort\' EXIT; source ./file.sh'
        run = subprocess.run([BASH, "--norc", "--noprofile", "-c", after], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "HOME": "/nowhere"})
        return run.stdout.replace(folder.encode(), b"."), bool(run.stderr)


def test():
    failed, counts = [], collections.Counter()
    source = random.Random(1)
    for snippet in [*SNIPPETS, *(generated(source) for _ in range(60))]:
        expected = said({"": snippet.encode()})
        for how in REWRITES:
            try:
                made = rewrite(how, snippet.encode())
            except DoesNotApply:
                continue
            counts[how] += 1
            if made[""] == snippet.encode():
                failed.append(f"{how} changes nothing: {snippet!r}")
            if said(made) != expected:
                failed.append(f"{how}: {snippet!r} became {made!r}: {said(made)} for {expected}")
    for snippet, names in ALONE:
        for how in names:
            try:
                failed.append(f"{how} applies to {snippet!r}: {rewrite(how, snippet.encode())}")
            except DoesNotApply:
                pass
    failed += [f"{how} applied to {counts[how]} snippets alone" for how in REWRITES if counts[how] < 50]
    print(*failed, f"{counts.total()} rewritten snippets run, {len(failed)} failed", sep="\n")
    return failed


def main(task):
    if task == ["--test"]:
        sys.exit(1 if test() else 0)
    elif len(task) == 2 and task[0] == "--samples":
        rewrite_samples(task[1])
    elif len(task) == 3 and task[0] in REWRITES:
        try:
            made = rewrite(task[0], pathlib.Path(task[1]).read_bytes())
        except DoesNotApply as why:
            print(f"does not apply: {why}", file=sys.stderr)
            sys.exit(3)
        for path, text in made.items():
            (pathlib.Path(task[2]).parent / path if path else pathlib.Path(task[2])).write_bytes(text)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
