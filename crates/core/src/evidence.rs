//! What a pass rests on.

use serde::Serialize;

/// One named fact of a piece of evidence. Values may come from outside: emitters escape them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// A fixed name, such as `identity` or `logged`.
    pub name: &'static str,
    /// The value, unescaped.
    pub value: String,
}

/// One thing that was verified and on which a pass rests, or that is worth knowing beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// A fixed kind, such as `signature`, `digest-listed`, `incomplete`, `repository`.
    pub kind: &'static str,
    /// One line for people; may hold text from outside.
    pub summary: String,
    /// The facts, in a fixed order.
    pub facts: Vec<Fact>,
}

impl Evidence {
    /// Evidence without facts yet.
    pub fn new(kind: &'static str, summary: impl Into<String>) -> Self {
        Self { kind, summary: summary.into(), facts: Vec::new() }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push(Fact { name, value: value.into() });
        self
    }
}
