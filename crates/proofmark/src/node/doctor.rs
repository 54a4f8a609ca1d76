//! `proofmark node doctor`: each state in which containerd pulls without asking (NODE-01), and each in which everything
//! would be blocked.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use proofmark_core::Clock as _;
use proofmark_engine::Exit;
use proofmark_policy::MACHINE_DIRECTORY;
use proofmark_report::inert;

use super::containerd::{Config, VERIFIER};
use super::{LINK, link};
use crate::cli::NodeDoctorArgs;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::Output;
use crate::policy_source;

/// What the hook needs of containerd's patience: its own deadline, and a start on a busy node.
const LEAST_TIMEOUT: Duration = Duration::from_secs(9);

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    name: &'static str,
    /// What is wrong, and how to mend it; `None`: nothing.
    pub(super) wrong: Option<(String, String)>,
    /// What was seen.
    seen: String,
}

impl Check {
    fn good(name: &'static str, seen: impl Into<String>) -> Self {
        Self { name, wrong: None, seen: seen.into() }
    }

    fn bad(name: &'static str, wrong: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, wrong: Some((wrong.into(), fix.into())), seen: String::new() }
    }
}

/// Looks at everything, and says what is wrong: exit 1 if anything is, 3 if containerd's configuration cannot be read.
pub(super) fn doctor(args: &NodeDoctorArgs, output: &mut Output) -> Result<Exit, Failure> {
    let config = Config::load(&args.config)?;
    let mut checks = settings(&config, &args.config);
    checks.extend(directory(&config));
    checks.push(policy());
    output.text(&page(&checks))?;
    Ok(if checks.iter().any(|check| check.wrong.is_some()) { Exit::Failed } else { Exit::Clean })
}

/// What containerd is told.
pub(super) fn settings(config: &Config, path: &Path) -> Vec<Check> {
    let read = match config.files.len() {
        0 => format!("{} is not there: containerd's defaults", path.display()),
        1 => path.display().to_string(),
        more => format!("{} and {} files that it imports", path.display(), more - 1),
    };
    vec![Check::good("config", read), disabled(config), most(config), timeout(config), local_pull(config)]
}

fn disabled(config: &Config) -> Check {
    match config.disabled()[..] {
        [] => Check::good("plugins", "the plugins that ask verifiers are on"),
        ref off => Check::bad(
            "plugins",
            format!("disabled_plugins names {}: no verifier is asked", off.join(", ")),
            "take them out of disabled_plugins",
        ),
    }
}

fn most(config: &Config) -> Check {
    match config.max_verifiers() {
        0 => Check::bad(
            "max-verifiers",
            "max_verifiers = 0: no verifier is asked, and everything is pulled",
            format!("set max_verifiers = 10 in [plugins.\"{VERIFIER}\"]"),
        ),
        most if most < 0 => Check::good("max-verifiers", "every verifier is asked"),
        most => Check::good("max-verifiers", format!("the first {most} verifiers are asked")),
    }
}

fn timeout(config: &Config) -> Check {
    let fix = || format!("set per_verifier_timeout = \"10s\" in [plugins.\"{VERIFIER}\"]");
    match config.timeout() {
        None => {
            Check::bad("timeout", "per_verifier_timeout is no duration: containerd does not start", fix())
        }
        Some(time) if time < LEAST_TIMEOUT => Check::bad(
            "timeout",
            format!(
                "per_verifier_timeout is {time:?}: a slow registry ends in `timeout`, and not in a reason"
            ),
            fix(),
        ),
        Some(time) => Check::good("timeout", format!("a verifier may take {time:?}")),
    }
}

fn local_pull(config: &Config) -> Check {
    let found = config.local_pull();
    if found.is_empty() {
        return Check::good("local-pull", "Kubernetes pulls through the transfer service");
    }
    Check::bad(
        "local-pull",
        format!("{}: Kubernetes pulls without asking any verifier", inert(&found.join(", "))),
        "remove these from the CRI plugin for images; registries go into config_path (hosts.toml)",
    )
}

