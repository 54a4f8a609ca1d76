#!/usr/bin/env python3
"""Chooses the honest `.envrc` files by honest-query.md, and builds them again from their index.

honest.py [--set=N] choose MIRRORS         writes honest.tsv and honest-apart.tsv beside this file
honest.py [--set=N] build MIRRORS OUT      writes the files of honest.tsv to OUT/0 and OUT/1, one folder a half
honest.py [--set=N] mirror MIRRORS BASE    clones what is missing from BASE (https://github.com), one commit of each

With --set=2, --set=3 or --set=4 the same is done by honest-N-query.md and honest-N-repositories.tsv for honest-N.tsv and honest-N-apart.tsv.
Choosing such a set needs the repositories of those before it too, whose files it passes over.

MIRRORS has a git directory `<owner>+<name>/repo` for each repository. MIRRORS and OUT must lie outside the tree.
"""
import collections, csv, hashlib, pathlib, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
SETS = ["honest", "honest-2", "honest-3", "honest-4"]
COLUMNS = ["repository", "commit", "path", "blob", "sha256", "half"]
A_REPOSITORY, MOST_BYTES = 8, 256 * 1024
# Read and found to be no honest example: content hash, and why.
NOT_HONEST = {}


def git(mirrors, repository):
    folder = pathlib.Path(mirrors) / repository.replace("/", "+") / "repo"
    if not folder.is_dir():
        return None
    if (folder / ".git").is_dir():
        folder /= ".git"
    return lambda *a: subprocess.run(["git", f"--git-dir={folder}", *a], capture_output=True, check=True).stdout


