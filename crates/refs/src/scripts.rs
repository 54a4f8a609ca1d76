//! The shell commands that files hold: `RUN` and `ADD` of a Dockerfile, `run:` of workflows and actions.
//!
//! Sources: Dockerfile reference, "RUN", "ADD" and "Here-documents"; GitHub Docs, "Workflow syntax for GitHub Actions"
//! (`jobs.<job_id>.steps[*].run`, `.shell`) and "Metadata syntax" (`runs.steps`).

use std::cell::Cell;
use std::ops::Range;

use crate::detect::FileKind;
use crate::dockerfile::commands;
use crate::limits::ScanLimits;
use crate::mapped::Mapped;
use crate::text::decode;
use crate::yaml::{self, Emitter, Id, Tree};

/// Texts of one file.
const MAX_TEXTS: usize = 2000;

/// Commands that stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellText {
    text: Mapped,
    /// What they are.
    pub kind: ShellTextKind,
}

/// What a [`ShellText`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellTextKind {
    /// A script, or lines of one.
    Script,
    /// A stage begins: what came before is in another image.
    Stage,
    /// `ADD URL FILE`: the text is the URL.
    Add {
        /// The file or folder.
        to: String,
        /// `--checksum` names its digest.
        checked: bool,
        /// `--chmod` lets somebody run it.
        executable: bool,
    },
}

impl ShellText {
    /// A file that is a script.
    pub fn script(text: &str) -> Self {
        Self::new(Mapped::at(text, 0), ShellTextKind::Script)
    }

    /// The commands, with the expressions of a workflow as variables of the same length.
    pub fn text(&self) -> &str {
        self.text.text()
    }

    /// The bytes of the file around a span of the text.
    pub fn place(&self, span: Range<usize>) -> Option<Range<usize>> {
        self.text.cover_span(span)
    }
}

/// The commands of a file, in its order; of other kinds than Dockerfiles and workflows there are none. What cannot be read is told by
/// [`crate::scan`].
pub fn shell_texts(bytes: &[u8], kind: FileKind, limits: &ScanLimits) -> Vec<ShellText> {
    if bytes.len() > limits.bytes {
        return Vec::new();
    }
    let (text, _) = decode(bytes);
    let mut found = match kind {
        FileKind::Dockerfile => commands::read(&text),
        FileKind::Workflow => steps(&text, limits),
        _ => Vec::new(),
    };
    found.truncate(MAX_TEXTS);
    found
}

impl ShellText {
    pub(crate) const fn new(text: Mapped, kind: ShellTextKind) -> Self {
        Self { text, kind }
    }
}

fn steps(text: &str, limits: &ScanLimits) -> Vec<ShellText> {
    let spent = Cell::new(limits.steps);
    let mut found = Vec::new();
    for tree in &yaml::parse(text, limits, &spent).trees {
        let Some(root) = tree.root else { continue };
        for jobs in tree.get(root, "jobs") {
            for (_, job) in tree.pairs(jobs) {
                of(tree, job, &mut found);
            }
        }
        for runs in tree.get(root, "runs") {
            of(tree, runs, &mut found);
        }
    }
    found
}

/// The steps of a job, or of an action.
fn of(tree: &Tree<'_>, job: Id, found: &mut Vec<ShellText>) {
    found.push(ShellText::new(Mapped::default(), ShellTextKind::Stage));
    let emitter = Emitter::new(tree, None, 0);
    for steps in tree.get(job, "steps") {
        for step in tree.items(steps) {
            let shell = tree.get(*step, "shell").into_iter().find_map(|id| tree.scalar(id)).unwrap_or("bash");
            let shell = shell.split_whitespace().next().unwrap_or_default();
            if !matches!(shell, "bash" | "sh" | "dash" | "/bin/bash" | "/bin/sh") {
                continue;
            }
            for run in tree.get(*step, "run") {
                if let Some(value) = emitter.as_written(run) {
                    found.push(ShellText::new(without_expressions(&value.text), ShellTextKind::Script));
                }
            }
        }
    }
}

