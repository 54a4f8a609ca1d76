//! Prints what a pinned tool made while this was built, and what was taken along.

/// The executable that the lock pins, verified before it was included.
static AGENT: &[u8] = proofmark_build::include_verified!("agent");

/// What `words` made of `words.txt`.
static WORDS: &str = include_str!(concat!(env!("OUT_DIR"), "/words.txt"));

proofmark_build::embed!();

fn main() {
    print!("{WORDS}");
    println!("an agent of {} bytes is taken along", AGENT.len());
}
