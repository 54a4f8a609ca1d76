//! `pin verify`, `pin list`, `pin import`, and the lock in `check`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use proofmark_core::Digest;
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};

use crate::revision::git;
use crate::support::{NOW, Run, Sandbox, tree};

const POLICY: &str = "version = 1\n";

fn binaries(tool: &str, demand: &str) -> String {
    format!(
        "[[binary]]\ntool = \"{tool}\"\nversions = [\"1.0.0\"]\nplatforms = [\"linux/amd64\"]\n{demand}\nwhy = \"w\"\nby = \"b\"\n"
    )
}

/// The lock of one raw executable.
fn lock(tool: &str, bytes: &[u8], proof: &str) -> String {
    let sha256 = Digest::sha256(bytes);
    let (hex, size) = (sha256.hex(), bytes.len());
    format!(
        "# Written by `proofmark pin`. Review changes of hashes as you review code; never merge two sides of one pin by hand.\nversion = 1\n\n\
         [[pin]]\ntool = \"{tool}\"\nversion = \"1.0.0\"\nplatform = \"linux/amd64\"\nurl = \"https://tools.test/{tool}\"\n\
         sha256 = \"{hex}\"\narchive = \"none\"\nexecutable-sha256 = \"{hex}\"\nexecutable-size = {size}\nmode = \"0755\"\n{proof}"
    )
}

const UNSIGNED: &str = "unsigned = \"nobody signs it\"\nadded = 2026-11-20\nby = \"alice\"\n";

/// One with a tool that nobody signs, pinned and installed in `bin/`.
fn pinned() -> Sandbox {
    let sandbox = Sandbox::with_policy(POLICY);
    sandbox.write("allowlists/binaries.toml", binaries("acme-tool", "unsigned = \"nobody signs it\""));
    sandbox.write("proofmark.lock", lock("acme-tool", b"the tool", UNSIGNED));
    install(&sandbox, "bin/acme-tool", b"the tool");
    sandbox
}

fn install(sandbox: &Sandbox, path: &str, bytes: &[u8]) {
    sandbox.write(path, bytes);
    fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(0o755)).unwrap();
}

fn verify(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.program(["pin", "verify", "--now", NOW].into_iter().chain(arguments.iter().copied())).run()
}

fn check(sandbox: &Sandbox) -> Run {
    sandbox.program(["check", "--now", NOW]).run()
}

#[test]
fn what_is_pinned_passes_and_what_was_changed_is_explained() {
    let sandbox = pinned();
    verify(&sandbox, &["bin/acme-tool"])
        .exits(0)
        .says("acme-tool 1.0.0 linux/amd64")
        .says("no signature is asked for");
    install(&sandbox, "bin/acme-tool", b"the tail");
    let (pinned, found) = (Digest::sha256(b"the tool"), Digest::sha256(b"the tail"));
    let said = verify(&sandbox, &["bin/acme-tool", "--fail-on", "never", "--explain"]).exits(1);
    said.says("pin-mismatch").says(pinned.hex()).says(found.hex()).says("as after a change in place");
    // The format changes nothing, and JSON holds both values.
    let said = verify(&sandbox, &["bin/acme-tool", "--format", "json"]).exits(1);
    let report = said.report();
    assert_eq!(report["results"][0]["subject"]["kind"], "binary");
    assert_eq!(report["results"][0]["reason"], "digest-mismatch");
    assert!(said.stdout.contains(pinned.hex()) && said.stdout.contains(found.hex()));
    assert_eq!(report["results"][0]["location"]["file"], "proofmark.lock");
}

#[test]
fn directories_names_and_what_is_not_pinned() {
    let sandbox = pinned();
    install(&sandbox, "bin/other", b"something else");
    install(&sandbox, "bin/renamed", b"the tool");
    sandbox.write("bin/notes.txt", "no executable");
    let said = verify(&sandbox, &["bin"]).exits(1).says("no pin is for a tool named other");
    assert!(
        said.stdout.contains("2 verified, 1 failed") && !said.stdout.contains("notes"),
        "{}",
        said.stdout
    );
    verify(&sandbox, &["bin/absent"]).fails_with(2, "path-unreadable");
}

#[test]
fn what_is_installed_is_found_on_path() {
    let sandbox = pinned();
    verify(&sandbox, &[]).exits(4).says("not on PATH: acme-tool");
    let path = sandbox.path("bin").display().to_string();
    let run = |path: &str| {
        sandbox.program(["pin", "verify", "--installed", "--now", NOW]).variable("PATH", path).run()
    };
    run(&path).exits(0).says("1 verified");
    // A relative directory of PATH is nobody's.
    run("bin").exits(4);
}

