//! Policies in real directories: links, owners, permissions, and where the nearest one is.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use proofmark_core::registry::MirrorAt;
use proofmark_policy::{Code, How, LoadFailure, LoadOptions, Location, OwnerRule, Policy, lint, locate};

/// A fresh tree `NAME/` with `.git` and a policy in `NAME/repo`, writable by its owner alone.
fn tree(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy-directories").join(name);
    let _ = fs::remove_dir_all(&root);
    let repo = root.join("repo");
    for (path, bytes) in support::common() {
        support::write(&repo.join(path), &bytes);
    }
    support::write(
        &repo.join("proofmark.toml"),
        &support::read(&support::cases().join("good-key/proofmark.toml")),
    );
    fs::create_dir(repo.join(".git")).unwrap();
    private(&root);
    repo
}

fn private(path: &Path) {
    let mode = if path.is_dir() { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            private(&entry.unwrap().path());
        }
    }
}

fn chmod(path: PathBuf, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn load(repo: &Path, rule: OwnerRule) -> Result<Policy, LoadFailure> {
    let location = Location::at(repo).unwrap();
    Policy::load(&location, &LoadOptions { owner_rule: rule, ..support::options() })
}

fn me(repo: &Path) -> OwnerRule {
    OwnerRule::CallerOrRoot { uid: fs::metadata(repo).unwrap().uid() }
}

fn code(result: Result<Policy, LoadFailure>) -> Code {
    result.unwrap_err().errors[0].code
}

#[test]
fn a_policy_of_the_caller_loads_and_is_shown_relative() {
    let repo = tree("good");
    let options = LoadOptions { owner_rule: me(&repo), display_base: Some(&repo), ..support::options() };
    let policy = Policy::load(&Location::at(&repo).unwrap(), &options).unwrap();
    assert_eq!(policy.path, Path::new("proofmark.toml"));
    assert_eq!(policy.registries[0].origin.file, "allowlists/registries.toml");
    assert_eq!(policy.found, How::Flag);
    assert!(load(&repo, OwnerRule::DirectoryOwner).is_ok());
    // The same bytes elsewhere have the same digest.
    assert_eq!(policy.digest, load(&tree("good-again"), OwnerRule::DirectoryOwner).unwrap().digest);
}

#[test]
fn links_that_leave_the_directory_are_refused() {
    let repo = tree("links");
    let outside = repo.parent().unwrap().join("outside.toml");
    support::write(&outside, b"[[registry]]\nhost = \"evil.example\"\n");
    let list = repo.join("allowlists/registries.toml");
    fs::remove_file(&list).unwrap();
    symlink(&outside, &list).unwrap();
    assert_eq!(code(load(&repo, me(&repo))), Code::OutsidePolicy);
    // A link to nowhere is not the same as no file.
    fs::remove_file(&outside).unwrap();
    assert_eq!(code(load(&repo, me(&repo))), Code::Unreadable);
    // One that stays inside is how volumes are mounted.
    fs::remove_file(&list).unwrap();
    support::write(&repo.join("..data/registries.toml"), b"[[registry]]\nhost = \"ghcr.io\"\n");
    private(&repo);
    symlink("../..data/registries.toml", &list).unwrap();
    assert_eq!(load(&repo, me(&repo)).unwrap().registries.len(), 1);
}

#[test]
fn a_linked_folder_does_not_lead_out() {
    let repo = tree("linked-folder");
    let outside = repo.parent().unwrap().join("elsewhere");
    fs::rename(repo.join("trust-roots"), &outside).unwrap();
    symlink(&outside, repo.join("trust-roots")).unwrap();
    assert_eq!(code(load(&repo, me(&repo))), Code::OutsidePolicy);
}

/// A policy that names a file or directory of every kind.
fn tree_with_all_paths(name: &str) -> PathBuf {
    let repo = tree(name);
    let policy = "version = 1\n\n[signers.platform]\nkey = \"platform.pub\"\n\n\
                  [signers.vendor]\nopenpgp = \"vendor.asc\"\nfingerprint = \"0123456789012345678901234567890123456789\"\n\n\
                  [signers.ci]\nissuer = \"https://ci.example\"\nidentity = \"https://ci.example/a\"\ntrusted-root = \"corp\"\n\n\
                  [[image]]\nmatch = \"ghcr.io/acme/app\"\nsigned-by = { any = [\"platform\", \"ci\"] }\ndigests = \"lists/images.toml\"\n";
    support::write(&repo.join("proofmark.toml"), policy.as_bytes());
    let registries = "[[registry]]\nhost = \"ghcr.io\"\nca-file = \"certs/ca.pem\"\nmirrors = [{ at = \"oci:images/acme\" }]\n\n\
                      [[registry]]\nhost = \"quay.io\"\nca-file = \"certs/ca.pem\"\n";
    support::write(&repo.join("allowlists/registries.toml"), registries.as_bytes());
    for (path, content) in [
        ("allowlists/lists/images.toml", ""),
        ("allowlists/denied.toml", ""),
        ("allowlists/exceptions.toml", ""),
        ("trust-roots/corp.json", "ROOT logs ct"),
        ("certs/ca.pem", "CERTIFICATES"),
        ("images/acme/oci-layout", "{}"),
    ] {
        support::write(&repo.join(path), content.as_bytes());
    }
    private(&repo);
    repo
}

/// "paths never leave that directory": whatever kind of file it is, and whichever part of its path is the link.
#[test]
fn no_path_leaves_the_directory() {
    let repo = tree_with_all_paths("no-path-leaves");
    assert!(load(&repo, me(&repo)).is_ok());
    for path in [
        "proofmark.toml",
        "allowlists",
        "allowlists/registries.toml",
        "allowlists/denied.toml",
        "allowlists/exceptions.toml",
        "allowlists/lists",
        "allowlists/lists/images.toml",
        "trust-roots",
        "trust-roots/platform.pub",
        "trust-roots/platform.toml",
        "trust-roots/vendor.asc",
        "trust-roots/corp.json",
        "certs",
        "certs/ca.pem",
        "images",
        "images/acme",
    ] {
        let repo = tree_with_all_paths("no-path-leaves");
        let outside = repo.parent().unwrap().join("outside");
        fs::rename(repo.join(path), &outside).unwrap();
        symlink(&outside, repo.join(path)).unwrap();
        let failure = load(&repo, me(&repo)).unwrap_err();
        assert!(failure.errors.iter().all(|error| error.code == Code::OutsidePolicy), "{path}: {failure:?}");
        // Within the directory a link is how volumes are mounted.
        let inside = repo.join("..data");
        fs::rename(&outside, &inside).unwrap();
        fs::remove_file(repo.join(path)).unwrap();
        symlink(&inside, repo.join(path)).unwrap();
        assert!(load(&repo, me(&repo)).is_ok(), "{path}");
        if path == "proofmark.toml" {
            continue;
        }
        // A link that leads nowhere is not the same as an absent file, nor is a folder's.
        fs::remove_dir_all(&inside).or_else(|_| fs::remove_file(&inside)).unwrap();
        assert_eq!(
            load(&repo, me(&repo)).map_err(|failure| failure.errors[0].code),
            Err(Code::Unreadable),
            "{path}"
        );
    }
}

/// What is opened later is what was looked at when the policy was read: a directory without links, and the bytes of a file.
#[test]
fn what_was_looked_at_is_handed_on() {
    let repo = tree_with_all_paths("handed-on");
    fs::rename(repo.join("images"), repo.join("real")).unwrap();
    symlink("real", repo.join("images")).unwrap();
    let policy = load(&repo, me(&repo)).unwrap();
    let [ghcr, quay] = policy.registries.as_slice() else { panic!("{:?}", policy.registries) };
    let layout = fs::canonicalize(&repo).unwrap().join("real/acme");
    assert_eq!(ghcr.mirrors[0].at, MirrorAt::Layout(layout));
    let (one, other) = (ghcr.ca_file.as_ref().unwrap(), quay.ca_file.as_ref().unwrap());
    assert_eq!(&*one.pem, b"CERTIFICATES");
    assert!(std::sync::Arc::ptr_eq(&one.pem, &other.pem), "one file is read once");
    assert_eq!(policy.files["certs/ca.pem"], proofmark_core::Digest::sha256(&one.pem));
    // A layout that is not there yet is for its reader to tell.
    fs::remove_dir_all(repo.join("real/acme")).unwrap();
    assert!(load(&repo, me(&repo)).is_ok());
}

#[test]
fn what_is_no_regular_file_is_not_opened() {
    let repo = tree("not-regular");
    fs::remove_file(repo.join("allowlists/registries.toml")).unwrap();
    fs::create_dir(repo.join("allowlists/registries.toml")).unwrap();
    private(&repo);
    assert_eq!(code(load(&repo, me(&repo))), Code::Unreadable);
}

#[test]
fn a_file_too_large_is_not_read() {
    let repo = tree("large");
    support::write(&repo.join("proofmark.toml"), &vec![b'#'; (1 << 20) + 1]);
    private(&repo);
    assert_eq!(code(load(&repo, me(&repo))), Code::Limit);
}

#[test]
fn world_writable_is_an_error_up_to_the_trees_root() {
    for path in
        ["proofmark.toml", "allowlists", "allowlists/registries.toml", "trust-roots/platform.pub", "."]
    {
        let repo = tree("world");
        let mode = if repo.join(path).is_dir() { 0o777 } else { 0o666 };
        chmod(repo.join(path), mode);
        assert_eq!(code(load(&repo, me(&repo))), Code::WorldWritable, "{path}");
    }
    let repo = tree("world-parent");
    // The policy in a folder of the tree: the tree's root counts, what is above it does not.
    fs::create_dir(repo.join("deep")).unwrap();
    for name in ["proofmark.toml", "allowlists", "trust-roots"] {
        fs::rename(repo.join(name), repo.join("deep").join(name)).unwrap();
    }
    private(&repo);
    chmod(repo.parent().unwrap().to_owned(), 0o777);
    assert!(load(&repo.join("deep"), me(&repo)).is_ok());
    chmod(repo.clone(), 0o1777);
    assert_eq!(code(load(&repo.join("deep"), me(&repo))), Code::WorldWritable);
    chmod(repo.parent().unwrap().to_owned(), 0o755);
}

#[test]
fn group_writable_is_a_finding_and_an_error_for_the_machine() {
    let repo = tree("group");
    chmod(repo.join("allowlists"), 0o775);
    let policy = load(&repo, me(&repo)).unwrap();
    let found: Vec<&str> = lint(&policy).iter().map(|finding| finding.rule).collect();
    assert_eq!(found, ["policy-group-writable"]);
    let owned_by_root = fs::metadata(&repo).unwrap().uid() == 0;
    let expected = if owned_by_root { Code::GroupWritable } else { Code::Owner };
    assert_eq!(code(load(&repo, OwnerRule::Root)), expected);
}

#[test]
fn someone_elses_policy_is_refused() {
    let repo = tree("owner");
    let uid = fs::metadata(&repo).unwrap().uid();
    let result = load(&repo, OwnerRule::CallerOrRoot { uid: uid.wrapping_add(1) });
    // What root owns, everyone accepts.
    if uid == 0 {
        assert!(result.is_ok());
    } else {
        assert_eq!(code(result), Code::Owner);
    }
    if uid == 0 {
        std::os::unix::fs::chown(repo.join("allowlists/registries.toml"), Some(4242), None).unwrap();
        assert_eq!(code(load(&repo, OwnerRule::CallerOrRoot { uid: 0 })), Code::Owner);
        assert_eq!(code(load(&repo, OwnerRule::DirectoryOwner)), Code::Owner);
        assert_eq!(code(load(&repo, OwnerRule::Root)), Code::Owner);
        assert!(load(&repo, OwnerRule::CallerOrRoot { uid: 4242 }).is_ok());
    }
}

#[test]
fn the_nearest_policy_within_the_tree() {
    let repo = tree("nearest");
    let deep = repo.join("a/b");
    fs::create_dir_all(&deep).unwrap();
    let found = locate(&deep).unwrap();
    assert_eq!(
        (found.file, found.how),
        (fs::canonicalize(repo.join("proofmark.toml")).unwrap(), How::Nearest)
    );
    assert_eq!(found.tree_root, Some(fs::canonicalize(&repo).unwrap()));
    // A nearer one wins; a tree inside hides what is above it.
    support::write(&repo.join("a/proofmark.toml"), b"version = 1\n");
    assert_eq!(locate(&deep).unwrap().file, fs::canonicalize(repo.join("a/proofmark.toml")).unwrap());
    support::write(&deep.join(".git"), b"gitdir: ../../.git\n");
    assert_eq!(locate(&deep).unwrap_err().code, Code::NotFound);
}

#[test]
fn a_policy_that_is_not_there() {
    let repo = tree("absent");
    fs::remove_file(repo.join("proofmark.toml")).unwrap();
    assert_eq!(Location::at(&repo).unwrap_err().code, Code::NotFound);
    assert_eq!(Location::at(&repo.join("x.toml")).unwrap_err().code, Code::NotFound);
    assert_eq!(locate(&repo).unwrap_err().code, Code::NotFound);
}
