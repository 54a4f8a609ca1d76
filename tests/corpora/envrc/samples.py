#!/usr/bin/env python3
"""Checks and builds the malicious `.envrc` samples. No sample is ever executed: not here, and not by what builds on it.

samples.py                 checks every rule of README.md about samples
samples.py --write         writes malicious.tsv, held-out.tsv, third.tsv, fourth.tsv and the counts of README.md anew
samples.py --counts        counts by kind, technique, half and set, as README.md shows them
samples.py --build OUT     writes OUT/<half>/<name>/files and, for a change, OUT/<half>/<name>/before; OUT lies outside the tree
                           and <half> is 2 for the second set, 3 for the third, 4 for the fourth
samples.py --test          shows that planted faults are refused
"""
import collections, hashlib, os, pathlib, re, shutil, subprocess, sys, tempfile, tomllib

sys.dont_write_bytecode = True
from faults import ENVRC, FAULTS, GOOD
from inert import harm_of, hosts_of
from store import ROOT, STORE, approvals, state

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "malicious"
# The sets after the first have no halves: all of them is held out. Where a half is asked for, it is half 2, 3 or 4.
HELD_OUT = {HERE / "held-out": 2, HERE / "third": 3, HERE / "fourth": 4}
INDEXES = {FOLDER: "malicious.tsv", **{folder: f"{folder.name}.tsv" for folder in HELD_OUT}}
CATALOGUE = """E101 E102 E103 E104 E105 E201 E202 E203 E204 E205 E206 E207 E208 E209 E210 E211 E301 E302 E303 E304 E305
E401 E402 E403 E404 E405 E406 E501 E502 E503 E504 E505 E601 E602 E603 E604 E901 E902 E903 E906
D1 D2 D3 D4 D5 D6 D7 D8 D9
N01 N02 N03 N04 N05 N06 N07 N08 N09 N10 N11 N12""".split()
KINDS = ["plain", "edit", "files", "diff", "store"]
CHANGES = ["diff", "store"]
NEEDED = {"techniques": list, "does": str, "carrier": str, "kind": str}
OPTIONAL = {"bash": bool, "executable": list, "ignored": list, "symlink": dict, "mode": dict, "rename": dict,
            "approvals": list, "roots": list}
ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u\{([0-9a-f]+)\}|\{(\d+)\*([^}]*)\}|\{(root)\}|(\\))")


def unescape(text, root):
    """An `.esc` file: \\xNN a byte, \\u{N} a character, \\{N*text} a repetition, \\{root} the absolute folder, \\\\ a backslash; no other."""
    out, at = b"", 0
    for match in ESCAPE.finditer(text):
        between = text[at:match.start()]
        if "\\" in between:
            raise ValueError("a lone backslash")
        byte, char, times, what, here, _ = match.groups()
        out += between.encode()
        out += bytes.fromhex(byte) if byte else chr(int(char, 16)).encode() if char else (what * int(times)).encode() if times else b""
        out += root.encode() if here else b"" if byte or char or times else b"\\"
        at = match.end()
    if "\\" in text[at:]:
        raise ValueError("a lone backslash")
    return out + text[at:].encode()


def real(stored, rename):
    """The path that a stored one stands for: no file of the tree has a name that a tool would load."""
    parts = ["." + part[4:] if part.startswith("dot-") else part for part in stored.parts]
    path = "/".join(parts).removesuffix(".esc")
    part, inner = path.split("/", 1)
    return f"{part}/{rename.get(inner, inner)}"


def files(folder, rename, root):
    """Real paths and bytes of one sample: `files/...`, and `before/...` where it is a change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        stored = path.relative_to(folder)
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise ValueError(f"{stored} is no regular file")
        if path.is_dir() or str(stored) == "sample.toml":
            continue
        data = path.read_bytes()
        if stored.parts[0] not in ("files", "before"):
            raise ValueError(f"{stored} lies beside files/ and before/")
        if not (data + str(stored).encode()).isascii():
            raise ValueError(f"{stored} is not ASCII")
        if path.stat().st_mode & 0o111:
            raise ValueError(f"{stored} is executable")
        found[real(stored, rename)] = unescape(data.decode(), f"{root}/{stored.parts[0]}") if path.suffix == ".esc" else data
    return found


def digest_of(found, about):
    """SHA-256 over path, NUL, length in decimal, NUL and bytes of each file, in the order of the paths' bytes; then the links."""
    state = hashlib.sha256()
    for path in sorted(found, key=str.encode):
        state.update(b"%s\0%d\0" % (path.encode(), len(found[path])) + found[path])
    for path, target in sorted(about.get("symlink", {}).items()):
        state.update(f"{path}\0->\0{target}".encode())
    return state.hexdigest()


def half_of(digest):
    return int(digest[-1], 16) % 2


