//! `pin install`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::publisher::{Publisher, SIGNED, Way, binaries};
use super::{TOOL, add, published};
use crate::support::{Run, Sandbox, skipped};

fn install(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let fixed = ["pin", "install", "--policy", ".", "--to", "bin"];
    sandbox.program(fixed.into_iter().chain(arguments.iter().copied())).run()
}

fn pinned() -> (Publisher, Sandbox) {
    let publisher = published();
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    add(&sandbox, &[]).exits(0);
    (publisher, sandbox)
}

/// The names in `bin/`.
fn names(sandbox: &Sandbox) -> Vec<String> {
    let files = sandbox.files("work/bin");
    files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn what_is_pinned_is_installed_and_verified() {
    let (publisher, sandbox) = pinned();
    install(&sandbox, &[])
        .exits(0)
        .says("installed  bin/acme-tool is acme-tool 1.0.0 linux/amd64")
        .says("signed the executable");
    assert_eq!(
        (sandbox.read("bin/acme-tool"), names(&sandbox)),
        ("the tool".to_owned(), vec!["acme-tool".to_owned()])
    );
    let mode = fs::metadata(sandbox.path("bin/acme-tool")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
    sandbox.program(["pin", "verify", "bin"]).run().exits(0).says("1 verified");
    let asked = publisher.asked().len();
    install(&sandbox, &[]).exits(0).says("as before");
    // What was downloaded is enough, without a network; without either it is told.
    fs::remove_file(sandbox.path("bin/acme-tool")).unwrap();
    install(&sandbox, &["--offline"]).exits(0).says("installed");
    assert_eq!(publisher.asked().len(), asked, "nobody is asked for what was downloaded");
    fs::remove_file(sandbox.path("bin/acme-tool")).unwrap();
    install(&sandbox, &["--offline", "--no-cache"]).fails_with_words(3, "download-offline");
    // What was changed in place is made right again.
    sandbox.write("bin/acme-tool", "poisoned");
    install(&sandbox, &["acme-tool@1.0.0"]).exits(0).says("installed");
    assert_eq!(sandbox.read("bin/acme-tool"), "the tool");
}

impl Run {
    /// As `fails_with`, where others may have been installed and standard output is not empty.
    #[track_caller]
    fn fails_with_words(self, exit: i32, code: &str) -> Self {
        self.exits(exit).says(&format!("error[{code}]: ")).says("\nhelp: ")
    }
}

#[test]
fn a_replaced_download_is_not_installed() {
    let (publisher, sandbox) = pinned();
    publisher.put(TOOL, b"poisoned".to_vec());
    sandbox.write("bin/acme-tool", "before");
    install(&sandbox, &["--no-cache"]).fails_with_words(1, "pin-differs").says("is not what is pinned");
    assert_eq!((sandbox.read("bin/acme-tool"), names(&sandbox).len()), ("before".to_owned(), 1));
    // A lock that somebody changed with it: its signature is over something else.
    let lock = sandbox.read("proofmark.lock");
    let (tool, poisoned) = (super::sum(b"the tool"), super::sum(b"poisoned"));
    sandbox.write("proofmark.lock", lock.replace(&tool, &poisoned));
    install(&sandbox, &["--no-cache"]).fails_with_words(1, "pin-refused").says("wrong-subject");
    assert_eq!(sandbox.read("bin/acme-tool"), "before");
}

#[test]
fn a_download_that_breaks_off_goes_on() {
    let (publisher, sandbox) = pinned();
    publisher.put_so(TOOL, b"the tool".to_vec(), Way::CutOnce);
    install(&sandbox, &["--no-cache"]).exits(0).says("installed");
    assert_eq!(sandbox.read("bin/acme-tool"), "the tool");
    publisher.put_so(TOOL, b"the tool".to_vec(), Way::CutAlways);
    fs::remove_file(sandbox.path("bin/acme-tool")).unwrap();
    install(&sandbox, &["--no-cache"]).fails_with_words(3, "download-failed");
    assert_eq!(names(&sandbox), [""; 0]);
}

#[test]
fn what_is_not_pinned_or_not_listed() {
    let (_publisher, sandbox) = pinned();
    install(&sandbox, &["other"]).fails_with_words(2, "pin-not-pinned").says("proofmark pin add other");
    install(&sandbox, &["acme-tool@3.0"])
        .fails_with_words(2, "pin-not-pinned")
        .says("acme-tool 1.0.0 linux/amd64");
    sandbox.write("allowlists/binaries.toml", binaries("\"2.0.0\"", SIGNED));
    install(&sandbox, &["acme-tool@1.0.0"])
        .fails_with_words(1, "pin-refused")
        .says("older than every version");
    // A policy that nobody accepted installs nothing.
    sandbox.program(["pin", "install", "--to", "bin"]).run().fails_with(2, "policy-not-accepted");
    fs::remove_file(sandbox.path("allowlists/binaries.toml")).unwrap();
    install(&sandbox, &["acme-tool"])
        .fails_with_words(1, "pin-refused")
        .says("does not let acme-tool be pinned");
    assert_eq!(names(&sandbox), [""; 0]);
}

/// What the user pins under a policy that they accepted is theirs; what came otherwise is accepted first.
#[test]
fn a_lock_that_others_changed_installs_nothing() {
    let publisher = published();
    publisher.publish("2.0.0", b"the newer tool");
    let sandbox = publisher.sandbox("\"1.0.0\", \"2.0.0\"", SIGNED);
    let pin = |version: &str| {
        let tool = format!("acme-tool@{version}");
        sandbox.program(["pin", "add", &tool, "--by", "alice"]).run().exits(0);
    };
    let plain = || sandbox.program(["pin", "install", "--to", "bin"]).run();
    let trusted = || sandbox.program(["policy", "trust"]).run().exits(0);
    trusted();
    pin("1.0.0");
    plain().exits(0).says("installed");
    sandbox.write("proofmark.lock", sandbox.read("proofmark.lock").replace("alice", "mallory"));
    plain().fails_with(2, "policy-not-accepted").says("proofmark.lock (sha256:");
    // Pinning something else does not accept what is beside it.
    pin("2.0.0");
    plain().fails_with(2, "policy-not-accepted");
    trusted().says("accepted proofmark.lock (sha256:");
    plain().exits(0).says("is acme-tool 2.0.0");
}

#[test]
fn without_a_home_or_into_what_is_no_folder() {
    let (_publisher, sandbox) = pinned();
    let home = |program: crate::support::Program<'_>| program.without("HOME").run();
    home(sandbox.program(["pin", "install", "--policy", "."])).fails_with(2, "install-target");
    sandbox.write("file", "x");
    sandbox
        .program(["pin", "install", "--policy", ".", "--to", "file"])
        .run()
        .fails_with(3, "install-target");
    sandbox.program(["pin", "install", "--policy", "."]).run().exits(0);
    let installed = sandbox.dir().join("home/.local/bin/acme-tool");
    assert_eq!(fs::read(installed).unwrap(), b"the tool");
}

/// Root writes everywhere but to what is full or mounted read-only.
#[test]
fn a_full_disk_for_executables() {
    let (_publisher, sandbox) = pinned();
    fs::create_dir(sandbox.path("bin")).unwrap();
    for options in ["size=4k,nr_inodes=8", "ro"] {
        let mount = format!("mount -t tmpfs -o {options} tmpfs {}", sandbox.path("bin").display());
        let fill =
            if options == "ro" { String::new() } else { " && head -c 4096 /dev/zero >bin/filler".to_owned() };
        let works = Command::new("unshare")
            .args(["-m", "sh", "-c", &mount])
            .output()
            .is_ok_and(|out| out.status.success());
        if !works {
            return skipped("needs root and a mount namespace");
        }
        let program = sandbox.program(["pin", "install", "--policy", ".", "--to", "bin"]);
        let script = format!("{mount}{fill} && exec \"$0\" \"$@\"");
        program.through("unshare", &["-m", "sh", "-c", &script]).run().fails_with_words(3, "install-target");
    }
}

/// As a user `op` is installed without its group, and that is told; as root with it.
#[test]
fn the_group_of_a_setgid_executable() {
    let publisher = published();
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    let recipe = sandbox.read("recipes/acme-tool.toml");
    sandbox.write(
        "recipes/acme-tool.toml",
        recipe.replacen("[[evidence]]", "mode = \"2755\"\ngroup = \"daemon\"\n[[evidence]]", 1),
    );
    add(&sandbox, &[]).exits(0);
    let said = install(&sandbox, &[]).exits(0);
    let mode = fs::metadata(sandbox.path("bin/acme-tool")).unwrap().permissions().mode() & 0o7777;
    if rustix::process::geteuid().is_root() {
        use std::os::unix::fs::MetadataExt as _;
        assert_eq!((mode, fs::metadata(sandbox.path("bin/acme-tool")).unwrap().gid()), (0o2755, 1));
    } else {
        said.says("only root gives it the group daemon");
        assert_eq!(mode, 0o755);
    }
    install(&sandbox, &[]).exits(0).says("as before");
    // A group that is not there.
    let absent = sandbox.read("recipes/acme-tool.toml").replace("daemon", "no-such-group");
    sandbox.write("recipes/acme-tool.toml", absent);
    install(&sandbox, &[]).exits(0).says("no-such-group");
    let mode = fs::metadata(sandbox.path("bin/acme-tool")).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o755, "never setgid to another group");
}
