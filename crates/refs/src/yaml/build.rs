//! From events to trees, document by document: one that is broken does not take the others with it.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span, StrInput, options};

use super::tree::{Id, Kind, Node, Style, Tree};
use crate::emit::template_at;
use crate::limits::ScanLimits;
use crate::problem::{ProblemKind, RawProblem};

/// The documents of a file.
pub(crate) struct Parsed<'a> {
    pub(crate) trees: Vec<Tree<'a>>,
    /// The documents that could not be parsed: their bytes, and why.
    pub(crate) broken: Vec<(Range<usize>, RawProblem)>,
    /// Keys that stand twice.
    pub(crate) problems: Vec<RawProblem>,
}

/// Parses every document of a text.
pub(crate) fn parse<'a>(source: &'a str, limits: &ScanLimits, steps: &'a Cell<usize>) -> Parsed<'a> {
    let options = options! {
        emit_comments: false,
        block_nesting_limit: limits.depth,
        flow_nesting_limit: limits.depth,
    };
    let mut builder = Builder {
        source,
        steps,
        parser: Parser::new_from_str_with_options(source, options),
        left: limits.nodes,
        begin: 0,
        parsed: Parsed { trees: Vec::new(), broken: Vec::new(), problems: Vec::new() },
    };
    builder.run(limits);
    line_breaks(source, &mut builder.parsed);
    builder.parsed
}

/// What ends a line in YAML 1.1 alone (NEL, LS, PS). Inside quotes every reader stays inside them.
pub(crate) const OTHER_BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// The first of [`OTHER_BREAKS`]. Most files are ASCII, which is seen much faster.
pub(crate) fn other_break(text: &str) -> Option<usize> {
    if text.is_ascii() { None } else { text.find(OTHER_BREAKS) }
}

fn line_breaks(source: &str, parsed: &mut Parsed<'_>) {
    let Some(first) = other_break(source) else { return };
    let quoted = |node: &&Node| matches!(&node.kind, Kind::Scalar { style: Style::Quoted, .. });
    let mut spans: Vec<Range<usize>> = parsed
        .trees
        .iter()
        .flat_map(|tree| tree.nodes.iter().filter(quoted))
        .map(|node| node.span.clone())
        .collect();
    spans.sort_by_key(|span| span.start);
    let inside = |at: usize| {
        let after = spans.partition_point(|span| span.start <= at);
        after.checked_sub(1).is_some_and(|before| spans[before].contains(&at))
    };
    let text = source.get(first..).unwrap_or("");
    // One is enough: what follows may be something else altogether.
    let found =
        text.match_indices(OTHER_BREAKS).map(|(at, one)| (first + at, one)).find(|(at, _)| !inside(*at));
    if let Some((at, one)) = found {
        let code = one.chars().next().map_or(0, u32::from);
        parsed.problems.push(RawProblem::new(at..at + one.len(), ProblemKind::LineBreak(code)));
    }
}

struct Builder<'a> {
    source: &'a str,
    steps: &'a Cell<usize>,
    parser: Parser<'a, StrInput<'a>>,
    /// Nodes that may still be made.
    left: usize,
    /// Where the document begins.
    begin: usize,
    parsed: Parsed<'a>,
}

/// A document in the making.
#[derive(Default)]
struct Draft {
    nodes: Vec<Node>,
    anchors: HashMap<usize, Id>,
    /// Open collections; of a mapping the key that waits for its value.
    open: Vec<(Id, Option<Id>)>,
    root: Option<Id>,
}

enum Step {
    Go,
    Document,
    End,
    Limit,
}

impl<'a> Builder<'a> {
    fn run(&mut self, limits: &ScanLimits) {
        let mut draft = Draft::default();
        while let Some(next) = self.parser.next_event() {
            match next {
                Ok((event, span)) => match self.event(&mut draft, event, &span) {
                    Step::Go => {}
                    Step::Document => self.finish(std::mem::take(&mut draft)),
                    Step::End => return,
                    Step::Limit => {
                        let at = span.byte_range().map_or(self.begin, |range| range.start);
                        let kind = ProblemKind::Limit { what: "YAML nodes", cap: limits.nodes };
                        self.broken(self.source.len(), at, kind);
                        return;
                    }
                },
                Err(error) => {
                    draft = Draft::default();
                    let at = error.marker().byte_offset().unwrap_or(self.begin);
                    let more = matches!(self.parser.proceed_next_document(), Ok(true));
                    let end = if more { self.next_document(at) } else { self.source.len() };
                    self.broken(end, at, kind(&error, limits));
                    if !more {
                        return;
                    }
                }
            }
        }
    }

