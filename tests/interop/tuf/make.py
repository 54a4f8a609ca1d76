"""TUF repositories, honest and not, written by the reference implementation: make.py OUT OLD_ROOT NEW_ROOT.

OLD_ROOT and NEW_ROOT are trusted_root.json files. Below OUT, each directory is what one URL shows at one time; the keys
are made anew with each run and end with it. OUT/1.root.json is the root metadata to start from.
"""

import copy
import shutil
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

NOW = datetime.now(timezone.utc).replace(microsecond=0)
LATER = NOW + timedelta(days=30)
BEFORE = NOW - timedelta(days=1)
TARGET = "trusted_root.json"
ROLES = ("root", "timestamp", "snapshot", "targets")


class Keys:
    """The keys of one time: several for the root, one for each other role."""

    def __init__(self):
        self.root = [CryptoSigner.generate_ecdsa()]
        self.other = {role: CryptoSigner.generate_ecdsa() for role in ROLES[1:]}

    def with_new_root(self, count=1):
        """The same, with other keys for the root."""
        keys = copy.copy(self)
        keys.root = [CryptoSigner.generate_ecdsa() for _ in range(count)]
        return keys


def signed(content, signers):
    """Metadata with one signature of each signer."""
    metadata = Metadata(content)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata


def root(keys, version, before=None, threshold=1, expires=LATER, signers=None):
    """Root metadata, signed by its own keys and by those of the version before."""
    content = Root(version=version, expires=expires, consistent_snapshot=True)
    for signer in keys.root:
        content.add_key(signer.public_key, "root")
    content.roles["root"].threshold = threshold
    for role, signer in keys.other.items():
        content.add_key(signer.public_key, role)
    if signers is None:
        signers = keys.root + (before.root if before else [])
    return signed(content, signers)


class Repository:
    """What one URL shows: roots, and the other roles at one version."""

    def __init__(self, directory, roots):
        self.directory = directory
        (directory / "targets").mkdir(parents=True)
        for version, metadata in enumerate(roots, start=1):
            metadata.to_file(str(directory / f"{version}.root.json"))

    def fill(self, keys, version, trusted_root, timestamp_expires=LATER, targets_by=None):
        """Targets, snapshot and timestamp of one version over this trusted root."""
        file = TargetFile.from_data(TARGET, trusted_root, ["sha256"])
        targets = signed(Targets(version=version, expires=LATER, targets={TARGET: file}), [targets_by or keys.other["targets"]])
        snapshot = signed(
            Snapshot(version=version, expires=LATER, meta={"targets.json": MetaFile(version=version)}), [keys.other["snapshot"]]
        )
        timestamp = signed(
            Timestamp(version=version, expires=timestamp_expires, snapshot_meta=MetaFile(version=version)),
            [keys.other["timestamp"]],
        )
        targets.to_file(str(self.directory / f"{version}.targets.json"))
        snapshot.to_file(str(self.directory / f"{version}.snapshot.json"))
        timestamp.to_file(str(self.directory / "timestamp.json"))
        name = f"{file.hashes['sha256']}.{TARGET}"
        (self.directory / "targets" / name).write_bytes(trusted_root)
        return self


def main(out, old, new):
    """Writes every directory."""
    first = Keys()
    second = first.with_new_root()
    roots = [root(first, 1), root(second, 2, before=first)]
    roots[0].to_file(str(out / "1.root.json"))

    Repository(out / "first", roots[:1]).fill(first, 1, old)
    # The root's key is another one: the old key hands over to it.
    Repository(out / "rotated", roots).fill(second, 2, new)

    # Everything below is shown after `rotated`, and must be refused.
    Repository(out / "rollback", roots).fill(second, 1, old)
    Repository(out / "freeze", roots).fill(second, 3, new, timestamp_expires=BEFORE)
    third = second.with_new_root()
    usurped = root(third, 3, signers=third.root)
    Repository(out / "usurped-root", [*roots, usurped]).fill(third, 3, new)
    # Two are needed, and one of them signed.
    pair = second.with_new_root(2)
    lonely = root(pair, 3, threshold=2, signers=[pair.root[0], *second.root])
    Repository(out / "wrong-threshold", [*roots, lonely]).fill(pair, 3, new)
    expired = root(third, 3, before=second, expires=BEFORE)
    Repository(out / "expired-root", [*roots, expired]).fill(third, 3, new)
    skipped = Repository(out / "skipped-root", roots).fill(second, 3, new)
    root(third, 4, before=second).to_file(str(skipped.directory / "3.root.json"))
    Repository(out / "foreign-targets", roots).fill(second, 3, new, targets_by=CryptoSigner.generate_ecdsa())
    for name, spoil in (("changed-target", lambda text: text.replace(b"2022", b"2023")), ("longer-target", lambda text: text + b" ")):
        changed = Repository(out / name, roots).fill(second, 3, new)
        for file in (changed.directory / "targets").iterdir():
            file.write_bytes(spoil(file.read_bytes()))
    # An honest repository that publishes something else under the name.
    Repository(out / "no-root", roots).fill(second, 3, b'{"hello": "world"}\n')


if __name__ == "__main__":
    _, where, old_root, new_root = sys.argv
    shutil.rmtree(where, ignore_errors=True)
    Path(where).mkdir(parents=True)
    main(Path(where), Path(old_root).read_bytes(), Path(new_root).read_bytes())
