//! What an environment file beside a compose file gives variables (compose specification, `12-interpolation.md`; docker
//! documentation, "Environment variables precedence"; compose-go `dotenv/parser.go`).
//!
//! A value is taken where every reader gives the same. What would have to be evaluated (escapes, variables, texts over several lines)
//! is known to be set and not known as what, so that no default stands in for it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::detect::FileKind;
use crate::dockerfile::Given;
use crate::emit::Hit;
use crate::expand::{Expanded, Known};
use crate::found::{Place, Unresolved};
use crate::mapped::Mapped;
use crate::named::{NamedKind, NotRead, RawNamed, directory, is_remote};
use crate::problem::{Problem, ProblemKind, RawProblem};
use crate::text::{Locator, decode};

/// Bytes of an environment file.
const MAX_BYTES: usize = 1024 * 1024;

/// Variables of one.
const MAX_VARIABLES: usize = 10_000;

/// Bytes of a value that may be part of a reference.
const MAX_VALUE: usize = 4096;

/// What is known beside the file that uses it: the values of variables of a compose file, and what builds give to a
/// Dockerfile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, Expanded>,
    /// Those of one list are merged into one build.
    builds: Vec<Vec<Given>>,
    /// The same for the Dockerfiles that are written in a compose file, by the name of their service.
    inlines: BTreeMap<String, Vec<Vec<Given>>>,
}

impl Environment {
    /// What builds give to a Dockerfile; those of one list may be merged into one.
    pub fn of_builds(builds: Vec<Vec<Given>>) -> Self {
        Self { builds, ..Self::default() }
    }

    pub(crate) fn builds(&self) -> &[Vec<Given>] {
        &self.builds
    }

    /// The same variables, with what builds give to the Dockerfiles that are written in a compose file, by the name of the service.
    #[must_use]
    pub fn with_inlines(&self, inlines: BTreeMap<String, Vec<Vec<Given>>>) -> Self {
        Self { inlines, ..self.clone() }
    }

    /// Whether it says what builds give to Dockerfiles that are written in a compose file.
    pub fn has_inlines(&self) -> bool {
        !self.inlines.is_empty()
    }

    /// The same variables, with what builds give as another has it.
    #[must_use]
    pub fn with_builds_of(self, other: &Self) -> Self {
        Self { variables: self.variables, builds: other.builds.clone(), inlines: other.inlines.clone() }
    }

    /// What builds give to the Dockerfile that is written in this service.
    pub(crate) fn inline(&self, service: &str) -> &[Vec<Given>] {
        self.inlines.get(service).map_or(&[], Vec::as_slice)
    }

    /// Whether it says which files compose reads when it is told of none.
    pub fn names_compose_files(&self) -> bool {
        self.variables.contains_key(COMPOSE_FILE)
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.builds.is_empty() && self.inlines.is_empty()
    }

    /// What both say. Of a variable to which they give different values, none is known.
    pub fn merge(&mut self, other: &Self) {
        for (name, value) in &other.variables {
            let known = self.variables.entry(name.clone()).or_insert_with(|| value.clone());
            if known != value {
                *known = unknown(name);
            }
        }
    }

    /// What is known of a variable.
    pub(crate) fn known(&self, name: &str) -> Known<'_> {
        self.variables.get(name).map_or(Known::Unset, Known::Value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }
}

/// Set, to what is not known.
fn unknown(name: &str) -> Expanded {
    let unresolved = Some(Unresolved::Environment(name.to_owned()));
    // Not empty, so that it does not count as unset.
    Expanded { unresolved, ..Expanded::literal(Mapped::nowhere("?")) }
}

/// Reads an environment file. `path` is shown in the problems, which hold nothing of the file: its values may be secret.
pub fn environment(path: &str, bytes: &[u8]) -> (Environment, Vec<Problem>) {
    let mut environment = Environment::default();
    let (text, bad) = decode(bytes);
    let problem = match bad {
        Some(at) => Some(RawProblem::new(at..at, ProblemKind::NotUtf8)),
        None if bytes.len() > MAX_BYTES => {
            Some(RawProblem::new(0..0, ProblemKind::Limit { what: "bytes", cap: MAX_BYTES }))
        }
        None => environment.read(&text).err(),
    };
    let located = |problem: RawProblem| {
        let mut origin = Locator::new(path, &text).origin(&problem.span);
        origin.line_text.clear();
        Problem { origin, kind: problem.kind }
    };
    (environment, problem.map(located).into_iter().collect())
}

impl Environment {
    fn read(&mut self, text: &str) -> Result<(), RawProblem> {
        variables(text, &mut |name, value| {
            // What is handed on from the environment may not be there.
            let value = value.and_then(|value| text.get(value));
            let value =
                value.map_or_else(|| unknown(name), |value| Expanded::literal(Mapped::nowhere(value)));
            self.variables.insert(name.to_owned(), value);
        })
    }
}

