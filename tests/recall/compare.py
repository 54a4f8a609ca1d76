#!/usr/bin/env python3
"""Compares the scanner with the oracles over the files of docs/recall/index.tsv.

compare.py CORPUS LIST ORACLE_DOCKERFILE: CORPUS from choose.py, LIST the example `list` of crates/refs, built. Prints a table
and every difference.
"""
import collections, json, pathlib, subprocess, sys

HERE = pathlib.Path(__file__).parent
# No images by any schema, but by name: counted apart.
BY_NAME = {"compose-build-arg", "devcontainer-build-arg"}


def lines(*command):
    out = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return {row["file"]: row for row in map(json.loads, out.splitlines())}


def compare(kind, ours, oracle, differences):
    row = collections.Counter(files=1)
    resolved = collections.Counter(f["value"].strip() for f in ours["found"] if not f["unresolved"] and f["place"] not in BY_NAME)
    # What an anchor brings to several places stands once in the file: YAML is compared by text.
    count = collections.Counter(oracle["images"])
    unresolved = collections.Counter(f["value"].strip() for f in ours["found"] if f["unresolved"])
    texts = collections.Counter(f["text"].strip() for f in ours["found"] if f["unresolved"])
    wanted = collections.Counter(oracle["unresolved"])
    if kind != "dockerfile":
        resolved, count, unresolved, texts, wanted = (collections.Counter(set(c)) for c in (resolved, count, unresolved, texts, wanted))
    name = ours["file"].rsplit("/", 1)[-1]
    row["named"] = sum(1 for f in ours["found"] if f["place"] in BY_NAME)
    if oracle.get("error"):
        row["unparsable"] = 1
        if not ours["problems"] and not ours["found"]:
            differences.append(f"{kind} {name}: SILENT where the oracle fails: {oracle['error']}")
            row["silent"] = 1
        elif not ours["problems"]:
            row["read"] = 1
        return row
    if ours["problems"]:
        row["problems"] = 1
        differences.append(f"{kind} {name}: problems: {ours['problems'][:3]}")
    if ours["detected"] != kind:
        row["undetected"] = 1
        differences.append(f"{kind} {name}: detected as {ours['detected']}")
    row["references"] = sum(count.values()) + sum(wanted.values())
    row["resolved"] = sum((count & resolved).values())
    missed = count - resolved
    # Reported, but not evaluated by us.
    spare = unresolved - wanted
    for text, n in list(missed.items()):
        take = min(n, spare[text])
        missed[text] -= take
        row["not evaluated"] += take
        if take:
            differences.append(f"{kind} {name}: unresolved here, a value there: {text!r}")
    missed = +missed
    missed_unresolved = wanted - texts - unresolved
    row["unresolved by both"] += sum(wanted.values()) - sum(missed_unresolved.values())
    row["missed"] = sum(missed.values()) + sum(missed_unresolved.values())
    false = resolved - count
    row["false"] = sum(false.values())
    if missed or missed_unresolved:
        left = sorted((unresolved - wanted).elements())
        differences.append(f"{kind} {name}: MISSED {dict(missed)} {dict(missed_unresolved)} ours unresolved: {left}")
    if false:
        places = sorted({f["place"] for f in ours["found"] if f["value"].strip() in false})
        differences.append(f"{kind} {name}: FALSE {dict(false)} {places}")
    return row


def main(corpus, program, go):
    columns = ["files", "unparsable", "silent", "read", "problems", "undetected", "references", "resolved", "unresolved by both", "not evaluated", "missed", "false", "named"]
    print("| kind | " + " | ".join(columns) + " |")
    differences = []
    total = collections.Counter()
    for folder in sorted(pathlib.Path(corpus).iterdir()):
        kind = folder.name
        files = sorted(map(str, folder.iterdir()))
        ours = lines(program, kind, *files)
        oracle = lines(go, *files) if kind == "dockerfile" else lines(sys.executable, str(HERE / "oracle_yaml.py"), kind, *files)
        rows = collections.Counter()
        for file in files:
            rows.update(compare(kind, ours[file], oracle[file], differences))
        total.update(rows)
        print(f"| {kind} | " + " | ".join(str(rows[c]) for c in columns) + " |")
    print("| all | " + " | ".join(str(total[c]) for c in columns) + " |")
    print("\n".join(differences))


if __name__ == "__main__":
    main(*sys.argv[1:])
