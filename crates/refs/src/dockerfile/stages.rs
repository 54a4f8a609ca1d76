//! Stages, arguments, and the images that instructions name.
//!
//! Source: Dockerfile reference, `FROM`, `ARG` ("Understand how ARG and FROM interact", "Automatic platform ARGs in the
//! global scope"), `COPY --from`, `RUN --mount`, `ONBUILD`; BuildKit `frontend/dockerfile/dockerfile2llb/convert.go`.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use proofmark_core::Platform;

use super::given::Given;
use super::lines::{self, Lines};
use super::platform::{self, is_platform_arg};
use super::words::{Command, INSTRUCTIONS};
use crate::emit::Hit;
use crate::expand::{Expanded, Known, Syntax, expand};
use crate::found::{Edit, GivenArg, NoEdit, Place, Unresolved, WrittenPlatform};
use crate::mapped::Mapped;
use crate::problem::{ProblemKind, RawProblem};

/// Scans the text of a Dockerfile. Spans count in this text.
///
/// At most one reference more than `max` is given, so that the caller sees that there are more.
pub(crate) fn scan(text: &str, given: &Given, max: usize) -> (Vec<Hit>, Vec<RawProblem>) {
    let lines = lines::read(text);
    let mut scanner = Scanner {
        text,
        syntax: Syntax::Dockerfile { escape: lines.escape },
        escape: lines.escape,
        given,
        globals: BTreeMap::new(),
        stages: 0,
        names: HashSet::new(),
        all_names: HashSet::new(),
        shared: HashSet::new(),
        max,
        hits: Vec::new(),
        problems: Vec::new(),
    };
    scanner.run(&lines);
    let Scanner { hits, mut problems, .. } = scanner;
    problems.extend(lines.problems);
    (hits, problems)
}

/// Whether a text begins as Dockerfiles do: with an image that reads it, `ARG`, or `FROM` with its one or three words
/// (BuildKit `instructions/parse.go`, `parseBuildStageName`), which the `from` of other languages has not.
pub(crate) fn begins(text: &str) -> bool {
    let lines = lines::read(text);
    let first = lines.instructions.first().and_then(|line| Command::read(line, lines.escape));
    let first = first.is_some_and(|command| match command.name.as_str() {
        "arg" => true,
        "from" => {
            let words = command.words();
            words.len() == 1 || words.len() == 3 && words[1].text().eq_ignore_ascii_case("as")
        }
        _ => false,
    });
    first || lines.syntax.is_some()
}

struct Scanner<'a> {
    text: &'a str,
    syntax: Syntax,
    escape: char,
    given: &'a Given,
    /// Arguments before the first `FROM`; those without a default have none.
    globals: BTreeMap<String, Option<Expanded>>,
    /// Stages so far, and their names, lower case.
    stages: usize,
    names: HashSet<String>,
    /// Names of all stages.
    all_names: HashSet<String>,
    /// Arguments whose value is used for more than to name an image.
    shared: HashSet<String>,
    max: usize,
    hits: Vec<Hit>,
    problems: Vec<RawProblem>,
}

/// An empty image, not one of a registry.
const SCRATCH: &str = "scratch";