/// What stands in the directory of verifiers.
fn directory(config: &Config) -> Vec<Check> {
    let dir = config.bin_dir();
    let shown = inert(&dir.display().to_string());
    let fix = "proofmark node install --write";
    let entries = match link::verifiers(&dir) {
        Ok(entries) if entries.is_empty() => {
            return vec![Check::bad("bin-dir", format!("{shown} is empty: everything is pulled"), fix)];
        }
        Ok(entries) => entries,
        Err(error) => {
            return vec![Check::bad("bin-dir", format!("{shown}: {error}: everything is pulled"), fix)];
        }
    };
    let here = dir.join(LINK);
    let Some(at) = entries.iter().position(|entry| *entry == here) else {
        return vec![Check::bad("bin-dir", format!("{LINK} is not in {shown}: it is not asked"), fix)];
    };
    let most = usize::try_from(config.max_verifiers()).unwrap_or(usize::MAX);
    let order = if at < most {
        Check::good("bin-dir", format!("{LINK} is number {} of {} in {shown}", at + 1, entries.len()))
    } else {
        Check::bad(
            "bin-dir",
            format!("{LINK} is number {} of {}, and {most} are asked", at + 1, entries.len()),
            format!("set max_verifiers = -1 in [plugins.\"{VERIFIER}\"], or remove others"),
        )
    };
    vec![order, program(&here)]
}

/// What the link leads to.
fn program(here: &Path) -> Check {
    let fix = "install proofmark where root alone may write, then: proofmark node install --write";
    let meta = match std::fs::metadata(here) {
        Ok(meta) => meta,
        Err(error) => {
            return Check::bad("program", format!("the link leads nowhere: {error}: all is blocked"), fix);
        }
    };
    if !link::is_program(&meta) {
        return Check::bad("program", "what the link leads to is no program: all is blocked", fix);
    }
    match link::changeable(here) {
        Ok(None) => is_this_program(here, fix),
        Ok(Some(why)) => Check::bad("program", inert(&why), fix),
        Err(error) => Check::bad("program", error.to_string(), fix),
    }
}

/// Another program answers as it likes.
fn is_this_program(here: &Path, fix: &str) -> Check {
    let real = std::fs::canonicalize(here).unwrap_or_else(|_| here.to_owned());
    let shown = inert(&real.display().to_string());
    let own = std::env::current_exe().and_then(std::fs::canonicalize);
    match own.and_then(|own| Ok(own == real || link::same(&own, &real)?)) {
        Ok(true) => Check::good("program", format!("{shown}, changed by root alone")),
        Ok(false) => {
            Check::bad("program", format!("the link leads to {shown}, which is not this program"), fix)
        }
        Err(error) => {
            Check::bad("program", format!("{shown} cannot be compared with this program: {error}"), fix)
        }
    }
}

/// The policy that the hook judges by.
fn policy() -> Check {
    match policy_source::of_machine(SystemClock.now()) {
        Ok(Some(policy)) => Check::good(
            "policy",
            format!("{} {}, {} entries", policy.path.display(), policy.digest, policy.images.len()),
        ),
        Ok(None) => Check::bad(
            "policy",
            format!("{MACHINE_DIRECTORY}/proofmark.toml is not there: all is blocked"),
            "put the policy there, with its allowlists/ and trust-roots/",
        ),
        Err(failure) => {
            Check::bad("policy", format!("{}: all is blocked", inert(&failure.message)), inert(&failure.help))
        }
    }
}

