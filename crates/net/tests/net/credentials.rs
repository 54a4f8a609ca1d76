//! Files of `docker login` and `podman login`, and their helpers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proofmark_net::{Credential, CredentialError, CredentialSources, Credentials, StoredCredentials};
use tempfile::TempDir;

/// Writes a helper that does what this shell text says.
fn helper(dir: &Path, name: &str, script: &str) {
    let path = dir.join(format!("docker-credential-{name}"));
    put(&path, &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[allow(clippy::disallowed_methods, reason = "a test's own scratch files")]
fn put(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

#[allow(clippy::disallowed_methods, reason = "a test's own scratch files")]
fn text_of(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn stored(files: Vec<PathBuf>, dir: &Path, time: Duration) -> StoredCredentials {
    let helper_dirs = vec![PathBuf::from("."), dir.to_owned()];
    StoredCredentials::new(CredentialSources { files, helper_dirs, helper_time: time })
}

/// One file with this text, and what it has for a host.
fn find(dir: &TempDir, text: &str, host: &str) -> Result<Option<Credential>, CredentialError> {
    let file = dir.path().join("config.json");
    put(&file, text);
    stored(vec![file], dir.path(), Duration::from_secs(20)).find(host, "acme/app", later())
}

/// A deadline that nothing here reaches.
fn later() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn password(username: &str, password: &str) -> Option<Credential> {
    Credential::password(username, password)
}

#[test]
fn the_first_file_that_knows_the_host() {
    let dir = TempDir::new().unwrap();
    let (docker, podman) = (dir.path().join("config.json"), dir.path().join("auth.json"));
    put(&docker, r#"{"auths":{"ghcr.io":{"auth":"YTpi"}}}"#);
    put(&podman, r#"{"auths":{"ghcr.io":{"auth":"Yzpk"},"quay.io/acme":{"auth":"Yzpk"}}}"#);
    let missing = dir.path().join("missing.json");
    let stored = stored(vec![missing, docker, podman], dir.path(), Duration::from_secs(1));
    assert_eq!(stored.find("ghcr.io", "acme/app", later()).unwrap(), password("a", "b"));
    assert_eq!(stored.find("quay.io", "acme/app", later()).unwrap(), password("c", "d"));
    assert_eq!(stored.find("quay.io", "other/app", later()).unwrap(), None);
    assert_eq!(stored.find("docker.io", "acme/app", later()).unwrap(), None);
}

#[test]
fn a_broken_file_is_told_unless_another_knows() {
    let dir = TempDir::new().unwrap();
    let (broken, good) = (dir.path().join("a.json"), dir.path().join("b.json"));
    put(&broken, "{");
    put(&good, r#"{"auths":{"ghcr.io":{"auth":"YTpi"}}}"#);
    let stored = stored(vec![broken, good], dir.path(), Duration::from_secs(1));
    assert_eq!(stored.find("ghcr.io", "x", later()).unwrap(), password("a", "b"));
    assert!(matches!(stored.find("quay.io", "x", later()), Err(CredentialError::Malformed { .. })));
    let huge = format!("{{\"x\":\"{}\"}}", "a".repeat(1024 * 1024));
    assert!(matches!(find(&dir, &huge, "ghcr.io"), Err(CredentialError::TooLarge { .. })));
}

#[test]
fn a_helper_is_asked_for_the_host() {
    let dir = TempDir::new().unwrap();
    // Answers only to `get` and to this host on its input.
    helper(
        dir.path(),
        "corp",
        r#"[ "$1" = get ] || exit 3; read -r h; [ "$h" = gcr.io ] || { echo "credentials not found in native keychain"; exit 1; }
echo '{"ServerURL":"gcr.io","Username":"u","Secret":"s"}'"#,
    );
    helper(dir.path(), "hub", r#"read -r h; echo "{\"Username\":\"<token>\",\"Secret\":\"$h\"}""#);
    let text = r#"{"credHelpers":{"gcr.io":"corp","docker.io":"hub"},"credsStore":"corp"}"#;
    assert_eq!(find(&dir, text, "gcr.io").unwrap(), password("u", "s"));
    // The helper for all hosts knows nothing of this one: that is no error.
    assert_eq!(find(&dir, text, "quay.io").unwrap(), None);
    let Some(Credential::IdentityToken(token)) = find(&dir, text, "docker.io").unwrap() else { panic!() };
    assert_eq!(token.reveal(), "https://index.docker.io/v1/");
}

#[test]
fn helpers_that_misbehave() {
    let dir = TempDir::new().unwrap();
    helper(dir.path(), "fails", "echo secret; exit 1");
    helper(dir.path(), "babbles", "echo not json; echo secret");
    helper(dir.path(), "floods", "exec cat /dev/zero");
    helper(dir.path(), "colon", r#"echo '{"Username":"a:b","Secret":"secret"}'"#);
    helper(dir.path(), "array", r#"echo '["a","secret"]'"#);
    for name in ["fails", "babbles", "floods", "colon", "array", "absent", "../x", "-rf x", ""] {
        let text = format!(r#"{{"credHelpers":{{"h.test":"{name}"}}}}"#);
        let error = find(&dir, &text, "h.test").unwrap_err();
        assert!(matches!(error, CredentialError::Helper { .. }), "{name}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

/// A helper that hangs is ended, whether it holds its output open or has closed it.
#[test]
fn a_helper_that_hangs() {
    let dir = TempDir::new().unwrap();
    helper(dir.path(), "sleeps", "exec sleep 60");
    helper(dir.path(), "quiet", "exec >&-; exec sleep 60");
    let file = dir.path().join("config.json");
    put(&file, r#"{"credHelpers":{"a.test":"sleeps","b.test":"quiet"}}"#);
    let stored = stored(vec![file], dir.path(), Duration::from_millis(200));
    for host in ["a.test", "b.test"] {
        let text = stored.find(host, "", later()).unwrap_err().to_string();
        assert!(text.contains("took too long"), "{text}");
    }
}

/// A helper may take seconds or ask its user: it is asked once for a host, however many repositories are read there.
#[test]
fn a_helper_runs_once_for_each_host() {
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("log");
    let script = format!(
        r#"read -r h; echo "$h" >> {}; [ "$h" = b.test ] && exit 1; echo '{{"Username":"u","Secret":"s"}}'"#,
        log.display()
    );
    helper(dir.path(), "counts", &script);
    let file = dir.path().join("config.json");
    put(&file, r#"{"credsStore":"counts"}"#);
    let stored = stored(vec![file], dir.path(), Duration::from_secs(20));
    std::thread::scope(|scope| {
        for n in 0..20 {
            let stored = &stored;
            scope.spawn(move || {
                assert_eq!(stored.find("a.test", &format!("acme/{n}"), later()).unwrap(), password("u", "s"));
                assert!(stored.find("b.test", &format!("acme/{n}"), later()).is_err());
            });
        }
    });
    let mut asked: Vec<String> = text_of(&log).lines().map(str::to_owned).collect();
    asked.sort();
    assert_eq!(asked, ["a.test", "b.test"]);
}

/// At the deadline of the request a helper is ended, even if it may run longer; the next request asks it again.
#[test]
fn a_helper_ends_before_the_deadline() {
    let dir = TempDir::new().unwrap();
    let (pid, once) = (dir.path().join("pid"), dir.path().join("once"));
    let script = format!(
        r#"[ -e {once} ] && {{ echo '{{"Username":"u","Secret":"s"}}'; exit; }}; : > {once}; echo $$ > {pid}; exec sleep 60"#,
        once = once.display(),
        pid = pid.display()
    );
    helper(dir.path(), "sleeps", &script);
    let file = dir.path().join("config.json");
    put(&file, r#"{"credHelpers":{"a.test":"sleeps"}}"#);
    let stored = stored(vec![file], dir.path(), Duration::from_mins(1));
    let deadline = Instant::now() + Duration::from_secs(4);
    let text = stored.find("a.test", "", deadline).unwrap_err().to_string();
    assert!(text.contains("took too long") && Instant::now() < deadline, "{text}");
    let pid = text_of(&pid);
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "{pid} is still there");
    assert_eq!(stored.find("a.test", "", later()).unwrap(), password("u", "s"));
    // For a request whose time is over none is started.
    let log = dir.path().join("log");
    helper(dir.path(), "logs", &format!(": > {}", log.display()));
    let file = dir.path().join("late.json");
    put(&file, r#"{"credsStore":"logs"}"#);
    let late =
        self::stored(vec![file], dir.path(), Duration::from_mins(1)).find("b.test", "", Instant::now());
    assert!(late.is_err() && !log.exists());
}

/// A helper is never taken from a directory that depends on where proofmark runs.
#[test]
fn relative_directories_are_not_searched() {
    let dir = TempDir::new().unwrap();
    helper(dir.path(), "local", r#"echo '{"Username":"u","Secret":"s"}'"#);
    let up = std::env::current_dir().unwrap().components().skip(1).map(|_| "..").collect::<PathBuf>();
    let relative = up.join(dir.path().canonicalize().unwrap().strip_prefix("/").unwrap());
    assert!(relative.join("docker-credential-local").is_file());
    let file = dir.path().join("config.json");
    put(&file, r#"{"credHelpers":{"a.test":"local"}}"#);
    let at = |helper_dirs| CredentialSources {
        files: vec![file.clone()],
        helper_dirs,
        ..CredentialSources::default()
    };
    let text =
        StoredCredentials::new(at(vec![relative])).find("a.test", "", later()).unwrap_err().to_string();
    assert!(text.contains("not found"), "{text}");
    let absolute = StoredCredentials::new(at(vec![dir.path().to_owned()]));
    assert_eq!(absolute.find("a.test", "", later()).unwrap(), password("u", "s"));
}
