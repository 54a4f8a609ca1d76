//! Lines that a change wrote: where a reviewer looks, and where annotations are shown.

use std::collections::BTreeSet;

use proofmark_core::{Finding, Observation, Origin, Position};

/// Lines of the longer side that are compared one by one; beyond, all lines in the middle count as changed.
const MAX_LINES: usize = 4_000;

/// Lines of the later text, counted from 1, that are not those of the earlier one: by a longest common subsequence of lines.
pub(crate) fn changed_lines(before: &str, after: &str) -> BTreeSet<u32> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let (old, middle) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    let kept = if old.len().max(middle.len()) > MAX_LINES { BTreeSet::new() } else { common(old, middle) };
    let line = |at: usize| u32::try_from(start + at + 1).unwrap_or(u32::MAX);
    (0..middle.len()).filter(|at| !kept.contains(at)).map(line).collect()
}

/// Indexes of the later lines that both have, in order.
fn common(old: &[&str], new: &[&str]) -> BTreeSet<usize> {
    let width = new.len() + 1;
    let mut best = vec![0_u16; (old.len() + 1) * width];
    for (i, line) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            best[i * width + j] = if line == other {
                best[(i + 1) * width + j + 1] + 1
            } else {
                best[(i + 1) * width + j].max(best[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut kept) = (0, 0, BTreeSet::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            kept.insert(j);
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * width + j] >= best[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    kept
}

/// The changed lines of a file, and its text.
pub(crate) type Changed = (BTreeSet<u32>, String);

/// Puts a finding at a line that the change wrote, where one of its sources stands there and it does not itself.
pub(crate) fn settle(row: &mut Finding, lines: &dyn Fn(&str) -> Option<Changed>) {
    let Some(location) = &row.location else { return };
    let is_changed = |file: &str, line: u32| lines(file).is_some_and(|(changed, _)| changed.contains(&line));
    if is_changed(&location.file, location.start.line) {
        return;
    }
    let source = row
        .observed
        .iter()
        .filter_map(|seen| parsed(seen.place.as_deref()?))
        .find(|(file, start)| is_changed(file, start.line));
    let Some((file, start)) = source else { return };
    let text = lines(&file).map(|(_, text)| text).unwrap_or_default();
    let line = usize::try_from(start.line).unwrap_or(1).saturating_sub(1);
    let line_text = text.lines().nth(line).unwrap_or_default().to_owned();
    let mut sink = Observation::new("it happens here");
    sink.place = Some(location.to_string());
    row.observed.push(sink);
    row.location = Some(Origin { file, start, end: start, line_text });
}

/// `file:line:column`.
fn parsed(place: &str) -> Option<(String, Position)> {
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?.to_owned(), Position { line, column }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_a_change_wrote() {
        for (before, after, expected) in [
            ("", "a\nb", vec![1, 2]),
            ("a\nb", "a\nb", vec![]),
            ("a\nb\nc", "a\nx\nc", vec![2]),
            ("a\nb", "b\na", vec![2]),
            ("a\na", "a\na\na", vec![3]),
            ("a\nb\nc\nd", "x\na\nc\ny\nd", vec![1, 4]),
            ("a", "", vec![]),
        ] {
            assert_eq!(
                changed_lines(before, after).into_iter().collect::<Vec<_>>(),
                expected,
                "{before:?} {after:?}"
            );
        }
    }

    #[test]
    fn places_are_read() {
        let (file, start) = parsed("a:b/.envrc:3:14").unwrap();
        assert_eq!((file.as_str(), start.line, start.column), ("a:b/.envrc", 3, 14));
        assert_eq!(parsed("x"), None);
        assert_eq!(parsed("x:1"), None);
    }
}
