//! A progress display on standard error, when several images are verified on a terminal.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use proofmark_core::display::safe_short;
use proofmark_engine::Progress;
use proofmark_oci::CopyProgress;

use crate::environment::Environment;

/// A bar, hidden unless standard error is a terminal outside CI.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar over `subjects`, each of them judged by so many `policies`.
    pub(crate) fn new(subjects: usize, policies: usize, wanted: bool, environment: &Environment) -> Self {
        let shown = is_shown(wanted, subjects, environment.ci, std::io::stderr().is_terminal());
        let total = subjects.saturating_mul(policies);
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// Where somebody waits for several subjects, and looks on.
const fn is_shown(wanted: bool, subjects: usize, ci: bool, terminal: bool) -> bool {
    wanted && subjects > 1 && !ci && terminal
}

impl Progress for Bar {
    fn done(&self, name: &str, _total: usize) {
        self.0.set_message(safe_short(name, 60));
        self.0.inc(1);
    }
}

/// A bar over the bytes of one image that is fetched.
pub(crate) struct ByteBar(ProgressBar);

impl ByteBar {
    /// A bar for this image, hidden unless standard error is a terminal outside CI.
    pub(crate) fn new(name: &str, wanted: bool, environment: &Environment) -> Self {
        let shown = wanted && !environment.ci && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_message(safe_short(name, 60));
        if let Ok(style) =
            ProgressStyle::with_template("{bar:24} {bytes}/{total_bytes} {bytes_per_sec} {msg}")
        {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl CopyProgress for ByteBar {
    fn planned(&self, _blobs: usize, bytes: u64) {
        self.0.set_length(bytes);
    }

    fn advanced(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    fn undone(&self, bytes: u64) {
        self.0.dec(bytes);
    }
}

/// A bar over the bytes of one download.
pub(crate) struct DownloadBar(ProgressBar);

impl DownloadBar {
    /// A bar for this address, hidden unless standard error is a terminal outside CI.
    pub(crate) fn new(url: &str, wanted: bool, environment: &Environment) -> Self {
        let shown = wanted && !environment.ci && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_message(safe_short(url, 100));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bytes} {bytes_per_sec} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So many bytes more have come.
    pub(crate) fn advanced(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_to_who_waits_and_looks_on() {
        assert!(is_shown(true, 2, false, true));
        assert!(!is_shown(false, 2, false, true), "-q or --no-progress");
        assert!(!is_shown(true, 1, false, true), "one image");
        assert!(!is_shown(true, 2, true, true), "CI");
        assert!(!is_shown(true, 2, false, false), "no terminal");
    }

    #[test]
    fn every_policy_judges_every_subject() {
        let bar = Bar::new(3, 2, true, &Environment::default());
        assert_eq!(bar.0.length(), Some(6));
    }

    #[test]
    fn bytes_that_come_again_are_taken_back() {
        let bar = ByteBar::new("r.example/a", false, &Environment::default());
        bar.planned(2, 100);
        bar.advanced(60);
        bar.undone(20);
        assert_eq!((bar.0.length(), bar.0.position()), (Some(100), 40));
    }
}