#[test]
fn who_else_may_change_it() {
    let sandbox = pinned();
    fs::set_permissions(sandbox.path("bin"), fs::Permissions::from_mode(0o777)).unwrap();
    let said =
        verify(&sandbox, &["bin/acme-tool"]).exits(1).says("pin-writable").says("everyone may write to");
    assert!(said.stdout.contains("1 verified, 0 failed"), "a finding is no verdict: {}", said.stdout);
    verify(&sandbox, &["bin/acme-tool", "--fail-on", "high"]).exits(0);
}

#[test]
fn bundles_by_the_signers_of_the_policy() {
    let world = World::new(WorldOptions::default());
    let sandbox = Sandbox::for_world(&world, &[]);
    sandbox.write("allowlists/binaries.toml", binaries("acme-tool", "signed-by = [\"release\"]"));
    install(&sandbox, "bin/acme-tool", b"the tool");
    let pin = |over: &str, bundle: &[u8], more: &str| {
        let proof = format!(
            "{more}added = 2026-11-20\nby = \"alice\"\n[[pin.evidence]]\nkind = \"sigstore\"\nover = \"{over}\"\nsignature = \"{}\"\n",
            base64(bundle)
        );
        sandbox.write("proofmark.lock", lock("acme-tool", b"the tool", &proof));
    };
    pin("executable", world.sign(&SignRequest::blob(b"the tool")).bundle(), "");
    verify(&sandbox, &["bin/acme-tool"]).exits(0).says("release").says("signed the executable");
    check(&sandbox).exits(0).says("may be pinned");
    // A list of checksums that is signed, and in which the download stands.
    let list = format!("{}  acme-tool\n", Digest::sha256(b"the tool").hex());
    let more = format!("checksums = \"{}\"\n", base64(list.as_bytes()));
    pin("checksums", world.sign(&SignRequest::blob(list.as_bytes())).bundle(), &more);
    verify(&sandbox, &["bin/acme-tool"]).exits(0).says("signed the list of checksums");
    // The hash is right, and the signature over other bytes: the lock is not believed, with or without the executable.
    pin("executable", world.sign(&SignRequest::blob(b"another tool")).bundle(), "");
    verify(&sandbox, &["bin/acme-tool"])
        .exits(1)
        .says("pin-unsigned")
        .says("the lock itself is not to be believed");
    check(&sandbox).exits(1).says("pin-unsigned");
    // By another world.
    let other = World::new(WorldOptions::seeded("another world"));
    pin("executable", other.sign(&SignRequest::blob(b"the tool")).bundle(), "");
    verify(&sandbox, &["bin/acme-tool"]).exits(1).says("pin-unsigned");
    // That nobody signed it, the lock does not decide.
    sandbox.write("proofmark.lock", lock("acme-tool", b"the tool", UNSIGNED));
    verify(&sandbox, &["bin/acme-tool"]).exits(1).says("nobody signs it");
    check(&sandbox).exits(1).says("pin-unsigned");
}

/// Only what a signer of the policy signed is run, and only under a policy that was accepted or named.
#[test]
fn an_executable_tells_its_version() {
    let real = fs::read("/bin/true").unwrap();
    let world = World::new(WorldOptions::default());
    let sandbox = Sandbox::for_world(&world, &[]);
    install(&sandbox, "bin/op", &real);
    sandbox.write("allowlists/binaries.toml", binaries("op", "signed-by = [\"release\"]"));
    let proof = format!(
        "added = 2026-11-20\nby = \"alice\"\n[[pin.evidence]]\nkind = \"sigstore\"\nover = \"executable\"\nsignature = \"{}\"\n",
        base64(world.sign(&SignRequest::blob(&real)).bundle())
    );
    sandbox.write("proofmark.lock", lock("op", &real, &proof));
    // A repository that was just cloned makes nothing run.
    verify(&sandbox, &["bin/op"]).exits(0).says("nobody has accepted the policy here");
    // What coreutils' `true --version` says is no 1.0.0.
    let named = ["bin/op", "--policy", "."];
    verify(&sandbox, &named).exits(1).says("pin-downgrade").says("which is newer than the pinned 1.0.0");
    sandbox.program(["policy", "trust"]).run().exits(0);
    verify(&sandbox, &["bin/op"]).exits(1).says("pin-downgrade");
    // What nobody signed is not started, nor what is for another platform.
    sandbox.write("allowlists/binaries.toml", binaries("op", "unsigned = \"w\""));
    verify(&sandbox, &named).exits(0).says("it is not run without");
    let elsewhere = |text: String| text.replace("linux/amd64", "windows/amd64");
    sandbox.write("allowlists/binaries.toml", elsewhere(binaries("op", "signed-by = [\"release\"]")));
    sandbox.write("proofmark.lock", elsewhere(lock("op", &real, &proof)));
    verify(&sandbox, &named).exits(0).says("it is for windows/amd64");
}