/// The variable in which compose files are named, and the one with what stands between them (docker documentation, "Set or change
/// pre-defined environment variables").
pub(crate) const COMPOSE_FILE: &str = "COMPOSE_FILE";
const SEPARATOR: &str = "COMPOSE_PATH_SEPARATOR";

/// The compose files that an environment file names, or the place at which it does not say which.
pub(crate) fn compose_files(text: &str) -> Result<(Vec<RawNamed>, Vec<Hit>), RawProblem> {
    let (mut files, mut separator) = (None, ":");
    variables(text, &mut |name, value| match name {
        COMPOSE_FILE => files = Some(value),
        SEPARATOR => separator = value.and_then(|value| text.get(value)).unwrap_or(":"),
        _ => {}
    })?;
    let Some(files) = files else { return Ok((Vec::new(), Vec::new())) };
    let Some(span) = files else {
        let at = text.find(COMPOSE_FILE).unwrap_or(0);
        let why = Unresolved::Environment(COMPOSE_FILE.to_owned());
        let hit = Hit::unresolved(Place::NamedFile, why, at..at + COMPOSE_FILE.len(), COMPOSE_FILE);
        return Ok((Vec::new(), vec![hit]));
    };
    let (mut named, mut hits, mut at) = (Vec::new(), Vec::new(), span.start);
    let paths = text.get(span).unwrap_or_default();
    let first = paths.split(separator).next().unwrap_or_default();
    // Several are merged, so that their paths count from the directory of the first.
    let project = Some(directory(first)).filter(|_| first != paths);
    for path in if separator.is_empty() { vec![paths] } else { paths.split(separator).collect() } {
        let span = at..at + path.len();
        at = span.end + separator.len();
        if is_remote(path) {
            let why = Unresolved::NotRead(NotRead::Remote);
            hits.push(Hit::unresolved(Place::NamedFile, why, span, path));
        } else if !path.is_empty() {
            let (kind, path) = (NamedKind::File(FileKind::Compose), path.to_owned());
            let (project, environment, defaults) = (project.clone(), Vec::new(), Vec::new());
            named.push(RawNamed { span, kind, path, project, environment, build: None, defaults });
        }
    }
    Ok((named, hits))
}

/// Every variable, with where its value stands; nothing of one that is not evaluated here.
fn variables<'a>(
    text: &'a str,
    each: &mut dyn FnMut(&'a str, Option<Range<usize>>),
) -> Result<(), RawProblem> {
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut count = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let line = rest.split('\n').next().unwrap_or_default();
        let mut next = at + line.len() + 1;
        if let Some((name, value)) = assignment(line, at)? {
            let value = match value {
                Some(value) => {
                    let (value, end) = value_at(text, value)?;
                    next = end;
                    value
                }
                None => None,
            };
            each(name, value);
            count += 1;
        }
        if count > MAX_VARIABLES {
            let kind = ProblemKind::Limit { what: "variables", cap: MAX_VARIABLES };
            return Err(RawProblem::new(at..at, kind));
        }
        at = next;
    }
    Ok(())
}

fn malformed(span: Range<usize>) -> RawProblem {
    RawProblem::new(span, ProblemKind::Syntax("not a line of an environment file: NAME=value"))
}

/// The variable of a line, and where its value begins; nothing of a line that is empty or a comment.
fn assignment(line: &str, at: usize) -> Result<Option<(&str, Option<usize>)>, RawProblem> {
    let start = line.trim_start();
    if start.trim_end().is_empty() || start.starts_with('#') {
        return Ok(None);
    }
    let exported = start.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let start = exported.unwrap_or(start).trim_start();
    let end = start.find(['=', ':']).unwrap_or(start.len());
    let name = start[..end].trim_end();
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']');
    if name.is_empty() || !name.chars().all(part) {
        return Err(malformed(at..at + line.len()));
    }
    let value = (end < start.len()).then(|| at + (line.len() - start.len()) + end + 1);
    Ok(Some((name, value)))
}