def read(folder, root=ROOT):
    """One sample: what `sample.toml` says, and its files if it lay at root. ValueError says what cannot be read."""
    if not (folder / "sample.toml").is_file():
        raise ValueError("no sample.toml")
    about = tomllib.loads((folder / "sample.toml").read_text())
    for key, value in about.items():
        if not isinstance(value, {**NEEDED, **OPTIONAL}.get(key, ())):
            raise ValueError(f"{key}: unknown, or of another type")
    for key in NEEDED.keys() - about.keys():
        raise ValueError(f"{key} is missing")
    found = files(folder, about.get("rename", {}), root)
    found.update([*approvals(about, found, root)])
    return about, found


def every(folder=FOLDER):
    """Name, description, files, digest and half of each sample; those must be readable."""
    for path in sorted(folder.iterdir()):
        about, found = read(path)
        digest = digest_of(found, about)
        yield path.name, about, found, digest, HELD_OUT.get(folder, half_of(digest))


def parses(data):
    """Whether bash can parse it. With -n nothing runs."""
    bash = shutil.which("bash", path="/bin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    run = subprocess.run([bash, "--norc", "--noprofile", "-n"], input=data, capture_output=True, env={"LC_ALL": "C.UTF-8"})
    return run.returncode == 0


def is_shell(path, data):
    return path.endswith((".envrc", ".sh", "direnvrc")) or re.match(rb"#!\S*(/env )?\S*\b(ba)?sh\b", data)


def wrong(name, about, found):
    """What breaks a rule in one sample."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        yield "name: words of small letters and digits"
    if about["kind"] not in KINDS:
        yield f"kind: one of {' '.join(KINDS)}"
    if (about["kind"] in CHANGES) != any(path.startswith("before/") for path in found):
        yield "kind: a diff or a store has before/, and nothing else has"
    techniques = about["techniques"]
    if not techniques or set(techniques) - set(CATALOGUE) or len(set(techniques)) < len(techniques):
        yield "techniques: some of the catalogue, each once"
    if not re.fullmatch(r"[A-Za-z.][ -~]{15,180}[.]", about["does"]):
        yield "does: a sentence"
    here = {path.removeprefix("files/") for path in found if path.startswith("files/")} | set(about.get("symlink", {}))
    if any(path.startswith(STORE + "/") for path in here):
        here.add(STORE)
    named = [about["carrier"], *about.get("executable", []), *about.get("ignored", []), *about.get("mode", {}), *about.get("rename", {}).values()]
    for path in named:
        if path not in here:
            yield f"no file {path}"
    if not any(path.rsplit("/", 1)[-1] == ".envrc" for path in here):
        yield "no .envrc"
    if about["kind"] in CHANGES and {p[7:]: d for p, d in found.items() if p[0] == "b"} == {p[6:]: d for p, d in found.items() if p[0] == "f"}:
        yield "nothing changes"
    shown = state(about, found, "files")
    if shown != {technique for technique in techniques if technique[0] == "D"}:
        yield f"techniques: direnv's folders show {sorted(shown)}"
    if about["kind"] == "store" and state(about, found, "before"):
        yield f"before/ is not in order: {sorted(state(about, found, 'before'))}"
    texts = {f"approval {at}": approval.get("text", "").encode() for at, approval in enumerate(about.get("approvals", []))}
    for path, data in [*found.items(), *texts.items()]:
        expected = about.get("bash", True) or path != f"files/{about['carrier']}"
        if is_shell(path, data) and parses(data) != expected:
            yield f"{path}: bash -n says otherwise"
        text = data.decode("utf-8", "replace")
        for problem in [*hosts_of(text), *harm_of(text)]:
            yield f"{path}: {problem}"


def problems(*folders):
    """What is wrong in all samples, each by its name."""
    seen, names = {}, set()
    for path in (path for folder in folders for path in sorted(folder.iterdir())):
        if path.name in names:
            yield f"{path.name}: a name of another set"
        names.add(path.name)
        try:
            about, found = read(path)
        except ValueError as error:
            yield f"{path.name}: {error}"
            continue
        for problem in wrong(path.name, about, found):
            yield f"{path.name}: {problem}"
        digest = digest_of(found, about)
        if digest in seen:
            yield f"{path.name}: the same files as {seen[digest]}"
        seen[digest] = path.name


def index(folder):
    rows = ["name\tsha256\thalf\tkind\ttechniques\n"]
    for name, about, _, digest, half in every(folder):
        rows.append(f"{name}\t{digest}\t{half}\t{about['kind']}\t{' '.join(about['techniques'])}\n")
    return "".join(rows)


def counted():
    by, kinds = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
    for _, about, _, _, half in (sample for folder in INDEXES for sample in every(folder)):
        kinds[about["kind"]][half] += 1
        for technique in about["techniques"]:
            by[technique][half] += 1
    return kinds, by


def counts():
    kinds, by = counted()
    out, every_half = [], collections.Counter()
    for kind in kinds.values():
        every_half += kind
    for title, table, order in (("kind", kinds, KINDS), ("technique", by, CATALOGUE)):
        rows = [(key, table[key]) for key in order] + ([("all", every_half)] if title == "kind" else [])
        out.append(f"| {title} | samples | half 0 | half 1 | second set | third set | fourth set |\n|---|---|---|---|---|---|---|\n")
        out += [f"| {key} | {row.total()} | {row[0]} | {row[1]} | {row[2]} | {row[3]} | {row[4]} |\n" for key, row in rows]
        out.append("\n")
    return "".join(out).rstrip("\n") + "\n"


def with_counts(text, table):
    """README.md with this table of counts."""
    head, rest = text.split("<!-- counts -->\n")
    _, tail = rest.split("<!-- /counts -->\n")
    return f"{head}<!-- counts -->\n{table}<!-- /counts -->\n{tail}"


def check():
    bad = list(problems(*INDEXES))
    if not bad:
        kinds, by = counted()
        # direnv's own folders are the matter of the first set alone.
        bad += [f"{t}: {by[t][half]} samples in half {half}" for t in CATALOGUE for half in ((0, 1) if t[0] == "D" else (0, 1, *HELD_OUT.values())) if by[t][half] < 2]
        bad += [f"{kinds['store'][half]} samples of the kind store in half {half}" for half in HELD_OUT.values() if kinds["store"][half]]
        bad += [f"{name} is old: --write" for folder, name in INDEXES.items() if (HERE / name).read_text() != index(folder)]
        text = (HERE / "README.md").read_text()
        if text != with_counts(text, counts()):
            bad.append("the counts of README.md are old: --write")
        bad += [f"README.md does not say what {t} is" for t in CATALOGUE if not re.search(rf"\| {t} \S", text.split("<!-- counts -->")[0])]
    print(*bad, f"{sum(1 for folder in INDEXES for _ in folder.iterdir())} samples, {len(bad)} wrong", sep="\n")
    return bad


def place(sample, root):
    """Writes the sample of one folder to root/files and root/before; gives root."""
    about, found = read(sample, str(root))
    for path, data in found.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        inner = path.removeprefix("files/")
        if inner in about.get("executable", []):
            target.chmod(0o755)
        if inner in about.get("mode", {}):
            target.chmod(int(about["mode"][inner], 8))
    for path, to in about.get("symlink", {}).items():
        (root / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(to, root / "files" / path)
    return root


def outside(out):
    out = pathlib.Path(out).resolve()
    if HERE.parents[2] in [out, *out.parents]:
        sys.exit("OUT lies in the tree")
    return out


def build(out):
    out = outside(out)
    for folder in INDEXES:
        for name, _, _, _, half in every(folder):
            place(folder / name, out / str(half) / name)


def found_in(*sets, executable=()):
    with tempfile.TemporaryDirectory() as folder:
        for at, name, content in ((at, name, content) for at, samples in enumerate(sets) for name, content in samples.items()):
            for path, text in content.items():
                target = pathlib.Path(folder, str(at), name, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                if text is not None:
                    target.write_text(text)
                if path in executable:
                    target.chmod(0o755)
        return list(problems(*sorted(pathlib.Path(folder).iterdir())))


def test():
    failed = []
    for at, (change, says) in enumerate(FAULTS):
        said = found_in({"sample": {**GOOD, **change}})
        if not any(says in problem for problem in said):
            failed.append(f"fault {at}, {says!r}: {said}")
    for what, said, says in [
        ("a good one", found_in({"sample": GOOD}), None),
        ("the same twice", found_in({"one": GOOD, "two": GOOD}), "the same files as one"),
        ("a name", found_in({"Sample_1": GOOD}), "name: words"),
        ("an executable", found_in({"sample": GOOD}, executable=[ENVRC]), "is executable"),
        ("the same in both sets", found_in({"one": GOOD}, {"two": GOOD}), "the same files as one"),
        ("a name in both sets", found_in({"one": GOOD}, {"one": {**GOOD, ENVRC: "true\n"}}), "a name of another set"),
    ]:
        if bool(said) != bool(says) or says and not any(says in problem for problem in said):
            failed.append(f"{what}: {said}")
    if unescape("\\x00a\\u{3bf}\\{3*xy}\\{root}\\\\", "/r") != b"\0a\xce\xbfxyxyxy/r\\":
        failed.append("unescape")
    one = digest_of({"files/a": b"bc"}, {})
    if one in (digest_of({"files/ab": b"c"}, {}), digest_of({"files/a": b"bc"}, {"symlink": {"b": "c"}})):
        failed.append("two samples have one digest")
    old = "a\n<!-- counts -->\n1\n<!-- /counts -->\nb\n"
    if with_counts(old, "1\n") != old or with_counts(old, "2\n") != old.replace("1", "2"):
        failed.append("counts")
    if (half_of("0" * 63 + "e"), half_of("0" * 63 + "f")) != (0, 1):
        failed.append("parity")
    print(*failed, f"{len(FAULTS) + 10} tests, {len(failed)} failed", sep="\n")
    return failed


def main(task):
    if task == []:
        sys.exit(1 if check() else 0)
    elif task == ["--test"]:
        sys.exit(1 if test() else 0)
    elif task == ["--write"]:
        for folder, name in INDEXES.items():
            (HERE / name).write_text(index(folder))
        text = (HERE / "README.md").read_text()
        (HERE / "README.md").write_text(with_counts(text, counts()))
    elif task == ["--counts"]:
        print(counts(), end="")
    elif len(task) == 2 and task[0] == "--build":
        build(task[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
