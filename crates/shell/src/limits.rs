//! Caps on what one script may cost.

/// The budgets of one script. Reaching one is [`crate::Unreadable::Limit`], which names it and the place.
///
/// There is no clock here: `steps` bounds the time of our own reader, and `bytes`, `line_bytes`, `depth`,
/// `substitutions` and `subshells` that of the second, which sees nothing that reached a cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes of one line.
    pub line_bytes: usize,
    /// Constructs inside one another: groups, conditions, loops, substitutions, expansions, quotes, parentheses.
    pub depth: usize,
    /// Command and process substitutions inside one another.
    pub substitutions: usize,
    /// Subshells inside one another: what takes the second reader twice as long with each of them.
    pub subshells: usize,
    /// Commands, words and parts of words.
    pub nodes: usize,
    /// Bytes looked at, those that are looked at again included.
    pub steps: usize,
    /// Characters reported by [`crate::judge_encoding`]; what comes after is [`crate::OddityKind::More`].
    pub oddities: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 * 1024,
            line_bytes: 64 * 1024,
            depth: 48,
            substitutions: 16,
            subshells: 8,
            nodes: 200_000,
            steps: 8_000_000,
            oddities: 256,
        }
    }
}
