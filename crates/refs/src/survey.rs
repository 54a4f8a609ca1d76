//! Whether JSON that is too long to be read could name images: asked of its keys alone, while it goes by.
//!
//! Memory does not grow with the file. Whatever is not plain JSON by RFC 8259, and might be YAML to somebody else (comments, keys
//! without quotes, UTF-16), is not called data.

use crate::limits::ScanLimits;

/// Bytes of a key that are kept: the longest that is asked for, and one more.
const MAX_WORD: usize = 11;

/// What a key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    ApiVersion,
    Kind,
    Op,
    Path,
    On,
    Jobs,
    Services,
    /// Of a service of compose: it names an image, or a file that does.
    Image,
    Other,
}

impl Key {
    fn of(word: &[u8]) -> Self {
        match word {
            b"apiVersion" => Self::ApiVersion,
            b"kind" => Self::Kind,
            b"op" => Self::Op,
            b"path" => Self::Path,
            b"on" => Self::On,
            b"jobs" => Self::Jobs,
            b"services" => Self::Services,
            b"image" | b"build" | b"extends" => Self::Image,
            _ => Self::Other,
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// An object or a list that is open.
#[derive(Debug, Clone, Copy)]
struct Level {
    object: bool,
    /// The key whose value comes.
    key: Option<Key>,
    /// Keys that were seen with a text.
    texts: u16,
    /// Keys that were seen.
    keys: u16,
}

/// A byte-order mark, which may stand before the text.
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Where in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Behind so many bytes of the mark.
    Mark(usize),
    Between,
    String,
    Escape,
    /// How many digits are still to come, and what they said so far.
    Unicode {
        left: u8,
        code: u32,
    },
    /// In a number or a word without quotes.
    Bare,
}

/// Reads JSON part by part, and says whether it is data: JSON in which no object is one of Kubernetes (`apiVersion` and `kind`),
/// a patch (`op` and `path`), a compose file or a workflow.
#[derive(Debug)]
pub struct JsonSurvey {
    levels: Vec<Level>,
    at: At,
    word: Vec<u8>,
    /// A string that ended: a key if a colon follows.
    text: Option<Key>,
    depth: usize,
    data: bool,
}

impl JsonSurvey {
    /// Of a file that is still to be read.
    pub fn new(limits: &ScanLimits) -> Self {
        Self {
            levels: Vec::new(),
            at: At::Mark(0),
            word: Vec::with_capacity(MAX_WORD),
            text: None,
            depth: limits.depth,
            data: true,
        }
    }

    /// The next part. `false`: it is no data, whatever follows.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if self.at == At::String {
                // What a string holds is most of such a file.
                let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
                let (text, after) = rest.split_at(plain.unwrap_or(rest.len()));
                let room = MAX_WORD.saturating_sub(self.word.len()).min(text.len());
                self.word.extend_from_slice(&text[..room]);
                if !text.is_empty() {
                    rest = after;
                    continue;
                }
            }
            rest = after;
            self.data = match self.at {
                At::Mark(read) => self.mark(byte, read),
                At::Between => self.between(byte),
                At::Bare => self.bare(byte),
                At::String => self.string(byte),
                At::Escape => self.escape(byte),
                At::Unicode { left, code } => self.unicode(byte, left, code),
            };
            if !self.data {
                return false;
            }
        }
        true
    }

    /// Whether all of it was data.
    pub fn finish(mut self) -> bool {
        if self.at == At::Bare {
            self.data &= self.word_is_a_value();
        }
        self.data && self.levels.is_empty() && matches!(self.at, At::Between | At::Bare)
    }

    fn mark(&mut self, byte: u8, read: usize) -> bool {
        self.at = if MARK.get(read) == Some(&byte) { At::Mark(read + 1) } else { At::Between };
        // A mark is there whole or not at all.
        self.at != At::Between || matches!(read, 0 | 3) && self.between(byte)
    }

    fn between(&mut self, byte: u8) -> bool {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'"' if self.text.is_none() => {
                self.word.clear();
                self.at = At::String;
            }
            b'{' | b'[' => return self.open(byte == b'{'),
            b'}' | b']' => {
                return self.value_ends()
                    && self.levels.pop().is_some_and(|level| level.object == (byte == b'}'));
            }
            b',' => return self.value_ends(),
            b':' => return self.key_ends(),
            b'0'..=b'9' | b'-' | b't' | b'f' | b'n' if self.text.is_none() => {
                self.word.clear();
                self.word.push(byte);
                self.at = At::Bare;
            }
            _ => return false,
        }
        true
    }

    fn bare(&mut self, byte: u8) -> bool {
        match byte {
            b'0'..=b'9' | b'-' | b'+' | b'.' | b'a'..=b'z' | b'E' => {
                self.keep(byte);
                true
            }
            _ => {
                self.at = At::Between;
                self.word_is_a_value() && self.between(byte)
            }
        }
    }

    /// A number, whose digits may be more than are kept, or one of three words.
    fn word_is_a_value(&self) -> bool {
        let number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        matches!(self.word.as_slice(), b"true" | b"false" | b"null") || self.word.iter().all(number)
    }

    fn string(&mut self, byte: u8) -> bool {
        match byte {
            b'"' => {
                self.text = Some(Key::of(&self.word));
                self.at = At::Between;
            }
            b'\\' => self.at = At::Escape,
            // A line that goes on in the next is YAML's.
            _ => return false,
        }
        true
    }

    fn escape(&mut self, byte: u8) -> bool {
        self.at = At::String;
        match byte {
            b'"' | b'\\' | b'/' => self.keep(byte),
            b'b' | b'f' | b'n' | b'r' | b't' => self.keep(b' '),
            b'u' => self.at = At::Unicode { left: 4, code: 0 },
            _ => return false,
        }
        true
    }

    fn unicode(&mut self, byte: u8, left: u8, code: u32) -> bool {
        let Some(digit) = char::from(byte).to_digit(16) else { return false };
        let code = code * 16 + digit;
        if left > 1 {
            self.at = At::Unicode { left: left - 1, code };
        } else {
            self.keep(u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(b'?'));
            self.at = At::String;
        }
        true
    }

    fn keep(&mut self, byte: u8) {
        if self.word.len() < MAX_WORD {
            self.word.push(byte);
        }
    }

    fn open(&mut self, object: bool) -> bool {
        // Behind a text comes no object.
        if self.text.is_some() || self.levels.len() >= self.depth {
            return false;
        }
        self.levels.push(Level { object, key: None, texts: 0, keys: 0 });
        true
    }

    /// Behind a string: it was a key.
    fn key_ends(&mut self) -> bool {
        let (Some(key), Some(level)) = (self.text.take(), self.levels.last_mut()) else { return false };
        if !level.object || level.key.is_some() {
            return false;
        }
        level.key = Some(key);
        level.keys |= key.bit();
        let keys = level.keys;
        let both = |one: Key, other: Key| keys & (one.bit() | other.bit()) == one.bit() | other.bit();
        let document = match self.levels.as_slice() {
            [_] => both(Key::ApiVersion, Key::Kind) || both(Key::On, Key::Jobs),
            [list, _] if !list.object => both(Key::ApiVersion, Key::Kind) || both(Key::Op, Key::Path),
            _ => false,
        };
        !(document || key == Key::Image && self.in_a_service())
    }

    /// Whether the open object is one of `services` of the root.
    fn in_a_service(&self) -> bool {
        let [.., root, services, _service] = self.levels.as_slice() else { return false };
        self.levels.len() == 3 && root.key == Some(Key::Services) && services.object
    }

    /// Behind a value: if it was a text, its key had one. An object in an object has texts there; a schema of one has not.
    fn value_ends(&mut self) -> bool {
        let text = self.text.take().is_some();
        let Some(level) = self.levels.last_mut() else { return false };
        if let Some(key) = level.key.take().filter(|_| text) {
            level.texts |= key.bit();
        }
        let both = |one: Key, other: Key| level.texts & (one.bit() | other.bit()) == one.bit() | other.bit();
        !both(Key::ApiVersion, Key::Kind) && !both(Key::Op, Key::Path)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// In parts of every length, so that none is read across their borders only.
    fn is_data(text: impl AsRef<[u8]>) -> bool {
        let whole = one(text.as_ref(), usize::MAX);
        for length in [1, 3, 7] {
            assert_eq!(one(text.as_ref(), length), whole, "{:?} in parts of {length}", text.as_ref());
        }
        whole
    }

    fn one(bytes: &[u8], length: usize) -> bool {
        let mut survey = JsonSurvey::new(&ScanLimits::default());
        bytes.chunks(length.min(bytes.len().max(1))).all(|part| survey.feed(part)) && survey.finish()
    }

    #[test]
    fn data_is_data() {
        for text in [
            r#"{"a": [1, -2.5e+10, true, false, null, "x\n\"\\\/\u00e4"], "image": "x"}"#,
            r#"{"properties": {"kind": {"a": "b"}, "apiVersion": "v1"}}"#,
            r#"[{"kind": "a"}, {"apiVersion": "b"}]"#,
            r#"{"services": {"a": {"b": {"image": "x"}}}}"#,
            r#"{"services": [{"image": "x"}], "x": {"a": {"image": "x"}}}"#,
            r#"{"a": {"on": "push", "jobs": {}}}"#,
            "\u{feff}{\"a\": 1}\n{\"b\": 2}\n",
            "12345678901234567890",
            "[]",
        ] {
            assert!(is_data(text), "{text}");
        }
    }

    #[test]
    fn what_may_name_images_is_not() {
        for text in [
            r#"{"kind": "List", "items": [], "apiVersion": "v1"}"#,
            r#"[{"a": {"apiVersion" : "v1" , "\u006bind": "Pod"}}]"#,
            r#"{"a": 1} {"k\u0069nd": "Pod", "ap\u0069Version": "v1"}"#,
            r#"[{"op": "replace", "path": "/spec/image", "value": "x"}]"#,
            r#"{"services": {"a": {"\u0069mage": "x"}}}"#,
            r#"{"services": {"a": {"x": [{}], "build": "x"}}}"#,
            r#"{"services": {"a": {"extends": {"file": "x"}}}}"#,
            r#"{"on": "push", "x": {}, "jobs": {}}"#,
        ] {
            assert!(!is_data(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_not_called_data() {
        for text in [
            "{apiVersion: v1, kind: Pod}",
            "apiVersion: v1\nkind: Pod\n",
            "{\"a\": 1} # comment",
            "{'a': 1}",
            "{\"a\\\nb\": 1}",
            "{\"a\nb\": 1}",
            "{\"\\x6bind\": 1}",
            "{\"a\": tru}",
            "{\"a\": 1",
            "{\"a",
            "{\"a\": &x 1}",
            "{? \"a\" : 1}",
            "{\"a\": nullapiVersion}",
            "]",
            "{]",
            "{\"a\" \"b\": {}}",
            "{\"a\" {}}",
            ":",
            "\u{85}",
        ] {
            assert!(!is_data(text), "{text}");
        }
        let wide: Vec<u8> = "{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(!is_data(&wide));
        assert!(!is_data([b"\xff\xfe".as_slice(), &wide].concat()));
        assert!(!is_data("[".repeat(200)));
        assert!(is_data(format!("{}{}", "[".repeat(100), "]".repeat(100))));
    }

    /// JSON of the keys that count, in any order and nesting.
    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::json!("x")),
            Just(serde_json::json!(1)),
            Just(serde_json::Value::Null)
        ];
        let keys = [
            "apiVersion",
            "kind",
            "op",
            "path",
            "on",
            "jobs",
            "services",
            "image",
            "build",
            "extends",
            "file",
            "a",
        ];
        leaf.prop_recursive(5, 24, 4, move |inner| {
            let key = prop::sample::select(keys.to_vec()).prop_map(str::to_owned);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
                prop::collection::vec((key, inner), 0..5)
                    .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

        /// What the scanner would read if it were shorter is never called data.
        #[test]
        fn no_document_that_is_read_is_data(value in json()) {
            let limits = ScanLimits::default();
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let steps = std::cell::Cell::new(limits.steps);
                let parsed = crate::yaml::parse(&text, &limits, &steps);
                let shape = parsed.trees.first().map(crate::shape::Shape::of).unwrap_or_default();
                let read = shape.object || shape.patch || shape.compose || shape.workflow;
                prop_assert!(!(read && is_data(&text)), "{}", text);
            }
        }
    }
}
