//! Errors as text: the line, a mark under the place, and what to do.

use std::fmt::Write as _;

use proofmark_core::Origin;
use proofmark_core::display::{safe, safe_short};

use crate::{LoadFailure, PolicyError};

/// Columns of a line that are shown.
const MAX_SHOWN: usize = 160;

/// Every error with a picture of its line, plain, and safe for a terminal whatever the policy holds.
pub fn render_errors(errors: &[PolicyError]) -> String {
    let mut out = String::new();
    for (index, error) in errors.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        render(&mut out, error);
    }
    out
}

/// [`render_errors`], and how many were left out.
pub fn render_failure(failure: &LoadFailure) -> String {
    let mut out = render_errors(&failure.errors);
    if failure.omitted > 0 {
        let _ = write!(out, "\nand {} more\n", failure.omitted);
    }
    out
}

fn render(out: &mut String, error: &PolicyError) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "error[{}]: {}", error.code, safe_short(&error.message, 1000));
    let number = error.origin.start.line.to_string();
    let pad = " ".repeat(number.len());
    if error.origin.line_text.is_empty() && error.origin.start.line == 1 {
        let _ = writeln!(out, "{pad}--> {}", safe(&error.origin.file));
    } else {
        let _ = writeln!(out, "{pad}--> {}", safe(&error.origin.to_string()));
        let (line, mark) = picture(&error.origin);
        let _ = writeln!(out, "{pad} |\n{number} | {line}");
        if let Some(mark) = mark {
            let _ = writeln!(out, "{pad} | {mark}");
        }
    }
    let _ = writeln!(out, "{pad} = help: {}", safe_short(&error.help, 1000));
}

/// The line as it is shown, and the marks under it, unless the place lies beyond what is shown.
fn picture(origin: &Origin) -> (String, Option<String>) {
    let shown = |text: &str| safe(&text.replace('\t', " ")).into_owned();
    let chars: Vec<char> = origin.line_text.chars().collect();
    let column = |column: u32| usize::try_from(column).unwrap_or(1).saturating_sub(1);
    let start = column(origin.start.column).min(chars.len());
    let end = if origin.end.line == origin.start.line {
        column(origin.end.column).min(chars.len())
    } else {
        chars.len()
    };
    let width = |range: &[char]| shown(&range.iter().collect::<String>()).chars().count();
    let before = width(&chars[..start]);
    let marks = width(&chars[start..end.max(start)]).max(1);
    let line = shown(&origin.line_text);
    let cut = line.chars().count() > MAX_SHOWN;
    let line = if cut { line.chars().take(MAX_SHOWN - 1).chain(['…']).collect() } else { line };
    if before >= MAX_SHOWN {
        return (line, None);
    }
    (line, Some(format!("{}{}", " ".repeat(before), "^".repeat(marks.min(MAX_SHOWN - before)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use crate::source::Source;

    #[test]
    fn a_picture_of_the_line() {
        let source = Source::new("proofmark.toml", "version = 1\nversoin = \"\u{1b}[2J\"\n");
        let error = PolicyError {
            code: Code::UnknownKey,
            message: "unknown key `versoin`".into(),
            origin: source.origin(&(12..19)),
            help: "did you mean `version`?".into(),
        };
        assert_eq!(
            render_errors(&[error]),
            "error[unknown-key]: unknown key `versoin`\n --> proofmark.toml:2:1\n  |\n2 | versoin = \"\\u{1b}[2J\"\n  \
             | ^^^^^^^\n  = help: did you mean `version`?\n"
        );
    }
}