/// The value that begins here, unless it would have to be evaluated; and where the next line begins.
fn value_at(text: &str, at: usize) -> Result<(Option<Range<usize>>, usize), RawProblem> {
    let rest = text.get(at..).unwrap_or_default();
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r');
    let begin = rest.len() - rest.trim_start_matches(blank).len();
    let value = &rest[begin..];
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        let line = value.split('\n').next().unwrap_or_default();
        let plain = line.split(" #").next().unwrap_or_default().trim_matches(blank);
        let evaluated = plain.contains(['$', '\\', '\'', '"', '#', '`']) || plain.len() > MAX_VALUE;
        let start = at + begin;
        return Ok(((!evaluated).then_some(start..start + plain.len()), start + line.len() + 1));
    };
    let inside = &value[1..];
    let mut escaped = false;
    let end = inside.char_indices().find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    let Some((end, _)) = end else { return Err(malformed(at..at)) };
    let behind = &inside[end + 1..];
    let line = behind.split('\n').next().unwrap_or_default();
    let after = line.trim_matches(blank);
    let start = at + begin + 1;
    let closed = start + end + 1;
    if !after.is_empty() && !after.starts_with('#') {
        return Err(malformed(closed..closed + line.len()));
    }
    let text = &inside[..end];
    let evaluated =
        text.contains(['\\', '\n', '\r']) || quote == '"' && text.contains('$') || text.len() > MAX_VALUE;
    Ok(((!evaluated).then_some(start..start + end), closed + line.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, name: &str) -> Option<Result<String, ()>> {
        let (environment, problems) = environment(".env", text.as_bytes());
        assert!(problems.is_empty(), "{text:?}: {problems:?}");
        environment.variables.get(name).map(|value| match value.unresolved {
            None => Ok(value.text.text().to_owned()),
            Some(_) => Err(()),
        })
    }

    #[test]
    fn values() {
        let known = [
            ("A=1", "1"),
            ("\u{feff}A=1\r\n", "1"),
            ("  export\tA = a b  # c", "a b"),
            ("A: x", "x"),
            ("A=", ""),
            ("A='a #$b'  # c", "a #$b"),
            ("A=\"a: #b\"#c\nB=1", "a: #b"),
            ("A=1\nA=2", "2"),
            ("# A=0\n\nA=http://x/y:z", "http://x/y:z"),
            ("B=\"x\ny\"\nA=2", "2"),
            ("B='it\\'s'\nA=2", "2"),
        ];
        for (text, expected) in known {
            assert_eq!(value(text, "A"), Some(Ok(expected.to_owned())), "{text:?}");
        }
        for text in [
            "A=$B",
            "A=\"${B}\"",
            "A='a\\'",
            "A=\"a\\n\"",
            "A=\"a\nb\"",
            "A=a\\b",
            "A=#b",
            "A=a\t#b",
            "A",
            "A=a'b'",
        ] {
            if text != "A='a\\'" {
                assert_eq!(value(text, "A"), Some(Err(())), "{text:?}");
            }
        }
        assert_eq!(value("B=1", "A"), None);
    }

    #[test]
    fn compose_files_are_named() {
        let named = |text: &str| {
            let (named, hits) = compose_files(text).unwrap();
            let paths: Vec<String> = named.iter().map(|one| one.path.clone()).collect();
            let spans = named
                .iter()
                .map(|one| &text[one.span.clone()])
                .chain(hits.iter().map(|hit| &text[hit.span.clone()]));
            assert_eq!(spans.collect::<Vec<_>>().concat().is_empty(), named.is_empty() && hits.is_empty());
            (paths, named.first().and_then(|one| one.project.clone()), hits.len())
        };
        let paths = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        assert_eq!(named("A=1"), (vec![], None, 0));
        assert_eq!(named("COMPOSE_FILE=a.conf # c"), (paths(&["a.conf"]), None, 0));
        assert_eq!(named("COMPOSE_FILE='x/a:b:'"), (paths(&["x/a", "b"]), Some("x".into()), 0));
        assert_eq!(
            named("COMPOSE_FILE=a,https://h/b\nCOMPOSE_PATH_SEPARATOR=,"),
            (paths(&["a"]), Some(".".into()), 1)
        );
        assert_eq!(named("COMPOSE_FILE=$X"), (vec![], None, 1));
        assert!(compose_files("COMPOSE_FILE='x").is_err());
    }

    #[test]
    fn what_is_no_environment_file() {
        for (text, line) in
            [("A=1\nnot a line=x", 2), ("A='x", 1), ("A=\"x\" y=1", 1), ("A\n=1", 2), ("{}", 1)]
        {
            let (_, problems) = environment(".env", text.as_bytes());
            assert_eq!(problems.len(), 1, "{text:?}");
            assert_eq!(problems[0].origin.start.line, line, "{text:?}");
            assert_eq!(problems[0].origin.line_text, "", "a value may be secret");
        }
        assert!(!environment(".env", b"A=\xff").1.is_empty());
        assert!(!environment(".env", "A=1\n".repeat(300_000).as_bytes()).1.is_empty());
    }

    #[test]
    fn what_two_files_say_otherwise_is_not_known() {
        let read = |text: &str| environment(".env", text.as_bytes()).0;
        let mut both = read("A=1\nB=2");
        both.merge(&read("B=3\nC=4\nA=1"));
        let known = |name: &str| match both.known(name) {
            Known::Value(value) => value.unresolved.is_none(),
            _ => false,
        };
        assert_eq!((known("A"), known("B"), known("C"), known("D")), (true, false, true, false));
        assert!(both.has("B") && !both.is_empty());
    }
}
