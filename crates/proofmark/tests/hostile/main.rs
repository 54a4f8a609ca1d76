//! A hostile registry on a real socket against the real program, as a child process with an environment of its own: for
//! each row the verdict and its reason, the most memory that was resident, and the time.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test program")]
#![cfg(unix)]

mod child;
mod row;
mod rows;
mod scene;
#[allow(dead_code, reason = "shared with the tests of the whole program, which use more of it")]
#[path = "../program/support/mod.rs"]
mod support;

use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Trial};

/// Rows at a time: each has a registry in this process, and the program's time is measured.
const AT_ONCE: usize = 2;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let rows = rows::all();
    let lines = Arc::new(Mutex::new(vec![None; rows.len()]));
    let trials = rows.into_iter().enumerate().map(|(at, row)| {
        let lines = Arc::clone(&lines);
        Trial::test(row.name, move || {
            let outcome = row::run(&row);
            lines.lock().unwrap()[at] = Some(row::line(row.name, &outcome));
            row::check(&row, &outcome)
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let build = if cfg!(debug_assertions) { "unoptimised" } else { "optimised" };
    println!("peaks (VmHWM) of the {build} program, at most {} KiB allowed:", child::MAX_PEAK_KIB);
    lines.lock().unwrap().iter().flatten().for_each(|line: &String| println!("{line}"));
    conclusion.exit();
}