#[test]
fn a_lock_that_cannot_be_read() {
    let sandbox = pinned();
    let good = sandbox.read("proofmark.lock");
    sandbox.write("proofmark.lock", format!("<<<<<<< HEAD\n{good}=======\n>>>>>>> theirs\n"));
    let said = verify(&sandbox, &["bin/acme-tool"]).fails_with(2, "lock-invalid");
    said.says("proofmark.lock:1:1: [lock-conflict]");
    check(&sandbox).exits(1).says("pin-lock-drift").says("lock-conflict");
    let list = sandbox.program(["check", "--now", NOW, "--format", "sarif"]).run().exits(1);
    assert!(list.stdout.contains("\"uri\": \"proofmark.lock\""), "{}", list.stdout);
    // Two entries for one pin.
    let pin = &good[good.find("[[pin]]").unwrap()..];
    sandbox.write("proofmark.lock", format!("{good}\n{}", pin.replace("alice", "mallory")));
    verify(&sandbox, &["bin/acme-tool"]).fails_with(2, "lock-invalid").says("[lock-disagree]");
    check(&sandbox).exits(1).says("lock-disagree");
    // A link that leads nowhere is no lock that was never there.
    fs::remove_file(sandbox.path("proofmark.lock")).unwrap();
    symlink("nowhere", sandbox.path("proofmark.lock")).unwrap();
    verify(&sandbox, &["bin/acme-tool"]).fails_with(3, "lock-unreadable");
    check(&sandbox).fails_with(3, "lock-unreadable");
    fs::remove_file(sandbox.path("proofmark.lock")).unwrap();
    verify(&sandbox, &["bin/acme-tool"]).fails_with(2, "lock-not-found");
    check(&sandbox).exits(1).says("acme-tool is not pinned for linux/amd64");
}

#[test]
fn a_lock_beside_the_policy() {
    let sandbox = pinned();
    let good = sandbox.read("proofmark.lock");
    check(&sandbox).exits(0).says("1 verified");
    // Edited, and saying the same.
    sandbox.write("proofmark.lock", format!("{good}\n# a note\n"));
    check(&sandbox).exits(0).says("it was edited");
    // A tool and a version that nobody approved.
    sandbox.write(
        "proofmark.lock",
        format!("{good}{}", lock("curl", b"x", UNSIGNED).split_once("1\n").unwrap().1),
    );
    check(&sandbox).exits(1).says("the policy does not let curl be pinned");
    sandbox.write("proofmark.lock", good.replace("\"1.0.0\"", "\"0.9.0\""));
    check(&sandbox).exits(1).says("pin-downgrade").says("is older than every version that may be pinned");
    // No list at all: the pins are told, and a lock is not judged by itself.
    sandbox.write("proofmark.lock", &good);
    fs::remove_file(sandbox.path("allowlists/binaries.toml")).unwrap();
    check(&sandbox).exits(1).says("no allowlists/binaries.toml");
}

/// A request changes the lock, and the policy of its base judges it.
#[test]
fn a_request_is_judged_by_its_base() {
    let sandbox = pinned();
    fs::remove_dir(sandbox.path(".git")).unwrap();
    git(&sandbox, &["init", "-q", "-b", "main"]);
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "-qm", "1"]);
    let check = || sandbox.program(["check", "--now", NOW, "--policy-from", "main"]).run();
    check().exits(0);
    let other = |text: String| text.replace("1.0.0", "2.0.0");
    sandbox.write("proofmark.lock", other(lock("acme-tool", b"another", UNSIGNED)));
    sandbox.write("allowlists/binaries.toml", other(sandbox.read("allowlists/binaries.toml")));
    check()
        .exits(1)
        .says("version 2.0.0 of acme-tool may not be pinned")
        .says("loosened: [[binary]] acme-tool: version 2.0.0 is new");
}

#[test]
fn pins_are_listed() {
    let sandbox = pinned();
    let hex = Digest::sha256(b"the tool");
    sandbox.program(["pin", "list"]).run().exits(0).says("acme-tool 1.0.0 linux/amd64").says(hex.hex());
    let said = sandbox.program(["pin", "list", "--json", "acme-tool"]).run().exits(0);
    let value: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(value["schema"], "proofmark-pins/1");
    assert_eq!(value["pins"][0]["executable"]["size"], 8);
    sandbox.program(["pin", "list", "curl"]).run().exits(4);
}

