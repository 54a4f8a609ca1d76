//! The tree of one document, and walking it within a budget.

use std::cell::Cell;
use std::collections::HashSet;
use std::ops::Range;

use super::plain;
use crate::mapped::Mapped;

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(pub(super) usize);

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Quoted,
    Block,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Scalar {
        value: String,
        style: Style,
    },
    Sequence(Vec<Id>),
    Mapping(Vec<(Id, Id)>),
    /// `*name`, of a node before it.
    Alias(Id),
}

/// A node with its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Quotes included; for a block scalar its content; for a collection its beginning.
    pub(crate) span: Range<usize>,
    /// The suffix of an explicit tag, such as `reset` of compose's `!reset`.
    pub(crate) tag: Option<String>,
    /// The collection that holds it.
    pub(super) parent: Option<Id>,
    /// Aliases of it.
    pub(crate) aliases: usize,
}

/// Longest chain of merge keys that is followed.
const MAX_MERGES: usize = 32;

/// What a pair that is merged costs, in steps: its key is looked up.
const MERGE_STEPS: usize = 16;

/// What merge keys bring together.
#[derive(Default)]
struct Merged<'t> {
    pairs: Vec<(Id, Id)>,
    names: HashSet<&'t str>,
    mappings: HashSet<Id>,
}

/// One document.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) source: &'a str,
    pub(super) nodes: Vec<Node>,
    /// `None`: an empty document.
    pub(crate) root: Option<Id>,
    /// What walking may still cost; shared by all documents of the file through its owner.
    pub(crate) steps: &'a Cell<usize>,
}