fn page(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        // Writing to a String cannot fail.
        let _ = match &check.wrong {
            None => writeln!(text, "ok     {:13} {}", check.name, check.seen),
            Some((wrong, fix)) => {
                writeln!(text, "WRONG  {:13} {wrong}\n       {:13} fix: {fix}", check.name, "")
            }
        };
    }
    let wrong = checks.iter().filter(|check| check.wrong.is_some()).count();
    let _ = writeln!(text, "\n{} looked at, {wrong} wrong", checks.len());
    text
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "a directory that stands for containerd's")]
mod tests {
    use super::*;

    /// A configuration whose verifiers lie in `dir`, with these lines more.
    fn config(dir: &Path, plugin: &str, rest: &str) -> Config {
        let text = format!("{rest}\n[plugins.\"{VERIFIER}\"]\nbin_dir = \"{}\"\n{plugin}\n", dir.display());
        let file = dir.join("config.toml");
        std::fs::write(&file, text).unwrap();
        let config = Config::read(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        config
    }

    fn wrong(checks: &[Check]) -> Vec<&'static str> {
        checks.iter().filter(|check| check.wrong.is_some()).map(|check| check.name).collect()
    }

    #[test]
    fn node_01_each_setting_under_which_nobody_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let of = |plugin: &str, rest: &str| {
            let checks = settings(&config(dir.path(), plugin, rest), Path::new("config.toml"));
            wrong(&checks)
        };
        assert!(of("", "").is_empty());
        assert!(of("max_verifiers = -1\nper_verifier_timeout = \"30s\"", "").is_empty());
        assert_eq!(of("max_verifiers = 0", ""), ["max-verifiers"]);
        // containerd does not tell names of settings apart by their case.
        assert_eq!(of("Max_Verifiers = 0", ""), ["max-verifiers"]);
        assert_eq!(of("", &format!("Disabled_Plugins = [\"{VERIFIER}\"]")), ["plugins"]);
        assert_eq!(of("per_verifier_timeout = \"5s\"", ""), ["timeout"]);
        assert_eq!(of("per_verifier_timeout = \"soon\"", ""), ["timeout"]);
        assert_eq!(of("", &format!("disabled_plugins = [\"{VERIFIER}\"]")), ["plugins"]);
        let local = "[plugins.\"io.containerd.cri.v1.images\"]\nuse_local_image_pull = true";
        assert_eq!(of("", local), ["local-pull"]);
    }

    #[test]
    fn node_01_each_directory_in_which_nobody_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        let of = |plugin: &str| directory(&config(&bin, plugin, ""));
        let said = |checks: &[Check]| checks[0].wrong.clone().map(|(wrong, _)| wrong).unwrap_or_default();
        let missing = Config::default();
        assert_eq!(wrong(&directory(&missing)), ["bin-dir"], "the default directory is not there");
        std::fs::create_dir(&bin).unwrap();
        assert!(said(&of("")).contains("is empty"));
        std::fs::write(bin.join("00-other"), "").unwrap();
        assert!(said(&of("")).contains("is not in"));
        std::os::unix::fs::symlink("nowhere", bin.join(LINK)).unwrap();
        assert!(said(&of("max_verifiers = 1")).contains("number 2 of 2, and 1 are asked"));
        assert_eq!(wrong(&of("max_verifiers = 1")), ["bin-dir", "program"]);
        assert_eq!(wrong(&of("")), ["program"], "the link leads nowhere");
        std::fs::write(bin.join("nowhere"), "").unwrap();
        assert_eq!(wrong(&of("")), ["program"], "no program");
        let other = is_this_program(Path::new("/bin/sh"), "");
        assert!(other.wrong.unwrap().0.ends_with("which is not this program"));
        assert!(is_this_program(&std::env::current_exe().unwrap(), "").wrong.is_none());
    }

    #[test]
    fn the_page_counts() {
        let page = page(&[Check::good("a", "seen"), Check::bad("b", "wrong", "mend it")]);
        assert_eq!(
            page,
            "ok     a             seen\nWRONG  b             wrong\n                     fix: mend it\n\n2 looked at, 1 wrong\n"
        );
    }
}
