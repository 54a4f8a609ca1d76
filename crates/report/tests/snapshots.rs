//! One fixed report in every format. The properties of the formats are tested elsewhere: a snapshot shows the look.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is surprised")]

mod common;

use common::{fixed, render, render_styled};
use insta::assert_snapshot;
use proofmark_report::{Format, Style, report_schema};

#[test]
fn plain() {
    assert_snapshot!(render(Format::Plain, &fixed()));
}

#[test]
fn plain_explained_narrow() {
    let style = Style { color: false, width: Some(60), explain: true };
    assert_snapshot!(render_styled(Format::Plain, &fixed(), &style));
}

#[test]
fn json() {
    assert_snapshot!(render(Format::Json, &fixed()));
}

#[test]
fn sarif() {
    assert_snapshot!(render(Format::Sarif, &fixed()));
}

#[test]
fn github() {
    assert_snapshot!(render(Format::Github, &fixed()));
}

#[test]
fn markdown() {
    assert_snapshot!(render(Format::Markdown, &fixed()));
}

#[test]
fn junit() {
    assert_snapshot!(render(Format::Junit, &fixed()));
}

#[test]
fn schema() {
    assert_snapshot!(serde_json::to_string_pretty(&report_schema()).unwrap());
}
