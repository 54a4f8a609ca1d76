//! From a place and its value to a reference.

use std::ops::Range;

use proofmark_core::ImageRef;

use crate::found::{Edit, GivenArg, NoEdit, Place, Target, Unresolved, WrittenPlatform};
use crate::mapped::Mapped;

/// Bytes of a text that are kept.
pub(crate) const MAX_TEXT: usize = 4096;

/// What tells the references of one file apart: a mapping that services take over by a merge key is an image of each platform.
pub(crate) type HitKey = (usize, Place, Option<WrittenPlatform>);

/// A reference before its place is known as lines.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) text: String,
    pub(crate) value: String,
    pub(crate) span: Range<usize>,
    pub(crate) place: Place,
    pub(crate) platform: Option<WrittenPlatform>,
    pub(crate) target: Target,
    pub(crate) defaults: Vec<String>,
    /// Those variables that have their value in an environment file.
    pub(crate) set: Vec<String>,
    /// The first build argument of it that a build gives.
    pub(crate) given: Option<GivenArg>,
    pub(crate) edit: Edit,
}

impl Hit {
    /// A value that stands in the file as it is, or is put together.
    pub(crate) fn new(place: Place, value: &Mapped, span: Range<usize>, text: &str) -> Self {
        let target = parse(value.text());
        // Quotes do not belong to the text.
        let unquoted = unquoted(&span, text);
        let edit = edit(&target, value, &unquoted);
        let (span, text) = match value.exact() {
            Some(exact) if exact == unquoted => (exact, value.text()),
            _ => (span, text),
        };
        Self {
            text: cut(text),
            value: cut(value.text()),
            span,
            place,
            platform: None,
            target,
            defaults: Vec::new(),
            set: Vec::new(),
            given: None,
            edit,
        }
    }

    /// A place that names no image that is known.
    pub(crate) fn unresolved(place: Place, why: Unresolved, span: Range<usize>, text: &str) -> Self {
        Self {
            text: cut(text),
            value: cut(text),
            span,
            place,
            platform: None,
            target: Target::Unresolved(why),
            defaults: Vec::new(),
            set: Vec::new(),
            given: None,
            edit: Edit::Refused(NoEdit::Unresolved),
        }
    }

    pub(crate) fn key(&self) -> HitKey {
        (self.span.start, self.place, self.platform.clone())
    }

    pub(crate) fn refuse(&mut self, why: NoEdit) {
        if !matches!(self.edit, Edit::Refused(_)) {
            self.edit = Edit::Refused(why);
        }
    }
}

/// At most [`MAX_TEXT`] bytes.
pub(crate) fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// Parses a value; what belongs to another evaluation is told apart from what is malformed.
pub(crate) fn parse(value: &str) -> Target {
    if value.len() > MAX_TEXT {
        return Target::Unresolved(Unresolved::TooLong);
    }
    match ImageRef::parse(value) {
        Ok(image) => Target::Image(image),
        Err(_) if value.contains("${{") => Target::Unresolved(Unresolved::Expression(value.to_owned())),
        Err(_) if is_template(value) => Target::Unresolved(Unresolved::Template),
        Err(_) if variable(value).is_some() => {
            Target::Unresolved(Unresolved::Variable(variable(value).unwrap_or_default()))
        }
        Err(error) => Target::Unresolved(Unresolved::Malformed(error)),
    }
}

/// Where a text has its first action of a template language; `${{` is an expression of GitHub's.
pub(crate) fn template_at(text: &str) -> Option<usize> {
    let braces = text.match_indices("{{").map(|(at, _)| at).find(|at| !text[..*at].ends_with('$'));
    let others = ["{%", "<%"].iter().filter_map(|open| text.find(open));
    braces.into_iter().chain(others).min()
}

/// Whether a text has an action of a template language.
pub(crate) fn is_template(text: &str) -> bool {
    template_at(text).is_some()
}

/// The first variable of a text: `$(A)` of kustomize and Kubernetes, `${A}`, `$A`.
pub(crate) fn variable(text: &str) -> Option<String> {
    let rest = text.split_once('$')?.1;
    let rest = rest.strip_prefix(['(', '{']).unwrap_or(rest);
    let name: String =
        rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-')).collect();
    (!name.is_empty()).then_some(name)
}

/// A span without the quotes around its text.
fn unquoted(span: &Range<usize>, text: &str) -> Range<usize> {
    let inside = text.trim_matches(['"', '\'']);
    let before = text.len() - text.trim_start_matches(['"', '\'']).len();
    if text.len() == span.len() {
        span.start + before..span.start + before + inside.len()
    } else {
        span.clone()
    }
}

/// Where a value may be rewritten: where all of it stands in one piece.
fn edit(target: &Target, value: &Mapped, span: &Range<usize>) -> Edit {
    if target.image().is_none() {
        return Edit::Refused(NoEdit::Unresolved);
    }
    match value.exact() {
        Some(exact) if exact == *span => Edit::Here,
        Some(exact) => Edit::At(exact),
        None => Edit::Refused(if value.cover().is_some() { NoEdit::Composed } else { NoEdit::Escaped }),
    }
}