const AQUA: &str = r#"{"checksums": [
 {"id": "github_release/github.com/direnv/direnv/v2.37.1/direnv.linux-amd64", "checksum": "1F1B93DD6F1F1B93DD6F1F1B93DD6F1F1B93DD6F1F1B93DD6F1F1B93DD6F1F1B", "algorithm": "sha256"},
 {"id": "http/cache.agilebits.com/dist/1P/op2/pkg/v2.39.0/op_linux_amd64_v2.39.0.zip", "checksum": "6FBA7F376B6C6DEC49F41B06408930A43AD064CCE103C6A2CE5B3D0413A86434", "algorithm": "sha256"},
 {"id": "registries/github_content/github.com/aquaproj/aqua-registry/v4/registry.yaml", "checksum": "AB", "algorithm": "sha512"}
]}"#;

#[test]
fn lists_of_other_tools_are_imported() {
    let sandbox = Sandbox::with_policy(POLICY);
    sandbox.write("aqua-checksums.json", AQUA);
    let import = |arguments: &[&str]| {
        let words = ["pin", "import", "--by", "alice"].into_iter().chain(arguments.iter().copied());
        sandbox.program(words).run()
    };
    import(&["aqua-checksums.json", "--dry-run"]).exits(0).says("pinned  op 2.39.0 linux/amd64");
    assert!(!sandbox.path("proofmark.lock").exists());
    import(&["aqua-checksums.json"])
        .exits(0)
        .says("nobody looked at the executables or for signatures yet")
        .says("left out");
    let first = sandbox.read("proofmark.lock");
    assert!(first.contains("6fba7f376b6c6dec49f41b06408930a43ad064cce103c6a2ce5b3d0413a86434"), "{first}");
    // The same again changes nothing.
    import(&["aqua-checksums.json"]).exits(0).says("confirmed  op 2.39.0 linux/amd64");
    assert_eq!(sandbox.read("proofmark.lock"), first);
    // A second list confirms it, under the name of its operator.
    let mise = "[[tools.op]]\nversion = \"2.39.0\"\nbackend = \"aqua:1password/cli\"\n[tools.op.platforms.linux-x64]\n\
                checksum = \"sha256:6fba7f376b6c6dec49f41b06408930a43ad064cce103c6a2ce5b3d0413a86434\"\n\
                url = \"https://cache.agilebits.com/dist/1P/op2/pkg/v2.39.0/op_linux_amd64_v2.39.0.zip\"\n";
    sandbox.write("mise.lock", mise);
    import(&["mise.lock", "--operator", "jdx"]).exits(0).says("confirmed  op");
    assert!(sandbox.read("proofmark.lock").contains("operator = \"jdx\""));
    let confirmed = sandbox.read("proofmark.lock");
    // Another hash is never taken silently: both are shown, and nothing is written.
    sandbox.write("mise.lock", mise.replace("6fba7f", "000000"));
    let said = import(&["mise.lock"])
        .fails_with(1, "pin-import-differs")
        .says("pinned  6fba7f")
        .says("listed  000000");
    drop(said);
    assert_eq!(sandbox.read("proofmark.lock"), confirmed);
    import(&["mise.lock", "--replace"]).exits(0).says("replaced  op 2.39.0 linux/amd64: 000000");
    assert!(sandbox.read("proofmark.lock").contains("sha256 = \"000000"));
}

#[test]
fn lists_that_say_too_little() {
    let sandbox = Sandbox::with_policy(POLICY);
    let sum = "1f1b93dd6f1f1b93dd6f1f1b93dd6f1f1b93dd6f1f1b93dd6f1f1b93dd6f1f1b";
    sandbox
        .write("SHA256SUMS", format!("{sum}  acme_linux_amd64.tar.gz\n{sum}  acme_linux_amd64.tar.gz.sig\n"));
    let import = |arguments: &[&str]| {
        sandbox
            .program(
                ["pin", "import", "--by", "alice", "SHA256SUMS"].into_iter().chain(arguments.iter().copied()),
            )
            .run()
    };
    import(&[]).fails_with(2, "pin-import-unreadable").says("add --url");
    import(&["--url", "https://acme.test/latest"])
        .fails_with(2, "pin-import-nothing")
        .says("--tool-version VERSION");
    import(&["--url", "https://acme.test/v1.2.3"]).exits(0).says("pinned  acme 1.2.3 linux/amd64");
    sandbox.write("SHA256SUMS", "hello\n");
    import(&["--url", "https://acme.test/v1.2.3"]).fails_with(2, "pin-import-unreadable");
    sandbox.program(["pin", "import", "absent"]).run().fails_with(2, "file-unreadable");
}

