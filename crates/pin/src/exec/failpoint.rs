//! Where a test stops a run, between judging and running.
//!
//! `PROOFMARK_FAILPOINT=NAME:DIRECTORY` makes the run write `DIRECTORY/reached` at the point NAME, and wait until there is a
//! `DIRECTORY/go`. It is compiled for tests alone.

#[cfg(all(feature = "failpoints", not(debug_assertions)))]
compile_error!("the feature `failpoints` is for tests: no release may stop where a variable says");

#[cfg(not(feature = "failpoints"))]
pub(super) const fn stop(_name: &str) {}

#[cfg(feature = "failpoints")]
#[allow(clippy::disallowed_methods, reason = "compiled for tests alone, which start a process with it")]
pub(super) fn stop(name: &str) {
    let Some(asked) = std::env::var_os("PROOFMARK_FAILPOINT") else { return };
    let asked = asked.to_string_lossy().into_owned();
    let Some((point, directory)) = asked.split_once(':') else { return };
    let directory = std::path::Path::new(directory);
    if point != name || directory.join("reached").exists() {
        return;
    }
    let reached = std::fs::write(directory.join("reached"), "");
    for _ in 0..3000 {
        if reached.is_err() || directory.join("go").exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