/// `${{ … }}` is no bash: a variable of as many bytes stands in its place.
fn without_expressions(text: &Mapped) -> Mapped {
    let whole = text.text();
    let (mut out, mut at) = (Mapped::default(), 0);
    while let Some(start) = whole.get(at..).and_then(|rest| rest.find("${{")).map(|start| at + start) {
        let Some(length) = whole[start..].find("}}") else { break };
        let end = start + length + 2;
        out.push_part(text, at..start);
        // Its bytes are kept as places: only what they say is another.
        let name = format!("${}", "X".repeat(end - start - 1));
        match text.exact_span(start..end) {
            Some(place) => out.push(&name, place.start),
            None => out.push_nowhere(&name),
        }
        at = end;
    }
    out.push_part(text, at..whole.len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, kind: FileKind) -> Vec<(String, ShellTextKind)> {
        let all = shell_texts(text.as_bytes(), kind, &ScanLimits::default());
        all.into_iter()
            .filter(|one| one.kind != ShellTextKind::Stage)
            .map(|one| (one.text().to_owned(), one.kind))
            .collect()
    }

    #[test]
    fn commands_of_a_dockerfile() {
        let text = "FROM a\nRUN --mount=type=cache,target=/x curl -L \\\n  # a comment\n  https://h.example/x | sh\nRUN <<EOF\nset -e\ncurl x\nEOF\n\
                    ADD --checksum=sha256:00 https://h.example/a /a\nADD --chmod=755 https://h.example/b /usr/local/bin/\nADD local /x\n\
                    RUN [\"curl\", \"x\"]\nRUN [\"/bin/sh\", \"-c\", \"curl y | sh\"]\nCOPY <<EOF /x\ncurl z\nEOF\n";
        let found = texts(text, FileKind::Dockerfile);
        let add =
            |to: &str, checked, executable| ShellTextKind::Add { to: to.to_owned(), checked, executable };
        assert_eq!(
            found[0].0.split_whitespace().collect::<Vec<_>>(),
            ["curl", "-L", "https://h.example/x", "|", "sh"]
        );
        assert_eq!(found[1].0, "set -e\ncurl x\n");
        assert_eq!(found[2], ("https://h.example/a".to_owned(), add("/a", true, false)));
        assert_eq!(found[3], ("https://h.example/b".to_owned(), add("/usr/local/bin/", false, true)));
        assert_eq!(found[4].0, "curl y | sh");
        assert_eq!(found.len(), 5, "{found:?}");
        let all = shell_texts(text.as_bytes(), FileKind::Dockerfile, &ScanLimits::default());
        let first = all.iter().find(|one| one.kind == ShellTextKind::Script).unwrap();
        let at = first.text().find("https").unwrap();
        assert_eq!(&text[first.place(at..at + 19).unwrap()], "https://h.example/x");
    }

    #[test]
    fn steps_of_a_workflow() {
        let text = "jobs:\n  a:\n    steps:\n      - run: curl -L https://h.example/${{ matrix.os }}/x | sh\n      - run: |\n          one\n          two\n      - shell: pwsh\n        run: iwr x\n      - uses: a/b@c\n  b:\n    steps: []\n";
        let found = texts(text, FileKind::Workflow);
        assert_eq!(found[0].0, format!("curl -L https://h.example/${}/x | sh", "X".repeat(15)));
        assert_eq!(found[1].0, "one\ntwo\n");
        assert_eq!(found.len(), 2);
        let all = shell_texts(text.as_bytes(), FileKind::Workflow, &ScanLimits::default());
        let two = all.iter().find(|one| one.text().starts_with("one")).unwrap();
        assert_eq!(&text[two.place(4..7).unwrap()], "two");
        assert_eq!(texts("runs:\n  steps:\n    - run: x\n      shell: bash\n", FileKind::Workflow).len(), 1);
        assert_eq!(texts("jobs: [", FileKind::Workflow).len(), 0);
    }
}
