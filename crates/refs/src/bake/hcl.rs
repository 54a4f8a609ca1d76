//! As much of HCL as bake files are written in; what is more than a literal or a name is kept as its bytes.
//!
//! Source: HCL native syntax specification (`hclsyntax/spec.md`): bodies, attributes, blocks, templates, heredocs.

use std::ops::Range;

/// Nesting that is followed.
const MAX_DEPTH: usize = 32;

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// A template in quotes, or a heredoc: the bytes inside.
    Text(Range<usize>),
    Null,
    /// A variable.
    Name(Range<usize>),
    List(Vec<Expr>),
    Object(Vec<Pair>),
    /// Anything that would have to be evaluated.
    Open(Range<usize>),
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) at: Range<usize>,
    pub(super) value: Expr,
}

/// A block of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: String,
    pub(super) label: String,
    pub(super) at: Range<usize>,
    pub(super) pairs: Vec<Pair>,
}

/// The blocks and attributes of a file, or where it cannot be read.
pub(super) fn parse(text: &str) -> Result<Vec<Block>, usize> {
    let mut reader = Reader { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 } };
    let mut blocks = Vec::new();
    loop {
        reader.blanks(true);
        if reader.rest().is_empty() {
            return Ok(blocks);
        }
        let start = reader.at;
        let kind = reader.name().ok_or(start)?;
        reader.blanks(false);
        let mut label = (String::new(), start..reader.at);
        if reader.take('=') {
            let value = reader.expression(0)?;
            let pairs = vec![Pair { name: kind.clone(), at: label.1.clone(), value }];
            blocks.push(Block { kind: String::new(), label: kind, at: label.1, pairs });
            continue;
        }
        while !reader.rest().starts_with('{') {
            label = reader.label().ok_or(reader.at)?;
            reader.blanks(false);
        }
        reader.take('{');
        let pairs = reader.body(0)?;
        blocks.push(Block { kind, label: label.0, at: label.1, pairs });
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.rest().starts_with(wanted);
        if there {
            self.at += wanted.len_utf8();
        }
        there
    }

    /// Passes over blanks and comments; over ends of lines too if these part nothing.
    fn blanks(&mut self, lines: bool) {
        loop {
            let rest = self.rest();
            let blank = |c: char| matches!(c, ' ' | '\t' | '\r') || lines && c == '\n';
            let start = rest.trim_start_matches(blank);
            self.at += rest.len() - start.len();
            let rest = self.rest();
            let length = if rest.starts_with('#') || rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += length;
        }
    }

    fn name(&mut self) -> Option<String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
        let name = rest
            .get(..end)
            .filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'))?
            .to_owned();
        self.at += end;
        Some(name)
    }

    /// A name, or one in quotes, with its place.
    fn label(&mut self) -> Option<(String, Range<usize>)> {
        if self.rest().starts_with('"') {
            let inside = self.quoted()?;
            return Some((self.text.get(inside.clone())?.to_owned(), inside));
        }
        let start = self.at;
        self.name().map(|name| (name, start..self.at))
    }

    /// A template in quotes: the bytes inside.
    fn quoted(&mut self) -> Option<Range<usize>> {
        let start = self.at + 1;
        let (mut at, mut depth, mut inner) = (start, 0_usize, false);
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'\n' if depth == 0 => return None,
                b'"' if depth == 0 => {
                    self.at = at + 1;
                    return Some(start..at);
                }
                b'"' => inner = !inner,
                b'{' if !inner
                    && (depth > 0 || matches!(bytes.get(at.wrapping_sub(1)), Some(b'$' | b'%'))) =>
                {
                    depth += 1;
                }
                b'}' if !inner && depth > 0 => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// `<<EOT` or `<<-EOT`: the bytes of the lines before `EOT`.
    fn heredoc(&mut self) -> Option<Range<usize>> {
        let rest = self.rest();
        let line = rest.find('\n')?;
        let name = rest.get(2..line)?.trim_start_matches('-').trim();
        let start = self.at + line + 1;
        let mut at = start;
        for line in self.text.get(start..)?.split_inclusive('\n') {
            if line.trim() == name {
                let end = at + line.trim_end_matches(['\r', '\n']).len();
                self.at = end;
                return Some(start..at);
            }
            at += line.len();
        }
        None
    }

    /// `name = value`, to the brace that closes it. Blocks inside hold nothing that is looked at.
    fn body(&mut self, depth: usize) -> Result<Vec<Pair>, usize> {
        let mut pairs = Vec::new();
        if depth > MAX_DEPTH {
            return Err(self.at);
        }
        loop {
            self.blanks(true);
            if self.take('}') {
                return Ok(pairs);
            }
            if self.take(',') {
                continue;
            }
            // A key that is an expression, `(x)`.
            let computed = self.rest().starts_with('(');
            let start = self.at;
            let (name, at) = if computed {
                self.skip(&['=', ':']);
                ("${".to_owned(), start..self.at)
            } else {
                self.label().ok_or(start)?
            };
            self.blanks(false);
            if self.take('=') || self.take(':') {
                let value = self.expression(depth + 1)?;
                pairs.push(Pair { name, at, value });
                continue;
            }
            while !self.rest().starts_with('{') {
                self.label().ok_or(self.at)?;
                self.blanks(false);
            }
            self.take('{');
            self.body(depth + 1)?;
        }
    }

    fn expression(&mut self, depth: usize) -> Result<Expr, usize> {
        self.blanks(false);
        let start = self.at;
        if depth > MAX_DEPTH {
            return Err(start);
        }
        let rest = self.rest();
        let read = if rest.starts_with('"') {
            Expr::Text(self.quoted().ok_or(start)?)
        } else if rest.starts_with("<<") {
            return Ok(Expr::Text(self.heredoc().ok_or(start)?));
        } else if rest.starts_with('{') && !self.is_for() {
            self.take('{');
            Expr::Object(self.body(depth)?)
        } else if rest.starts_with('[') && !self.is_for() {
            self.take('[');
            self.list(depth)?
        } else {
            match self.name() {
                Some(name) if name == "null" => Expr::Null,
                Some(_) => Expr::Name(start..self.at),
                None => Expr::Open(start..start),
            }
        };
        self.blanks(false);
        if !matches!(read, Expr::Open(_))
            && self.peek().is_none_or(|c| matches!(c, '\n' | ',' | '}' | ']' | ')'))
        {
            return Ok(read);
        }
        self.skip(&[',', '\n']);
        if self.at == start { Err(start) } else { Ok(Expr::Open(start..self.at)) }
    }

    /// `[for x in …]` and `{for x in …}`.
    fn is_for(&self) -> bool {
        let inside = self.rest().get(1..).unwrap_or_default().trim_start();
        inside.strip_prefix("for").is_some_and(|rest| rest.starts_with(char::is_whitespace))
    }

    fn list(&mut self, depth: usize) -> Result<Expr, usize> {
        let mut items = Vec::new();
        loop {
            self.blanks(true);
            if self.take(']') {
                return Ok(Expr::List(items));
            }
            if !self.take(',') {
                items.push(self.expression(depth + 1)?);
            }
        }
    }

    /// To one of these outside brackets and quotes, or to the bracket that closes what is around.
    fn skip(&mut self, ends: &[char]) {
        let mut depth = 0_usize;
        while let Some(next) = self.peek() {
            match next {
                '"' => {
                    if self.quoted().is_none() {
                        self.at = self.text.len();
                    }
                    continue;
                }
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => return,
                ')' | ']' | '}' => depth -= 1,
                end if depth == 0 && ends.contains(&end) => return,
                _ => {}
            }
            self.at += next.len_utf8();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let blocks = parse(text).unwrap();
        let pairs = |pairs: &[Pair]| {
            pairs
                .iter()
                .map(|pair| format!("{}={}", pair.name, expr(text, &pair.value)))
                .collect::<Vec<_>>()
                .join(" ")
        };
        blocks
            .iter()
            .map(|one| format!("{}/{}: {}", one.kind, one.label, pairs(&one.pairs)))
            .collect::<Vec<_>>()
            .join("; ")
    }

    fn expr(text: &str, value: &Expr) -> String {
        match value {
            Expr::Text(at) => format!("'{}'", &text[at.clone()]),
            Expr::Null => "null".into(),
            Expr::Name(at) => text[at.clone()].into(),
            Expr::List(items) => {
                format!("[{}]", items.iter().map(|one| expr(text, one)).collect::<Vec<_>>().join(","))
            }
            Expr::Object(pairs) => {
                format!(
                    "{{{}}}",
                    pairs
                        .iter()
                        .map(|one| format!("{}={}", one.name, expr(text, &one.value)))
                        .collect::<Vec<_>>()
                        .join(",")
                )
            }
            Expr::Open(at) => format!("?{}?", text[at.clone()].trim()),
        }
    }

    #[test]
    fn what_bake_files_hold() {
        for (text, expected) in [
            ("# c\nvariable \"T\" {\n  default = \"1\" // x\n}\n", "variable/T: default='1'"),
            ("group \"default\" { targets = [\"a\", \"b\",] }", "group/default: targets=['a','b']"),
            (
                "target \"a\" { args = { A = \"x\", B = null\n \"C\" = D } }",
                "target/a: args={A='x',B=null,C=D}",
            ),
            (
                "target \"a\" { context = a ? \"b\" : \"c\"\n tags = [\"x:${f(\"}\")}\"] }",
                "target/a: context=?a ? \"b\" : \"c\"? tags=['x:${f(\"}\")}']",
            ),
            (
                "target \"a\" {\n dockerfile-inline = <<-EOT\nFROM x\n  EOT\n context = \".\" }",
                "target/a: dockerfile-inline='FROM x\n' context='.'",
            ),
            ("target \"a\" { args = merge(x, {A = 1}) }", "target/a: args=?merge(x, {A = 1})?"),
            (
                "target \"a\" { l = [for x in y : x]\n n = 3\n m { x = 1 } }",
                "target/a: l=?[for x in y : x]? n=?3?",
            ),
            ("X = \"1\"\nfunction \"f\" { params = [a] }", "/X: X='1'; function/f: params=[a]"),
            ("target \"a\" { args = { (X) = \"y\" } }", "target/a: args={${='y'}"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        for text in [
            "target \"a\" {",
            "{",
            "a b",
            "target \"a\" { x = \"y }",
            "x = <<A\n",
            &"a = [".repeat(100),
            "x = ",
            "a {{{{",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
