//! Regular expressions over certificate identities, anchored.

use super::PatternError;

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
        regex_lite::Regex::new(text).map_err(|e| PatternError::Regex(e.to_string()))?;
        let regex = regex_lite::RegexBuilder::new(&format!("^(?:{text})$"))
            .size_limit(1 << 18)
            .build()
            .map_err(|e| PatternError::Regex(e.to_string()))?;
        Ok(Self { text: text.to_owned(), regex })
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

impl PartialEq for AnchoredRegex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for AnchoredRegex {}
