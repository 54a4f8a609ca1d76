//! Running what was verified, for real: each test breaks one thing. This program is also the child that becomes the tool.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test program")]
#![allow(clippy::exit, clippy::disallowed_methods, reason = "a test program")]

#[cfg(target_os = "linux")]
mod places;
#[cfg(target_os = "linux")]
mod remembered;
#[cfg(target_os = "linux")]
mod root;
#[cfg(target_os = "linux")]
mod running;
#[cfg(target_os = "linux")]
mod support;
#[cfg(target_os = "linux")]
mod swapped;

#[cfg(target_os = "linux")]
fn main() {
    use libtest_mimic::{Arguments, Trial};
    if std::env::var_os(support::CHILD).is_some() {
        support::child();
    }
    let mut arguments = Arguments::from_args();
    // A child that is just being made holds what another test has open for writing, which then does not run (ETXTBSY).
    arguments.test_threads.get_or_insert(1);
    let all = [places::TESTS, running::TESTS, swapped::TESTS, remembered::TESTS, root::tests()];
    let trial = |(name, test): &(&'static str, fn())| {
        let test = *test;
        // A panic is caught where trials run, and fails the trial.
        Trial::test(*name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&arguments, all.iter().flat_map(|tests| tests.iter()).map(trial).collect()).exit();
}

#[cfg(not(target_os = "linux"))]
fn main() {}