def blob_of(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def half_of(digest):
    return int(digest[-1], 16) % 2


def commands(data):
    """What is left without comments, blank lines and white space at the ends: two files that differ in these alone say the same."""
    lines = [line.strip() for line in data.split(b"\n")]
    return b"\n".join(line for line in lines if line and not line.startswith(b"#"))


def apart(data, digest):
    """Why a file does not belong among the honest ones, or None."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return "not text: not UTF-8"
    if b"\0" in data:
        return "not text: a NUL byte"
    # Parses alone; nothing of the file runs.
    parsed = subprocess.run(["bash", "--norc", "--noprofile", "-n"], input=data, capture_output=True, env={"LC_ALL": "C.UTF-8"})
    if parsed.returncode:
        return "not bash: " + parsed.stderr.decode(errors="replace").splitlines()[0].removeprefix("bash: ")
    return NOT_HONEST.get(digest)


def table(name):
    with open(HERE / name, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def write(name, columns, rows):
    with open(HERE / name, "w") as file:
        for row in [columns, *rows]:
            file.write("\t".join(map(str, row)) + "\n")


def files(run):
    """Path, blob and size of every regular `.envrc` of the newest commit."""
    for entry in run("ls-tree", "-r", "-l", "-z", "HEAD").split(b"\0"):
        if not entry:
            continue
        meta, name = entry.split(b"\t", 1)
        mode, _, blob, size = meta.split()
        path = name.decode(errors="replace")
        if path.rsplit("/", 1)[-1] == ".envrc" and mode in (b"100644", b"100755"):
            yield path, blob.decode(), int(size) if size.isdigit() else MOST_BYTES + 1


def content(mirrors, row):
    """The content of a file of an index, or None where it cannot be had."""
    run = git(mirrors, row["repository"])
    try:
        return run("cat-file", "blob", row["blob"]) if run else None
    except subprocess.CalledProcessError:
        return None


def said_before(mirrors, name):
    """The bytes and the commands of the sets before the one that is chosen: no file is in two."""
    said, known = set(), set()
    for before in SETS[:SETS.index(name)]:
        for row in table(f"{before}.tsv"):
            data = content(mirrors, row)
            if data is None:
                sys.exit(f"{row['repository']}:{row['path']} of {before}.tsv is missing")
            said |= {row["sha256"], commands(data)}
        known |= {row["repository"].lower() for row in table(f"{before}-repositories.tsv")}
    twice = [row["repository"] for row in table(f"{name}-repositories.tsv") if row["repository"].lower() in known]
    if twice:
        sys.exit(f"in two sets: {' '.join(twice)}")
    return said


def choose(name, mirrors):
    taken, aside, passed, said = [], [], collections.Counter(), said_before(mirrors, name)
    for row in table(f"{name}-repositories.tsv"):
        repository = row["repository"]
        run = git(mirrors, repository)
        if not run:
            passed["repositories that could not be had"] += 1
            continue
        commit = run("rev-parse", "HEAD").decode().strip()
        found = sorted(files(run), key=lambda f: hashlib.sha256(f"{repository}:{f[0]}".encode()).hexdigest())
        if not found:
            passed["repositories without one"] += 1
        count = 0
        for path, blob, size in found:
            if size > MOST_BYTES:
                passed["too large"] += 1
                continue
            data = run("cat-file", "blob", blob)
            digest, rest = hashlib.sha256(data).hexdigest(), commands(data)
            assert blob_of(data) == blob, f"{repository}:{path}"
            if not rest:
                passed["empty"] += 1
            elif digest in said:
                passed["same bytes"] += 1
            elif rest in said:
                passed["same commands"] += 1
            elif count == A_REPOSITORY:
                passed["over the cap"] += 1
            else:
                count += 1
                said |= {digest, rest}
                line = (repository, commit, path, blob, digest, half_of(digest))
                why = apart(data, digest)
                if why:
                    aside.append((*line, why))
                else:
                    taken.append(line)
    write(f"{name}.tsv", COLUMNS, sorted(taken, key=lambda r: r[4]))
    write(f"{name}-apart.tsv", [*COLUMNS, "why"], sorted(aside, key=lambda r: r[4]))
    print(f"{len(taken)} files of {len({r[0] for r in taken})} repositories, half 0: {sum(r[5] == 0 for r in taken)}; set apart: {len(aside)}")
    for what, count in sorted(passed.items()):
        print(f"{what}: {count}")


def build(name, mirrors, out):
    out = pathlib.Path(out).resolve()
    if HERE.parents[2] in [out, *out.parents]:
        sys.exit("OUT lies in the tree: the files of strangers stay outside")
    missing, built = [], 0
    for row in table(f"{name}.tsv"):
        data = content(mirrors, row)
        if data is None:
            missing.append(f"{row['repository']}@{row['commit']}:{row['path']}")
            continue
        digest = hashlib.sha256(data).hexdigest()
        if (blob_of(data), digest, str(half_of(digest))) != (row["blob"], row["sha256"], row["half"]):
            sys.exit(f"{row['repository']}:{row['path']} is not what the index says")
        # A name of our own, so that no path of a stranger is made.
        folder = out / row["half"] / digest[:16]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".envrc").write_bytes(data)
        built += 1
    print(f"{built} files built, {len(missing)} missing", *missing, sep="\n")
    if missing:
        sys.exit(3)


def mirror(name, mirrors, base):
    wanted = {row["repository"]: row["commit"] for row in table(f"{name}.tsv")}
    for repository, commit in sorted(wanted.items()):
        if git(mirrors, repository):
            continue
        folder = pathlib.Path(mirrors) / repository.replace("/", "+") / "repo"
        run = lambda *a: subprocess.run(["git", *a], check=True)
        run("init", "--quiet", "--bare", str(folder))
        run(f"--git-dir={folder}", "fetch", "--quiet", "--depth=1", f"{base}/{repository}", commit)
        run(f"--git-dir={folder}", "update-ref", "HEAD", commit)


if __name__ == "__main__":
    tasks = {"choose": choose, "build": build, "mirror": mirror}
    arguments, chosen = sys.argv[1:], SETS[0]
    if arguments and arguments[0] in ("--set=2", "--set=3", "--set=4"):
        arguments, chosen = arguments[1:], f"{SETS[0]}-{arguments[0][-1]}"
    wants = {"choose": 1, "build": 2, "mirror": 2}
    if not arguments or arguments[0] not in tasks or len(arguments) != 1 + wants[arguments[0]]:
        sys.exit(__doc__)
    tasks[arguments[0]](chosen, *arguments[1:])
