//! Arbitrary findings with hostile texts through the formats for people and logs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is surprised")]

mod common;

use common::{alerts, hostile, render, render_styled};
use proofmark_core::{Outcome, display};
use proofmark_report::{Format, Report, Style};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

/// Every line is inert on a terminal and in a log that reads commands.
fn assert_inert(text: &str) -> Result<(), TestCaseError> {
    prop_assert!(text.ends_with('\n'));
    for line in text.lines() {
        prop_assert_eq!(&*display::safe(line), line, "a control character");
        let word = line.trim_start();
        let command =
            word.strip_prefix("::").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        prop_assert!(!command, "a workflow command: {line}");
        for prefix in ["##[", "##vso[", "##teamcity["] {
            prop_assert!(!line.contains(prefix), "a log command: {line}");
        }
    }
    Ok(())
}

fn incomplete(report: &Report) -> usize {
    usize::from(!report.tally().is_complete())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// NODE-03: nothing untrusted reaches a terminal with its control characters.
    #[test]
    fn node_03_plain_is_inert_and_counts_last(report in hostile::report(), width in 20_usize..100) {
        for explain in [false, true] {
            let wide = render_styled(Format::Plain, &report, &Style { explain, ..Style::default() });
            assert_inert(&wide)?;
            let tally = report.tally();
            let counts = format!(
                "{} verified, {} failed, {} unverifiable, {} allowed",
                tally.verified, tally.failed, tally.unverifiable, tally.allowed
            );
            prop_assert!(wide.lines().last().is_some_and(|line| line.starts_with(&counts)));
            let narrow = render_styled(Format::Plain, &report, &Style { explain, width: Some(width), color: false });
            assert_inert(&narrow)?;
            prop_assert!(narrow.split_whitespace().eq(wide.split_whitespace()), "breaking lines changed the words");
        }
    }

    #[test]
    fn node_03_json_and_junit_are_inert(report in hostile::report()) {
        for format in [Format::Json, Format::Junit, Format::Sarif] {
            assert_inert(&render(format, &report))?;
        }
    }

    /// The same report gives the same bytes, in every format.
    #[test]
    fn formats_are_deterministic(report in hostile::report()) {
        let copy = report.clone();
        for format in Format::ALL {
            prop_assert_eq!(render(format, &report), render(format, &copy));
        }
    }

    #[test]
    fn github_lines_are_annotations(report in hostile::report()) {
        let text = render(Format::Github, &report);
        let lines: Vec<&str> = text.lines().collect();
        let (last, annotations) = lines.split_last().unwrap();
        prop_assert!(last.contains(" verified, "));
        let (annotations, basis): (Vec<&str>, Vec<&str>) = annotations.iter().partition(|line| line.starts_with("::"));
        prop_assert!(basis[0].starts_with("policy: "), "what decided is named: {basis:?}");
        for line in &basis {
            prop_assert_eq!(&*display::safe(line), *line);
            prop_assert!(line.starts_with("policy: ") || line.starts_with("root: "), "{line}");
        }
        let mut levels = [0, 0, 0];
        for line in &annotations {
            prop_assert_eq!(&*display::safe(line), *line);
            let (level, properties, message) = parse_command(line).unwrap();
            levels[level] += 1;
            prop_assert!(!message.is_empty());
            prop_assert!(properties.iter().any(|(name, _)| name == "title"));
            for (name, value) in &properties {
                prop_assert!(["file", "line", "endLine", "col", "endColumn", "title"].contains(&name.as_str()));
                prop_assert!(!value.is_empty(), "{} of {line}", name);
                if matches!(name.as_str(), "line" | "endLine" | "col" | "endColumn") {
                    prop_assert!(value.parse::<u32>().is_ok_and(|n| n >= 1));
                }
                if name == "file" {
                    prop_assert!(!value.starts_with('/') && !value.split('/').any(|part| part == ".."));
                }
            }
        }
        prop_assert!(levels.iter().all(|count| *count <= 10), "{levels:?}");
        let all = alerts(&report) + report.errors.len() + report.notes.len() + incomplete(&report);
        let rest = annotations.iter().find_map(|line| {
            line.strip_prefix("::notice title=proofmark::")?.split_once(" more are ")
        });
        prop_assert!(rest.is_none_or(|(_, place)| (place == "in the job summary.") == report.summarized));
        let rest: usize = rest.map_or(0, |(number, _)| number.parse().unwrap());
        prop_assert_eq!(annotations.len() - usize::from(rest > 0) + rest, all);
    }

    #[test]
    fn markdown_from_outside_is_code_alone(report in hostile::report()) {
        let text = render(Format::Markdown, &report);
        assert_inert(&text)?;
        let mut codes = Vec::new();
        let mut rows = 0;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Code(code) => codes.push(code.to_string()),
                Event::Text(text) => {
                    let ours = text.chars().all(|c| c.is_ascii_alphanumeric() || " ,.;:()[]-–_".contains(c));
                    prop_assert!(ours, "text outside a code span: {text:?}");
                }
                Event::Start(Tag::Link { dest_url, .. }) => {
                    prop_assert!(dest_url.starts_with("https://github.com/proofmark/proofmark/blob/main/docs/"));
                }
                Event::Start(Tag::TableRow) => rows += 1,
                Event::Start(Tag::CodeBlock(_) | Tag::Image { .. } | Tag::HtmlBlock | Tag::BlockQuote(_))
                | Event::Html(_)
                | Event::InlineHtml(_) => prop_assert!(false, "markup from outside: {event:?}"),
                _ => {}
            }
        }
        prop_assert_eq!(rows, report.results.len());
        for row in report.results.iter().filter(|row| !row.subject.name.trim().is_empty()) {
            let name: String = display::safe_short(&row.subject.name, 30);
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
            prop_assert!(!plain || codes.iter().any(|code| code.contains(name.trim_end())), "{name:?} is lost");
        }
    }

    #[test]
    fn junit_is_xml_that_adds_up(report in hostile::report()) {
        let text = render(Format::Junit, &report);
        let document = roxmltree::Document::parse(&text).unwrap();
        let root = document.root_element();
        prop_assert!(root.has_tag_name("testsuites"));
        let count = |node: roxmltree::Node<'_, '_>, tag: &str| {
            node.descendants().filter(|inner| inner.has_tag_name(tag)).count()
        };
        let of = |outcome| report.results.iter().filter(|row| row.outcome == outcome).count();
        prop_assert_eq!(count(root, "testcase"), report.results.len() + report.errors.len() + incomplete(&report));
        prop_assert_eq!(count(root, "skipped"), of(Outcome::Allowed));
        prop_assert_eq!(count(root, "error"), of(Outcome::Unverifiable) + report.errors.len() + incomplete(&report));
        prop_assert!(count(root, "failure") >= of(Outcome::Fail));
        let run = root.children().find(|node| node.attribute("name") == Some("run"));
        let said = run.and_then(|run| run.children().find(|node| node.has_tag_name("system-out")));
        let said = said.and_then(|node| node.text()).map_or(0, |text| text.split('\n').count());
        prop_assert_eq!(said, report.notes.len(), "each note is a line of the run");
        for suite in root.children().filter(|node| node.has_tag_name("testsuite")).chain([root]) {
            for (attribute, tag) in
                [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
            {
                let said: usize = suite.attribute(attribute).unwrap().parse().unwrap();
                prop_assert_eq!(said, count(suite, tag), "{} of {:?}", attribute, suite.attribute("name"));
            }
        }
    }
}

type Command = (usize, Vec<(String, String)>, String);

/// Reads a workflow command as the runner does: `::name key=value,key=value::message`.
fn parse_command(line: &str) -> Option<Command> {
    let (head, message) = line.strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ')?;
    let level = ["error", "warning", "notice"].iter().position(|known| *known == name)?;
    let mut read = Vec::new();
    for property in properties.split(',') {
        let (key, value) = property.split_once('=')?;
        read.push((key.to_owned(), unescape(value)));
    }
    Some((level, read, unescape(message)))
}

fn unescape(text: &str) -> String {
    let pairs = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