/// Nothing is half-written where nothing can be.
#[test]
fn a_target_that_cannot_be_written() {
    let sandbox = Sandbox::with_policy(POLICY);
    sandbox.write("list.json", AQUA);
    fs::create_dir(sandbox.path("proofmark.lock")).unwrap();
    sandbox.program(["pin", "import", "list.json"]).run().fails_with(3, "lock-unreadable");
    fs::remove_dir(sandbox.path("proofmark.lock")).unwrap();
    fs::set_permissions(sandbox.path(""), fs::Permissions::from_mode(0o555)).unwrap();
    let said = sandbox.program(["pin", "import", "list.json"]).run();
    fs::set_permissions(sandbox.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    // Root may write everywhere.
    if said.code != 0 {
        said.fails_with(3, "lock-not-written");
        assert!(!sandbox.path("proofmark.lock").exists());
    }
}

/// The real hashes of real tools, each with who publishes it.
#[test]
fn the_seed_of_the_tree_is_clean() {
    let sandbox = Sandbox::new();
    let run = |words: &[&str]| sandbox.program(words.iter().copied()).within(tree()).run();
    let said = run(&["check", "examples/pins", "--now", NOW]).exits(0);
    assert!(said.stdout.contains("0 failed, 0 unverifiable"), "{}", said.stdout);
    let list = run(&["pin", "list", "--policy", "examples/pins", "op"]).exits(0);
    assert!(list.stdout.contains("6fba7f376b6c6dec49f41b06408930a43ad064cce103c6a2ce5b3d0413a86434"));
    // The lock is as it would be written: nothing is found in it.
    assert!(!said.stdout.contains("it was edited"), "{}", said.stdout);
}

fn base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".chars().collect();
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - three.len()));
        let digit = |at: usize| {
            if at <= three.len() { alphabet[((bits >> (18 - 6 * at)) & 63) as usize] } else { '=' }
        };
        out.extend((0..4).map(digit));
    }
    out
}

#[test]
fn base64_of_this_test() {
    for (bytes, text) in
        [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"foob", "Zm9vYg==")]
    {
        assert_eq!(base64(bytes), text);
    }
    assert!(Path::new("/bin/true").exists());
}

/// `pin-shadowed`: what an `.envrc` puts before a pinned tool, and the page's own examples.
#[test]
fn what_a_repository_puts_before_a_pinned_tool() {
    let sandbox = pinned();
    let shadowed = |exit: i32| {
        let run = check(&sandbox).exits(exit);
        run.stdout.contains("pin-shadowed")
    };
    sandbox.write(".envrc", "PATH_add tools\n");
    assert!(!shadowed(0));
    install(&sandbox, "tools/other", b"#!/bin/sh\n");
    assert!(!shadowed(0), "of another name");
    install(&sandbox, "tools/acme-tool", b"poisoned");
    let run = check(&sandbox).exits(1);
    run.says("tools/acme-tool stands before the pinned acme-tool").says(".envrc:1").says("sha256 ");
    // The pinned one itself.
    install(&sandbox, "tools/acme-tool", b"the tool");
    assert!(!shadowed(0));
    sandbox.write(".envrc", "acme-tool() { :; }\n");
    assert!(shadowed(0), "low: nobody but the file itself");
    let page = tree().join("crates/engine/src/shadows/pin-shadowed/doc.md");
    let page = fs::read_to_string(page).unwrap();
    for (heading, fires) in [("Bad", true), ("Good", false)] {
        let (_, rest) = page.split_once(&format!("## {heading}\n\n```toml\n")).unwrap();
        let example: toml::Table = toml::from_str(rest.split_once("```").unwrap().0).unwrap();
        let sandbox = Sandbox::with_policy(POLICY);
        sandbox.write("allowlists/binaries.toml", binaries("op", "unsigned = \"x\""));
        sandbox.write("proofmark.lock", lock("op", b"the tool", UNSIGNED));
        for (path, text) in example["files"].as_table().unwrap() {
            install(&sandbox, path, text.as_str().unwrap().as_bytes());
        }
        let run = sandbox.program(["check", "--now", NOW]).run();
        assert_eq!(run.stdout.contains("pin-shadowed"), fires, "{heading}: {}", run.stdout);
    }
}
