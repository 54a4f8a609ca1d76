//! What kept a part of a file from being read.

use std::ops::Range;

use proofmark_core::Origin;

/// A part of a file that could not be read. The references around it are reported all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {kind}")]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// What.
    pub kind: ProblemKind,
}

/// Why a part of a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A cap of [`crate::ScanLimits`].
    #[error("the limit of {cap} {what} is reached; what follows was not read")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// The cap.
        cap: usize,
    },
    /// The bytes are no UTF-8 text.
    #[error("the file is not UTF-8")]
    NotUtf8,
    /// A document that is not YAML (or JSON).
    #[error("not valid YAML: {0}")]
    Yaml(String),
    /// A document that is a template, of Helm for instance, and no YAML or Dockerfile before it is rendered.
    #[error(
        "a template that can only be read when it is rendered: scan the output, of `helm template` for instance"
    )]
    Template,
    /// A key that stands twice in one mapping: readers disagree which of the two counts.
    #[error("the key `{0}` stands twice in one mapping")]
    DuplicateKey(String),
    /// A key that is tagged: one reader takes `!!binary aW1hZ2U=` for `image`, the next for something else.
    #[error("the key is tagged `{0}`: readers disagree about what it is")]
    TaggedKey(String),
    /// A character that ends a line in YAML 1.1, in the Kubernetes API and compose for instance, and none in YAML 1.2 (section 5.4):
    /// to some readers a comment ends there.
    #[error("U+{0:04X} outside quotes: readers disagree whether a line ends there")]
    LineBreak(u32),
    /// A document whose root is of another type than the format asks for.
    #[error("not {0}")]
    Shape(&'static str),
    /// A heredoc without its end (Dockerfile reference, "Here-Documents").
    #[error("the heredoc `{0}` has no end")]
    Heredoc(String),
    /// A word that is no instruction (Dockerfile reference, "Overview").
    #[error("`{0}` is not a Dockerfile instruction")]
    Instruction(String),
    /// A directive that is repeated or has another value than its format allows (Dockerfile reference, "Parser directives").
    #[error("the parser directive `{0}` is repeated or has a value that it cannot have")]
    Directive(String),
    /// A `FROM` without an image, or before which stands something that may not.
    #[error("{0}")]
    Syntax(&'static str),
}

/// A problem before its place is known as lines.
#[derive(Debug, Clone)]
pub(crate) struct RawProblem {
    pub(crate) span: Range<usize>,
    pub(crate) kind: ProblemKind,
}

impl RawProblem {
    pub(crate) const fn new(span: Range<usize>, kind: ProblemKind) -> Self {
        Self { span, kind }
    }
}
