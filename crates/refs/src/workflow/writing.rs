//! Steps that may give variables another value for those behind them.
//!
//! Source: GitHub Docs, "Workflow commands" (`GITHUB_ENV`); `@actions/core` (`exportVariable`). Whatever a step runs may append to the file
//! that `GITHUB_ENV` names, so that only steps of which every program is known are taken to leave variables as they are. What actions
//! of other repositories do is their own affair, unless they run a script that stands here.

use crate::yaml::{Id, Tree};

/// Programs and words of a shell that run nothing of the repository, and write no files but by `>`.
const HARMLESS: [&str; 44] = [
    "[",
    "[[",
    "apt-get",
    "basename",
    "cat",
    "cd",
    "chmod",
    "cosign",
    "cut",
    "date",
    "df",
    "dirname",
    "do",
    "docker",
    "done",
    "echo",
    "else",
    "esac",
    "exit",
    "export",
    "false",
    "fi",
    "free",
    "gh",
    "git",
    "grep",
    "head",
    "jq",
    "ls",
    "mkdir",
    "printf",
    "pwd",
    "rm",
    "set",
    "sha256sum",
    "shopt",
    "sleep",
    "tail",
    "test",
    "tr",
    "true",
    "wc",
    "xz",
    "}",
];

/// Words before a command.
const BEFORE: [&str; 7] = ["!", "{", "if", "sudo", "then", "until", "while"];

/// Files of the runner that hold no variables.
const OTHERS: [&str; 2] = ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"];

/// In the place of what is quoted.
const QUOTED: char = '\u{1a}';

/// Whether a step of a job may write variables.
pub(super) fn may_write(tree: &Tree<'_>, step: Id, job: Id) -> bool {
    let runs = tree.get(step, "run").into_iter().any(|run| match tree.scalar(run) {
        Some(text) => !tree.spend(text.len().saturating_mul(4)) || !is_harmless(text),
        None => !tree.is_null(run),
    });
    // Another shell may be any program.
    let defaults = [Some(job), tree.root].into_iter().flatten().flat_map(|of| tree.get(of, "defaults"));
    let defaults = defaults.flat_map(|defaults| tree.get(defaults, "run"));
    let mut shells = defaults.chain([step]).flat_map(|of| tree.get(of, "shell"));
    let shell = |id: Id| !matches!(tree.scalar(id), Some("bash" | "sh") | None);
    let runs = runs || !tree.get(step, "run").is_empty() && shells.any(shell);
    let acts = tree.get(step, "uses").into_iter().filter_map(|uses| tree.scalar(uses)).any(|uses| {
        let uses = uses.trim().to_ascii_lowercase();
        super::workspace::is_local(&uses) || uses.starts_with("actions/github-script")
    });
    runs || acts
}

/// Whether each command of a script is one of [`HARMLESS`], and none writes to where a variable or a quoted text says.
fn is_harmless(script: &str) -> bool {
    if script.contains("${{")
        || script.contains('`')
        || OTHERS.iter().any(|name| script.contains(&format!("{name}=")))
    {
        return false;
    }
    let mut script = script.replace("\\\n", " ");
    for name in OTHERS {
        for written in
            [format!("\"${name}\""), format!("\"${{{name}}}\""), format!("${{{name}}}"), format!("${name}")]
        {
            script = script.replace(&written, "/dev/null");
        }
    }
    commands(&script).lines().all(|line| is_harmless_command(line) && !writes_elsewhere(line))
}

/// A script with a line for each command, those that are substituted among them, and [`QUOTED`] for what is in quotes.
fn commands(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    // Of each substitution that is open, whether it stands in double quotes.
    let (mut open, mut double) = (Vec::new(), false);
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
                out.push(QUOTED);
            }
            '"' => {
                double = !double;
                out.push(QUOTED);
            }
            '$' if chars.peek() == Some(&'(') => {
                chars.next();
                open.push(double);
                double = false;
                out.push('\n');
            }
            _ if double => {}
            '#' if out.is_empty() || out.ends_with(char::is_whitespace) => {
                out.extend(chars.by_ref().find(|c| *c == '\n'));
            }
            '\'' => {
                chars.by_ref().find(|c| *c == '\'');
                out.push(QUOTED);
            }
            // What follows is of the command around it.
            ')' if !open.is_empty() => {
                double = open.pop().unwrap_or(false);
                out.push_str("\necho ");
            }
            '(' => {
                open.push(false);
                out.push('\n');
            }
            '&' if out.ends_with('>') || chars.peek() == Some(&'>') => {}
            ')' | ';' | '|' | '&' => out.push('\n'),
            _ => out.push(c),
        }
    }
    out
}

fn writes_elsewhere(line: &str) -> bool {
    // `>>` leaves nothing between its halves; what is substituted stands in a line of its own.
    let targets = line.split('>').skip(1).filter(|rest| !rest.is_empty());
    let known = |word: &str| word == "/dev/null" || !word.contains(['$', '*', '?', '/', QUOTED]);
    line.trim_end().ends_with('>') || !targets.filter_map(|rest| rest.split_whitespace().next()).all(known)
}

fn is_harmless_command(line: &str) -> bool {
    let assigns = |word: &str| {
        let name = word.split('=').next().unwrap_or_default();
        word.contains('=') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut words = line.split_whitespace().skip_while(|word| assigns(word) || BEFORE.contains(word));
    words.next().is_none_or(|word| HARMLESS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts() {
        for script in [
            "echo hello",
            "echo 'it; ./x' \"a | ./b\"",
            "set -eu\ndocker pull x && echo done > log.txt",
            "# it's make\necho \"v=$(git rev-parse HEAD)\" >> \"$GITHUB_OUTPUT\"",
            "A=1 echo x 2>&1 >/dev/null",
            "if [ -f x ]; then rm x; fi",
            "docker run --rm \\\n  -v x:y alpine",
            "echo x >> $GITHUB_STEP_SUMMARY",
            "",
        ] {
            assert!(is_harmless(script), "{script}");
        }
        for script in [
            "./setup.sh",
            "make",
            "bash x",
            ". x",
            "source x",
            "eval x",
            "echo x | tee y",
            "echo B=x >> \"$F\"",
            "echo B=x >> $(printenv G)",
            "echo B=x >> ${F}",
            "echo B=x >> /home/runner/work/_temp/x",
            "echo B=x >> 'x'",
            "echo `./x`",
            "echo $(./x)",
            "echo \"a $(./x)\"",
            "echo \"a `./x`\"",
            "X=1 ./y",
            "\"./x\" y",
            "ec''ho x",
            "${{ inputs.script }}",
            "true; $X",
            "if ./x; then true; fi",
            "for i in 1; do ./x; done",
            "docker ps\n\"$X\" y",
            "\"./x\"",
            "f() { ./x; }; f",
            "(./x)",
            "GITHUB_OUTPUT=x; echo y >> $GITHUB_OUTPUT",
            "echo \"(\" ; ./x",
        ] {
            assert!(!is_harmless(script), "{script}");
        }
    }
}
