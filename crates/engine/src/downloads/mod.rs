//! Downloads that become programs, in the scripts of a repository.

use proofmark_core::{Finding, Outcome, RuleMeta, RuleStatus, Severity, Source, Subject, SubjectKind};
use proofmark_envrc::{Download, Limits, NoFiles, Watch, interpret};
use proofmark_refs::{ShellText, ShellTextKind};

/// What is known of the rule before it runs.
pub(crate) static META: RuleMeta = RuleMeta {
    id: "pin-unpinned-download",
    summary: "No script, Dockerfile or workflow makes a program of a download that nothing was compared with.",
    doc: include_str!("pin-unpinned-download/doc.md"),
    severity: Severity::Medium,
    threats: &["T3.2"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The rules about downloads.
pub(crate) const RULES: &[&RuleMeta] = &[&META];

/// A file with commands of a shell.
#[derive(Debug, Clone)]
pub struct ScriptFile {
    /// Its path, as the user would write it.
    pub path: String,
    /// All of it.
    pub text: String,
    /// Its commands, in its order.
    pub commands: Vec<ShellText>,
}

/// What was found in the files, and which of them hold something that is not read.
pub(crate) fn judge(files: &[ScriptFile]) -> (Vec<Finding>, Vec<&str>) {
    let (mut rows, mut unread) = (Vec::new(), Vec::new());
    for file in files {
        let (found, whole) = watch(file);
        if !whole {
            unread.push(file.path.as_str());
        }
        if found.is_empty() {
            continue;
        }
        let source = Source::new(file.path.clone(), file.text.clone());
        rows.extend(found.iter().map(|one| row(one, file, &source)));
    }
    (rows, unread)
}

/// What becomes a program in one file, and whether all of its commands were read.
fn watch(file: &ScriptFile) -> (Vec<Download>, bool) {
    let (mut watch, mut found, mut whole) = (Watch::default(), Vec::new(), true);
    for command in &file.commands {
        match &command.kind {
            ShellTextKind::Stage => watch.leave(),
            // Its digest is compared by who builds.
            ShellTextKind::Add { checked: true, .. } => watch.skip(),
            ShellTextKind::Add { to, executable, .. } => {
                found.extend(watch.add(command.text(), to, *executable));
            }
            ShellTextKind::Script => {
                let trace = interpret(&file.path, command.text().as_bytes(), &NoFiles, &Limits::default());
                whole &= trace.problems.is_empty();
                found.extend(watch.take(&trace));
            }
        }
    }
    (found, whole)
}

fn row(one: &Download, file: &ScriptFile, source: &Source) -> Finding {
    let place = file.commands.get(one.script).and_then(|command| command.place(one.span.clone()));
    let (severity, compared) = match &one.same_host {
        Some(host) => (
            Severity::Low,
            format!("it was compared with hashes of {host} alone, which gives the download too"),
        ),
        None => (Severity::Medium, "nothing was compared with it".to_owned()),
    };
    Finding {
        rule: &META,
        subject: Subject::named(SubjectKind::Binary, one.url.clone()),
        severity,
        outcome: Outcome::Finding,
        reason: None,
        message: format!("what is downloaded becomes a program ({}), and {compared}", one.becomes),
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: place.map(|place| source.origin(&place)),
        help: "write its hash here and compare it first: echo \"SHA256  FILE\" | sha256sum -c -; in a Dockerfile: ADD --checksum=sha256:…; or pin the tool: proofmark pin add"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proofmark_refs::{FileKind, ScanLimits, shell_texts};

    use super::*;

    fn file(path: &str, text: &str) -> ScriptFile {
        let commands = match path.rsplit('.').next() {
            Some("sh") => vec![ShellText::script(text)],
            Some("yml") => shell_texts(text.as_bytes(), FileKind::Workflow, &ScanLimits::default()),
            _ => shell_texts(text.as_bytes(), FileKind::Dockerfile, &ScanLimits::default()),
        };
        ScriptFile { path: path.to_owned(), text: text.to_owned(), commands }
    }

    fn lines(path: &str, text: &str) -> Vec<String> {
        let files = [file(path, text)];
        let (rows, unread) = judge(&files);
        assert_eq!(unread, [""; 0]);
        let line = |row: &Finding| {
            let at = row.location.as_ref().map(|at| (at.start.line, at.start.column));
            format!("{at:?} {} {}", row.severity.as_str(), row.subject.name)
        };
        rows.iter().map(line).collect()
    }

    /// The page's own examples.
    #[test]
    fn the_page_is_right() {
        let example = |heading: &str| {
            let (_, rest) = META.doc.split_once(&format!("## {heading}\n\n```dockerfile\n")).unwrap();
            rest.split_once("```").unwrap().0.to_owned()
        };
        assert_eq!(
            lines("Dockerfile", &example("Bad")),
            ["Some((2, 5)) medium https://tools.example/1.4.0/tool"]
        );
        assert_eq!(lines("Dockerfile", &example("Good")), [""; 0]);
    }

    #[test]
    fn stages_and_jobs_are_apart() {
        let text = "FROM a AS b\nRUN curl -Lo /x https://h.example/x\nFROM c\nRUN chmod +x /x\n";
        assert_eq!(lines("Dockerfile", text), [""; 0]);
        let one = "FROM a AS b\nRUN curl -Lo /x https://h.example/x\nRUN echo \\\n && chmod +x /x\n";
        assert_eq!(lines("Dockerfile", one), ["Some((2, 5)) medium https://h.example/x"]);
        let steps = "jobs:\n  a:\n    steps:\n      - run: curl -LO https://h.example/x\n      - run: chmod +x x\n  b:\n    steps:\n      - run: |\n          curl -LO https://h.example/y\n          curl -LO https://h.example/y.sha256\n          sha256sum -c y.sha256\n          sudo mv y /usr/local/bin/y\n";
        assert_eq!(
            lines("a.yml", steps),
            ["Some((4, 14)) medium https://h.example/x", "Some((9, 11)) low https://h.example/y"]
        );
    }

    #[test]
    fn added_files() {
        let text = "FROM a\nADD https://h.example/a /usr/local/bin/a\nRUN chmod 755 /usr/local/bin/a\nADD --checksum=sha256:0 https://h.example/b /b\nRUN chmod +x /b\nADD https://h.example/c /c\n";
        assert_eq!(lines("Dockerfile", text), ["Some((2, 5)) medium https://h.example/a"]);
    }

    #[test]
    fn what_is_no_bash_is_told() {
        let files = [file("a.sh", "if [[ -n x ]] {\n"), file("b.sh", "curl https://h.example/i | sh\n")];
        let (rows, unread) = judge(&files);
        assert_eq!((rows.len(), unread), (1, vec!["a.sh"]));
    }
}