    fn broken(&mut self, end: usize, at: usize, kind: ProblemKind) {
        let mut kind = kind;
        let mut at = at.min(self.source.len());
        let range = self.begin..end.max(self.begin);
        let text = self.source.get(range.clone()).unwrap_or("");
        if let (Some(action), ProblemKind::Yaml(_)) = (template_at(text), &kind) {
            kind = ProblemKind::Template;
            at = self.begin + action;
        }
        self.parsed.broken.push((range.clone(), RawProblem::new(at..at, kind)));
        self.begin = range.end;
    }

    /// The next line that starts a document, from `at` on.
    fn next_document(&self, at: usize) -> usize {
        let mut at = at;
        for line in self.source.get(at..).unwrap_or("").split_inclusive('\n') {
            if line.starts_with("---") || line.starts_with("...") {
                break;
            }
            at += line.len();
        }
        at
    }

    fn event(&mut self, draft: &mut Draft, event: Event<'a>, span: &Span) -> Step {
        let range = span.byte_range().unwrap_or(0..0);
        match event {
            Event::DocumentStart(..) => {
                self.begin = range.start;
                return Step::Go;
            }
            Event::DocumentEnd => {
                self.begin = range.end;
                return Step::Document;
            }
            Event::StreamEnd => return Step::End,
            Event::SequenceEnd | Event::MappingEnd => {
                draft.open.pop();
                return Step::Go;
            }
            _ => {}
        }
        if self.left == 0 {
            return Step::Limit;
        }
        self.left -= 1;
        let mut anchor = 0;
        let (kind, tag) = match event {
            Event::Scalar(value, style, id, tag) => {
                anchor = id;
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                (Kind::Scalar { value: value.into_owned(), style }, tag)
            }
            Event::SequenceStart(_, id, tag) => {
                anchor = id;
                (Kind::Sequence(Vec::new()), tag)
            }
            Event::MappingStart(_, id, tag) => {
                anchor = id;
                (Kind::Mapping(Vec::new()), tag)
            }
            Event::Alias(id) => match draft.anchors.get(&id) {
                Some(target) => (Kind::Alias(*target), None),
                None => return Step::Go,
            },
            _ => return Step::Go,
        };
        let tag = tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix()));
        draft.add(Node { kind, span: range, tag, parent: None, aliases: 0 }, anchor);
        Step::Go
    }

    fn finish(&mut self, draft: Draft) {
        for node in &draft.nodes {
            if let Kind::Mapping(pairs) = &node.kind {
                duplicates(&draft, pairs, &mut self.parsed.problems);
                tagged(&draft, pairs, &mut self.parsed.problems);
            }
        }
        self.parsed.trees.push(Tree {
            source: self.source,
            nodes: draft.nodes,
            root: draft.root,
            steps: self.steps,
        });
    }
}

impl Draft {
    fn add(&mut self, mut node: Node, anchor: usize) {
        let id = Id(self.nodes.len());
        node.parent = self.open.last().map(|(parent, _)| *parent);
        if let Kind::Alias(target) = node.kind {
            self.nodes[target.0].aliases += 1;
        }
        let collection = matches!(node.kind, Kind::Sequence(_) | Kind::Mapping(_));
        self.nodes.push(node);
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        match self.open.last_mut() {
            None => self.root = self.root.or(Some(id)),
            Some((parent, key)) => match &mut self.nodes[parent.0].kind {
                Kind::Sequence(items) => items.push(id),
                Kind::Mapping(pairs) => match key.take() {
                    None => *key = Some(id),
                    Some(key) => pairs.push((key, id)),
                },
                _ => {}
            },
        }
        if collection {
            self.open.push((id, None));
        }
    }
}

/// Keys that stand twice: readers disagree about which counts. Merge keys may.
fn duplicates(draft: &Draft, pairs: &[(Id, Id)], problems: &mut Vec<RawProblem>) {
    let mut seen = HashSet::new();
    for (key, _) in pairs {
        let node = &draft.nodes[key.0];
        if let Kind::Scalar { value, .. } = &node.kind
            && value != "<<"
            && !seen.insert(value.as_str())
        {
            let name = value.chars().take(80).collect();
            problems.push(RawProblem::new(node.span.clone(), ProblemKind::DuplicateKey(name)));
        }
    }
}

/// Keys with a tag that says more than that they are text, or merge.
fn tagged(draft: &Draft, pairs: &[(Id, Id)], problems: &mut Vec<RawProblem>) {
    for (key, _) in pairs {
        let node = &draft.nodes[key.0];
        let Some(tag) = &node.tag else { continue };
        if !matches!(tag.as_str(), "tag:yaml.org,2002:str" | "tag:yaml.org,2002:merge") {
            let name = tag.chars().take(80).collect();
            problems.push(RawProblem::new(node.span.clone(), ProblemKind::TaggedKey(name)));
        }
    }
}

fn kind(error: &granit_parser::ScanError, limits: &ScanLimits) -> ProblemKind {
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => ProblemKind::Limit { what: "levels of YAML", cap: limits.depth },
        kind => ProblemKind::Yaml(kind.to_string()),
    }
}
