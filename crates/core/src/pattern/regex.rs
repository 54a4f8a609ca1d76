//! Regular expressions over certificate identities, anchored.

use super::PatternError;

/// Bytes of a compiled expression.
const MAX_COMPILED: usize = 1 << 18;

/// A regular expression anchored at both ends (ID-02: an unanchored one accepts evil prefixes and suffixes).
#[derive(Debug, Clone)]
pub struct AnchoredRegex {
    text: String,
    regex: regex_lite::Regex,
}

impl AnchoredRegex {
    /// Compiles `^(?:text)$` without flags.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        // The text must stand alone, so that `a)|(?:b` cannot leave the group.
        compile(text)?;
        Ok(Self { text: text.to_owned(), regex: compile(&format!("^(?:{text})$"))? })
    }

    /// The expression as written, without the anchors.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        // `$` of some engines matches before a final line feed; an identity has none.
        !text.contains('\n') && self.regex.is_match(text)
    }
}

/// Compiles to at most [`MAX_COMPILED`] bytes: `(a{1000}){1000}` is short, and what it stands for is not.
fn compile(text: &str) -> Result<regex_lite::Regex, PatternError> {
    regex_lite::RegexBuilder::new(text)
        .size_limit(MAX_COMPILED)
        .build()
        .map_err(|error| PatternError::Regex(error.to_string()))
}

impl PartialEq for AnchoredRegex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for AnchoredRegex {}