impl Scanner<'_> {
    fn run(&mut self, lines: &Lines) {
        if let Some(syntax) = lines.syntax.clone() {
            let text = self.text.get(syntax.clone()).unwrap_or("");
            self.push(Hit::new(Place::DockerfileSyntax, &Mapped::at(text, syntax.start), syntax, text));
        }
        let commands: Vec<(&Mapped, Command)> = lines
            .instructions
            .iter()
            .filter_map(|line| Command::read(line, self.escape).map(|command| (line, command)))
            .collect();
        self.all_names = commands.iter().filter_map(|(_, command)| stage_name(command)).collect();
        for (line, command) in &commands {
            self.instruction(line, command);
        }
        self.refuse_shared();
        self.whole(&commands);
    }

    /// BuildKit refuses a file without a stage, and all but `ARG` before the first.
    fn whole(&mut self, commands: &[(&Mapped, Command)]) {
        let before = commands.iter().find(|(_, command)| command.name != "arg");
        match before {
            Some((_, first)) if first.name == "from" || !INSTRUCTIONS.contains(&first.name.as_str()) => {}
            Some((line, _)) => {
                let kind =
                    ProblemKind::Syntax("an instruction before the first FROM: not a whole Dockerfile");
                self.problems.push(RawProblem::new(line.cover().unwrap_or(0..0), kind));
            }
            None => {
                let kind = ProblemKind::Syntax("no FROM: not a whole Dockerfile");
                self.problems.push(RawProblem::new(0..0, kind));
            }
        }
    }

    fn instruction(&mut self, line: &Mapped, command: &Command) {
        match command.name.as_str() {
            "from" => self.from(line, command),
            "arg" => self.arg(command),
            "copy" => self.copy(command, false),
            "run" => self.mounts(command, false),
            "onbuild" => {
                if let Some(inner) = Command::read(&command.rest, self.escape) {
                    match inner.name.as_str() {
                        "copy" => self.copy(&inner, true),
                        "run" => self.mounts(&inner, true),
                        _ => {}
                    }
                }
            }
            name if INSTRUCTIONS.contains(&name) => {}
            name => {
                let span = line.cover().unwrap_or(0..0);
                let kind = if crate::emit::is_template(name) {
                    ProblemKind::Template
                } else {
                    ProblemKind::Instruction(name.chars().take(40).collect())
                };
                self.problems.push(RawProblem::new(span, kind));
            }
        }
    }

    fn expand(&self, word: &Mapped) -> Expanded {
        let lookup = |name: &str| match self.globals.get(name) {
            _ if is_platform_arg(name) => Known::Opaque,
            Some(Some(value)) => Known::Value(value),
            _ => Known::Unset,
        };
        expand(word, self.syntax, &lookup)
    }

    /// `ARG <name>[=<default value>] …`; only those before the first `FROM` count for `FROM`.
    fn arg(&mut self, command: &Command) {
        for word in command.quoted_words(self.escape) {
            let text = word.text();
            let eq = text.find('=');
            let name = text[..eq.unwrap_or(text.len())].to_owned();
            if self.stages > 0 {
                // The value shows inside a stage, where anything may be done with it.
                self.shared.insert(name);
                continue;
            }
            let value = eq.map(|eq| self.expand(&word.part(eq + 1..text.len())));
            let given = self.given.arg(&name).map(|given| given.value.clone());
            if let Some(value) = &value {
                self.shared.extend(value.partial.iter().cloned());
            }
            // `ARG A` after `ARG A=b` takes nothing away (BuildKit `convert.go`, `buildMetaArgs`).
            match given.or(value) {
                Some(value) => _ = self.globals.insert(name, Some(value)),
                None => _ = self.globals.entry(name).or_insert(None),
            }
        }
    }

    fn from(&mut self, line: &Mapped, command: &Command) {
        let words = command.words();
        let Some(word) = words.first() else {
            let span = line.cover().unwrap_or(0..0);
            self.problems.push(RawProblem::new(span, ProblemKind::Syntax("FROM without an image")));
            self.stages += 1;
            return;
        };
        let value = self.expand(word);
        self.shared.extend(value.partial.iter().cloned());
        let text = value.text.text();
        let own = value.unresolved.is_none()
            && (text == SCRATCH
                || self.is_context(text)
                || (!text.is_empty() && self.names.contains(&text.to_lowercase())))
            || value.unresolved.is_some() && self.is_stage_by_platform(word);
        if own {
            // An argument that names a stage or nothing is no image: its default must stay.
            self.shared.extend(value.names.iter().cloned());
        } else {
            let platform = command.flag("platform").last().map(|flag| self.platform(flag));
            let mut hit = self.hit(Place::DockerfileFrom, word, value);
            hit.platform = platform;
            self.push(hit);
        }
        self.stages += 1;
        self.names.extend(stage_name(command));
    }

    /// Whether a word is a stage once its platform is known, `build-${TARGETARCH}` beside `build-amd64` and `build-arm64` (Docker
    /// documentation, "Multi-platform builds"). For a platform without such a stage it would be an official image of Docker's by
    /// that name: a stage has no name with a registry or an owner in it.
    fn is_stage_by_platform(&self, word: &Mapped) -> bool {
        platform::values(word.text()).iter().any(|values| {
            let lookup = |name: &str| match (values.get(name), self.globals.get(name)) {
                (Some(value), _) | (None, Some(Some(value))) => Known::Value(value),
                _ => Known::Unset,
            };
            let value = expand(word, self.syntax, &lookup);
            value.unresolved.is_none() && self.names.contains(&value.text.text().to_lowercase())
        })
    }

    fn push(&mut self, hit: Hit) {
        if self.hits.len() <= self.max {
            self.hits.push(hit);
        }
    }

    fn is_context(&self, name: &str) -> bool {
        !self.given.contexts.is_empty() && self.given.contexts.contains(&name.to_lowercase())
    }

    fn platform(&self, flag: &Mapped) -> WrittenPlatform {
        let value = self.expand(flag);
        let known = Platform::parse(value.text.text()).filter(|_| value.unresolved.is_none());
        known.map_or_else(
            || WrittenPlatform::Unresolved(crate::emit::cut(value.text.text())),
            WrittenPlatform::Known,
        )
    }

    /// A word as it stands in the file, with what a continuation or an escape puts into it.
    fn written(&self, word: &Mapped) -> (Range<usize>, &str) {
        let span = word.cover().unwrap_or(0..0);
        let text = self.text.get(span.clone()).unwrap_or("");
        (span, text)
    }

    fn hit(&self, place: Place, word: &Mapped, value: Expanded) -> Hit {
        let (span, text) = self.written(word);
        let mut hit = match value.unresolved {
            Some(why) => {
                let why = if crate::emit::is_template(word.text()) { Unresolved::Template } else { why };
                Hit::unresolved(place, why, span, text)
            }
            None => Hit::new(place, &value.text, span, text),
        };
        crate::emit::cut(value.text.text()).clone_into(&mut hit.value);
        hit.defaults = value.names;
        hit.defaults.dedup();
        hit
    }

    /// `COPY --from=<image|stage|context>`: no variables (BuildKit refuses them).
    fn copy(&mut self, command: &Command, onbuild: bool) {
        for from in command.flag("from") {
            let place = if onbuild { Place::DockerfileOnbuildCopy } else { Place::DockerfileCopy };
            let number = from.text().parse::<usize>().ok();
            if let Some(index) = number.filter(|index| onbuild || *index >= self.stages) {
                let why = if onbuild {
                    Unresolved::ForeignStage(index.to_string())
                } else {
                    Unresolved::NoStage(index.to_string())
                };
                let (span, text) = self.written(from);
                let hit = Hit::unresolved(place, why, span, text);
                self.push(hit);
            } else if number.is_none() {
                self.source(place, from, onbuild);
            }
        }
    }

    /// `RUN --mount=type=…,from=<image|stage|context>`
    fn mounts(&mut self, command: &Command, onbuild: bool) {
        let place = if onbuild { Place::DockerfileOnbuildMount } else { Place::DockerfileMount };
        for mount in command.flag("mount") {
            let fields = csv(mount.text());
            // Whatever the type: BuildKit resolves the source before it looks at the type.
            for field in &fields {
                let text = &mount.text()[field.clone()];
                if let Some((key, _)) = text.split_once('=')
                    && key.eq_ignore_ascii_case("from")
                {
                    self.source(place, &mount.part(field.start + key.len() + 1..field.end), onbuild);
                }
            }
        }
    }

    /// What `--from` or `from=` names: a stage of any place in the file, or an image.
    fn source(&mut self, place: Place, from: &Mapped, onbuild: bool) {
        let text = from.text();
        if text.is_empty() || text == SCRATCH || self.is_context(text) {
            return;
        }
        let stage = self.all_names.contains(&text.to_lowercase());
        if stage && !onbuild {
            return;
        }
        let (span, written) = self.written(from);
        let hit = if stage {
            Hit::unresolved(place, Unresolved::ForeignStage(crate::emit::cut(text)), span, written)
        } else {
            Hit::new(place, from, span, written)
        };
        self.push(hit);
    }

    /// A default is rewritten only where its value names images and nothing else. What is given is no default.
    fn refuse_shared(&mut self) {
        for hit in &mut self.hits {
            let (given, defaults) = std::mem::take(&mut hit.defaults)
                .into_iter()
                .partition::<Vec<String>, _>(|name| self.given.arg(name).is_some());
            let shared = defaults.iter().find(|name| self.shared.contains(*name)).cloned();
            hit.defaults = defaults;
            if let Some(given) = given.first().and_then(|name| self.given.arg(name)) {
                hit.refuse(NoEdit::Given(given.name.clone()));
                hit.given = Some(GivenArg { name: given.name.clone(), at: given.at.clone() });
            } else if let (Edit::At(_), Some(name)) = (&hit.edit, shared) {
                hit.refuse(NoEdit::Shared(name));
            }
        }
    }
}

/// `FROM image AS name`
fn stage_name(command: &Command) -> Option<String> {
    if command.name != "from" {
        return None;
    }
    let words = command.words();
    let named = words.get(1).is_some_and(|word| word.text().eq_ignore_ascii_case("as"));
    Some(words.get(2).filter(|_| named).map(|word| word.text().to_lowercase()).unwrap_or_default())
        .filter(|name| !name.is_empty())
}

/// Fields of a line of comma-separated values, without the quotes around a whole field.
fn csv(text: &str) -> Vec<Range<usize>> {
    let (mut fields, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices().chain([(text.len(), ',')]) {
        if c == '"' {
            quoted = !quoted;
        } else if c == ',' && (!quoted || at == text.len()) {
            let field = &text[start..at];
            let inside = field.len() >= 2 && field.starts_with('"') && field.ends_with('"');
            fields.push(if inside { start + 1..at - 1 } else { start..at });
            start = at + 1;
        }
    }
    fields
}
