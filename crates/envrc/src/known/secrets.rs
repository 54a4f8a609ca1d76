//! Literal secrets, by the form that their makers gave them.

/// Beginnings of tokens, how many characters follow at least, and what they are.
const PREFIXES: &[(&str, usize, &str)] = &[
    ("ghp_", 30, "a token of GitHub"),
    ("gho_", 30, "a token of GitHub"),
    ("ghu_", 30, "a token of GitHub"),
    ("ghs_", 30, "a token of GitHub"),
    ("github_pat_", 30, "a token of GitHub"),
    ("glpat-", 18, "a token of GitLab"),
    ("xoxb-", 20, "a token of Slack"),
    ("xoxp-", 20, "a token of Slack"),
    ("xapp-", 20, "a token of Slack"),
    ("sk_live_", 16, "a live key of Stripe"),
    ("rk_live_", 16, "a live key of Stripe"),
    ("sk-ant-", 20, "a key of Anthropic"),
    ("sk-proj-", 20, "a key of OpenAI"),
    ("npm_", 30, "a token of npm"),
    ("pypi-", 30, "a token of PyPI"),
    ("dop_v1_", 30, "a token of DigitalOcean"),
    ("hvs.", 20, "a token of Vault"),
    ("ops_", 16, "a token of a service account of 1Password"),
    ("SG.", 30, "a key of SendGrid"),
    ("AIza", 30, "a key of Google"),
    ("ya29.", 20, "a token of Google"),
    ("dckr_pat_", 20, "a token of Docker"),
    ("hf_", 30, "a token of Hugging Face"),
    ("lin_api_", 20, "a key of Linear"),
    ("tskey-", 16, "a key of Tailscale"),
    ("AKIA", 16, "the name of a key of AWS"),
    ("ASIA", 16, "the name of a key of AWS"),
];

/// Parts of what stands for a secret.
const WORDS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "example",
    "placeholder",
    "your",
    "todo",
    "xxx",
    "<",
    "...",
    "dummy",
    "fake",
    "secret",
    "password",
    "passwd",
    "test",
    "local",
    "dev",
    "postgres",
    "admin",
    "minio",
    "root",
    "none",
    "null",
    "insert",
    "replace",
    "here",
    "1password",
    "fixme",
    "token",
    "key",
    "user",
];

/// What a literal is, if its form says so: no other text has this form by chance.
pub(crate) fn form(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    // npm reads its settings from variables of these names.
    if text.starts_with("npm_config_") || text.starts_with("npm_package_") {
        return None;
    }
    if text.contains("AGE-SECRET-KEY-1") {
        return Some("a private key of age");
    }
    for (prefix, length, what) in PREFIXES {
        let token = |word: &str| {
            word.starts_with(prefix)
                && word.len() >= prefix.len() + *length.min(&12)
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.=/+".contains(&byte))
        };
        if text.split(|c: char| c.is_whitespace() || "'\":,;@".contains(c)).any(token) {
            return Some(what);
        }
    }
    None
}

/// A text that stands for a secret, or says that none is there yet.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.len() < 6 || WORDS.iter().any(|word| lower.contains(word))
}

/// The vault of a reference `op://VAULT/ITEM/FIELD`.
pub(crate) fn vault(text: &str) -> Option<&str> {
    text.strip_prefix("op://")?.split('/').next().filter(|vault| !vault.is_empty())
}

/// Vaults that are one person's, and no project's.
pub(crate) fn is_personal(vault: &str) -> bool {
    matches!(vault.to_ascii_lowercase().as_str(), "private" | "personal" | "employee")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_secrets() {
        assert_eq!(form("ghp_0123456789abcdefghijABCDEFGHIJ0123456789"), Some("a token of GitHub"));
        assert_eq!(form("AKIA0123456789ABCDEF"), Some("the name of a key of AWS"));
        assert_eq!(form("ops_notatoken"), None);
        assert_eq!(form("https://example.com/npm_modules"), None);
        assert!(is_placeholder("changeme") && !is_placeholder("kxuvcitdgc4i_uin"));
        assert_eq!(vault("op://Private/a/b"), Some("Private"));
    }
}
