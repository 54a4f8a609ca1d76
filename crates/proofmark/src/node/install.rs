//! `proofmark node install`: the link among containerd's verifiers, and what its configuration needs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proofmark_engine::Exit;
use proofmark_report::inert;

use super::containerd::{Config, VERIFIER};
use super::{LINK, doctor, link};
use crate::cli::NodeInstallArgs;
use crate::failure::Failure;
use crate::files::{Readers, write_atomically};
use crate::output::Output;

/// Prints what would be done, or does it.
pub(super) fn install(args: &NodeInstallArgs, output: &mut Output) -> Result<Exit, Failure> {
    let config = Config::load(&args.config)?;
    let program = program()?;
    let plan = Plan {
        link: config.bin_dir().join(LINK),
        program,
        part: part(&config),
        wrong: wrong(&config, &args.config),
        config: &args.config,
    };
    if !args.write {
        output.text(&plan.shown())?;
        return Ok(Exit::Clean);
    }
    plan.carry_out(&config, output)
}

/// This program, where nobody but root can change it.
fn program() -> Result<PathBuf, Failure> {
    let unusable = |why: String| {
        Failure::usage(
            "node-program",
            format!("this program cannot decide on a node: {why}"),
            "install it where root alone may write, such as /usr/local/bin, and run it from there",
        )
    };
    let path = std::env::current_exe().map_err(|error| unusable(error.to_string()))?;
    match link::changeable(&path) {
        Ok(None) => Ok(path),
        Ok(Some(why)) => Err(unusable(why)),
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// The lines that the configuration lacks; `None`: containerd's defaults or its own lines will do.
fn part(config: &Config) -> Option<String> {
    let mut text = String::new();
    if config.max_verifiers() == 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "[plugins.\"{VERIFIER}\"]\n  max_verifiers = 10");
    }
    if config.files.is_empty() {
        let _ = writeln!(
            text,
            "version = 3\n[plugins.\"{VERIFIER}\"]\n  bin_dir = \"{}\"\n  max_verifiers = 10\n  \
             per_verifier_timeout = \"10s\"\n\
             # Kubernetes must pull through the transfer service, or no verifier is asked.\n\
             [plugins.\"io.containerd.cri.v1.images\"]\n  use_local_image_pull = false",
            config.bin_dir().display()
        );
    }
    Some(text).filter(|text| !text.is_empty())
}

/// What else in it keeps verifiers from being asked, and how to mend it: lines to change, where none is missing.
fn wrong(config: &Config, path: &Path) -> Vec<(String, String)> {
    let lacks = config.max_verifiers() == 0;
    let told = |wrong: &(String, String)| !(lacks && wrong.0.starts_with("max_verifiers = 0"));
    doctor::settings(config, path).into_iter().filter_map(|check| check.wrong).filter(told).collect()
}

struct Plan<'a> {
    link: PathBuf,
    program: PathBuf,
    part: Option<String>,
    wrong: Vec<(String, String)>,
    config: &'a Path,
}

impl Plan<'_> {
    fn shown(&self) -> String {
        let (link, program) = (self.link.display().to_string(), self.program.display().to_string());
        let mut text = format!("# The link:\nln -sfn {} {}\n", inert(&program), inert(&link));
        match &self.part {
            Some(part) => {
                let _ = write!(text, "\n# In {}:\n{part}", inert(&self.config.display().to_string()));
            }
            None if self.wrong.is_empty() => {
                let _ =
                    writeln!(text, "\n# {} needs nothing more.", inert(&self.config.display().to_string()));
            }
            None => {}
        }
        for (wrong, fix) in &self.wrong {
            let shown = inert(&self.config.display().to_string());
            let _ = writeln!(text, "\n# To be changed in {shown}: {wrong}\n#   fix: {fix}");
        }
        text.push_str("\n# Then: systemctl restart containerd; proofmark node doctor\n");
        text
    }

    fn carry_out(&self, config: &Config, output: &mut Output) -> Result<Exit, Failure> {
        let failed = |path: &Path, error: &std::io::Error| {
            Failure::unverifiable(
                "node-not-written",
                format!("{} could not be written: {error}", path.display()),
                "run it as root: sudo proofmark node install --write",
            )
        };
        link::place(&self.link, &self.program).map_err(|error| failed(&self.link, &error))?;
        let mut text = format!(
            "placed {} -> {}\n",
            inert(&self.link.display().to_string()),
            inert(&self.program.display().to_string())
        );
        let shown = inert(&self.config.display().to_string());
        match &self.part {
            Some(part) if config.files.is_empty() => {
                write_atomically(self.config, part.as_bytes(), Readers::AsBefore)
                    .map_err(|error| failed(self.config, &error))?;
                let _ = writeln!(text, "wrote {shown}");
            }
            // A file that somebody keeps is theirs to change.
            Some(part) => {
                let _ = write!(text, "\nadd to {shown}:\n{part}");
            }
            None if self.wrong.is_empty() => {
                let _ = writeln!(text, "{shown} needs nothing more");
            }
            None => {}
        }
        for (wrong, fix) in &self.wrong {
            let _ = writeln!(text, "\nto be changed in {shown}: {wrong}\n  fix: {fix}");
        }
        text.push_str("then: systemctl restart containerd; proofmark node doctor\n");
        output.text(&text)?;
        Ok(Exit::Clean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_configuration_lacks() {
        let part = part(&Config::default()).unwrap();
        let table: toml::Table = part.parse().unwrap();
        assert_eq!(table["version"].as_integer(), Some(3));
        assert_eq!(table["plugins"][VERIFIER]["max_verifiers"].as_integer(), Some(10));
        assert_eq!(
            table["plugins"]["io.containerd.cri.v1.images"]["use_local_image_pull"].as_bool(),
            Some(false)
        );
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a file that stands for containerd's")]
    fn nothing_more_is_needed_only_where_verifiers_are_asked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let shown = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let config = Config::read(&path).unwrap();
            let (part, wrong) = (part(&config), wrong(&config, &path));
            Plan { link: PathBuf::from("l"), program: PathBuf::from("p"), part, wrong, config: &path }.shown()
        };
        assert!(shown("version = 3\n").contains("needs nothing more"));
        let images = "[plugins.\"io.containerd.cri.v1.images\"]\nuse_local_image_pull = true\n";
        let text = shown(&format!("disabled_plugins = [\"{VERIFIER}\"]\n{images}"));
        assert!(!text.contains("needs nothing more"), "{text}");
        for part in ["disabled_plugins names", "use_local_image_pull = true", "fix: "] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = shown(&format!("[plugins.\"{VERIFIER}\"]\nmax_verifiers = 0\n"));
        assert!(text.contains("max_verifiers = 10") && !text.contains("To be changed"), "{text}");
    }
}