impl<'a> Tree<'a> {
    pub(crate) fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0]
    }

    /// What an alias stands for; another node stands for itself.
    pub(crate) fn resolve(&self, id: Id) -> Id {
        match self.node(id).kind {
            Kind::Alias(target) => target,
            _ => id,
        }
    }

    /// Takes steps of the budget; `false` when it is used up.
    pub(crate) fn spend(&self, steps: usize) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(steps));
        left > steps
    }

    /// The value of a scalar; `None` for a collection and for null.
    pub(crate) fn scalar(&self, id: Id) -> Option<&str> {
        let node = self.node(self.resolve(id));
        match &node.kind {
            Kind::Scalar { value, style } => {
                let null = *style == Style::Plain
                    && node.tag.is_none()
                    && matches!(value.as_str(), "" | "~" | "null" | "Null" | "NULL");
                (!null).then_some(value.as_str())
            }
            _ => None,
        }
    }

    /// Whether readers disagree about the text that a scalar is: a number that some print otherwise than it is written.
    pub(crate) fn is_ambiguous(&self, id: Id) -> bool {
        let node = self.node(self.resolve(id));
        let Kind::Scalar { value, style } = &node.kind else { return false };
        match node.tag.as_deref() {
            None | Some("!") => *style == Style::Plain && node.tag.is_none() && plain::is_ambiguous(value),
            // `!!float "3.10"` is a number too.
            Some(tag) => !tag.ends_with(":str") && plain::is_ambiguous(value),
        }
    }

    pub(crate) fn is_null(&self, id: Id) -> bool {
        self.scalar(id).is_none() && matches!(self.node(self.resolve(id)).kind, Kind::Scalar { .. })
    }

    pub(crate) fn is_mapping(&self, id: Id) -> bool {
        matches!(self.node(self.resolve(id)).kind, Kind::Mapping(_))
    }

    /// The items of a sequence; nothing of anything else.
    pub(crate) fn items(&self, id: Id) -> &[Id] {
        match &self.node(self.resolve(id)).kind {
            Kind::Sequence(items) if self.spend(items.len() + 1) => items,
            _ => &[],
        }
    }

    /// The pairs of a mapping, those of merge keys after its own; a key that stands twice comes twice. Nothing of
    /// anything else.
    pub(crate) fn pairs(&self, id: Id) -> Vec<(Id, Id)> {
        let id = self.resolve(id);
        let Kind::Mapping(own) = &self.node(id).kind else { return Vec::new() };
        if own.iter().any(|(key, _)| self.is_merge(*key)) {
            let mut merged = Merged::default();
            self.merge(id, 0, &mut merged);
            return merged.pairs;
        }
        if self.spend(own.len() + 1) { own.clone() } else { Vec::new() }
    }

    fn is_merge(&self, key: Id) -> bool {
        let node = self.node(key);
        // A quoted one merges if it is tagged so: `!!merge "<<"`.
        let tagged = || node.tag.as_deref().is_some_and(|tag| tag == "!merge" || tag.ends_with(":merge"));
        matches!(&node.kind, Kind::Scalar { value, style } if value == "<<" && (*style == Style::Plain || tagged()))
    }

    /// A mapping, and what it takes over. One that was met before, or that takes itself over, adds nothing.
    fn merge<'t>(&'t self, id: Id, depth: usize, merged: &mut Merged<'t>) {
        let id = self.resolve(id);
        let Kind::Mapping(own) = &self.node(id).kind else { return };
        if !merged.mappings.insert(id) || !self.spend((own.len() + 1).saturating_mul(MERGE_STEPS)) {
            return;
        }
        let new = |(key, _): &&(Id, Id)| {
            !self.is_merge(*key) && self.scalar(*key).is_none_or(|key| !merged.names.contains(key))
        };
        let new: Vec<(Id, Id)> = own.iter().filter(new).copied().collect();
        merged.names.extend(new.iter().filter_map(|(key, _)| self.scalar(*key)));
        merged.pairs.extend(new);
        if depth >= MAX_MERGES {
            self.steps.set(0);
            return;
        }
        for (_, source) in own.iter().filter(|(key, _)| self.is_merge(*key)) {
            match &self.node(self.resolve(*source)).kind {
                Kind::Sequence(sources) => {
                    for source in sources {
                        if !self.spend(1) {
                            return;
                        }
                        self.merge(*source, depth + 1, merged);
                    }
                }
                _ => self.merge(*source, depth + 1, merged),
            }
        }
    }

    /// Every value of a key, merge keys followed; more than one only if the key stands twice.
    pub(crate) fn get(&self, id: Id, key: &str) -> Vec<Id> {
        // The common case, a mapping without the key and without merge keys, costs no allocation.
        let Kind::Mapping(own) = &self.node(self.resolve(id)).kind else { return Vec::new() };
        let pairs =
            own.iter().any(|(k, _)| matches!(self.scalar(*k), Some(name) if name == key || name == "<<"));
        if !pairs {
            self.spend(own.len() + 1);
            return Vec::new();
        }
        let all = self.pairs(id);
        all.into_iter().filter(|(k, _)| self.scalar(*k) == Some(key)).map(|(_, value)| value).collect()
    }

    /// The last value of a key, which is the one that most readers take.
    pub(crate) fn last(&self, id: Id, key: &str) -> Option<Id> {
        self.get(id, key).pop()
    }

    /// As [`Self::get`], of a key in whatever case: as Go's `encoding/json` reads the fields of a structure.
    pub(crate) fn get_folded(&self, id: Id, key: &str) -> Vec<Id> {
        let Kind::Mapping(_) = &self.node(self.resolve(id)).kind else { return Vec::new() };
        let same = |k: Id| self.scalar(k).is_some_and(|name| is_folded(name, key));
        self.pairs(id).into_iter().filter(|(k, _)| same(*k)).map(|(_, value)| value).collect()
    }

    /// The last value of a key in whatever case.
    pub(crate) fn last_folded(&self, id: Id, key: &str) -> Option<Id> {
        self.get_folded(id, key).pop()
    }

    /// Whether the node stands in a collection with brackets, where a comma and no line end parts the entries.
    pub(crate) fn in_flow(&self, id: Id) -> bool {
        let parent = self.node(id).parent.map(|parent| self.node(parent).span.start);
        parent.and_then(|start| self.source.get(start..)).is_some_and(|text| text.starts_with(['{', '[']))
    }

    /// Whether the node stands below a key that starts with `x-`, a compose extension: a place of definitions alone.
    pub(crate) fn in_extension(&self, id: Id) -> bool {
        let mut below = id;
        while let Some(parent) = self.node(below).parent {
            if let Kind::Mapping(pairs) = &self.node(parent).kind {
                self.spend(pairs.len());
                let key = pairs.iter().find(|(_, value)| *value == below).map(|(key, _)| *key);
                if key.and_then(|key| self.scalar(key)).is_some_and(|key| key.starts_with("x-")) {
                    return true;
                }
            }
            below = parent;
        }
        false
    }

    /// The source of a node.
    pub(crate) fn text(&self, id: Id) -> &'a str {
        self.source.get(self.node(id).span.clone()).unwrap_or("")
    }

    /// The value of a scalar with the places of its bytes.
    pub(crate) fn mapped(&self, id: Id) -> Option<Mapped> {
        let node = self.node(self.resolve(id));
        let Kind::Scalar { value, style } = &node.kind else { return None };
        let raw = self.source.get(node.span.clone()).unwrap_or("");
        Some(match style {
            Style::Plain if raw == value => Mapped::at(value, node.span.start),
            Style::Quoted if raw.get(1..raw.len().saturating_sub(1)) == Some(value.as_str()) => {
                Mapped::at(value, node.span.start + 1)
            }
            Style::Block => self.block(value, node.span.start).unwrap_or_else(|| Mapped::nowhere(value)),
            _ => Mapped::nowhere(value),
        })
    }

    /// A block scalar: each line of the value stands at the end of a line of the source, behind the indentation.
    fn block(&self, value: &str, start: usize) -> Option<Mapped> {
        let mut mapped = Mapped::default();
        let mut at = self.source.get(..start)?.rfind('\n').map_or(0, |end| end + 1);
        for line in value.split_inclusive('\n') {
            let rest = self.source.get(at..)?;
            let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
            let whole = &rest[..length];
            let body = whole.trim_end_matches(['\r', '\n']);
            let text = line.trim_end_matches('\n');
            let indent = body.strip_suffix(text)?;
            if !indent.bytes().all(|b| b == b' ') {
                return None;
            }
            mapped.push(text, at + indent.len());
            if line.ends_with('\n') {
                // Behind a carriage return the line end is no longer what the value has.
                if whole.len() == body.len() + 1 {
                    mapped.push("\n", at + body.len());
                } else {
                    mapped.push_nowhere("\n");
                }
            }
            at += length;
        }
        Some(mapped)
    }
}
/// Whether a name is this ASCII key to Go's `encoding/json`, which knows of two letters more that are an `s` and a `k` in another
/// case (`foldName`).
fn is_folded(name: &str, key: &str) -> bool {
    let folded = name.chars().map(|c| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    });
    folded.eq(key.chars().map(|c| c.to_ascii_lowercase()))
}
