//! Where a URL leads: scheme, host and port, in one canonical form, so that two spellings are one host.

use std::net::IpAddr;

use proofmark_core::{Host, display};
use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::NetError;

/// The longest URL that is asked for or followed, in bytes; presigned storage URLs stay below 4 KiB.
pub(crate) const MAX_URL: usize = 8 * 1024;

/// One HTTP origin. Docker Hub's names are one host, as in [`Host`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Site {
    https: bool,
    name: String,
    port: u16,
}

impl Site {
    /// The origin of an `http` or `https` URL.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let raw = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
        let name = match raw {
            "index.docker.io" | "registry-1.docker.io" => "docker.io",
            other => other,
        };
        Some(Self { https, name: name.to_owned(), port: url.port_or_known_default()? })
    }

    pub(crate) const fn is_https(&self) -> bool {
        self.https
    }

    /// The host without port and brackets.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The port, unless it is the scheme's own.
    pub(crate) fn explicit_port(&self) -> Option<u16> {
        let usual = if self.https { 443 } else { 80 };
        (self.port != usual).then_some(self.port)
    }

    /// The address, if the host is written as one.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.name.parse().ok()
    }

    /// Whether the host is a literal loopback one: `localhost`, `127.0.0.0/8`, `::1`. Never by name lookup.
    pub(crate) fn is_loopback(&self) -> bool {
        self.name == "localhost" || self.address().is_some_and(|ip| ip.is_loopback())
    }

    /// Whether the name is one of this machine's own, whoever looks it up (RFC 6761 6.3: `localhost` and what ends in
    /// `.localhost`).
    pub(crate) fn is_local_name(&self) -> bool {
        let name = self.name.strip_suffix('.').unwrap_or(&self.name);
        name == "localhost" || name.ends_with(".localhost")
    }

    /// Whether `host`, as people write it, is this one. Without a port it means the scheme's own.
    pub(crate) fn is(&self, host: &Host) -> bool {
        host.name() == self.name && host.port().unwrap_or(if self.https { 443 } else { 80 }) == self.port
    }

    /// `host[:port]`, for people, for credentials and as a key.
    pub(crate) fn key(&self) -> String {
        let name = if self.name.contains(':') { format!("[{}]", self.name) } else { self.name.clone() };
        match self.explicit_port() {
            Some(port) => format!("{name}:{port}"),
            None => name,
        }
    }
}

/// Parses a URL from the caller, who made it of checked parts; still strictly.
pub(crate) fn parse_url(text: &str) -> Result<(Url, Site), NetError> {
    let bad = |why| NetError::InvalidUrl {
        url: display::safe_short(text.split('?').next().unwrap_or(""), 200),
        why,
    };
    if text.len() > MAX_URL {
        return Err(bad("the URL is too long"));
    }
    let mut url = Url::parse(text).map_err(|_| bad("not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NetError::InvalidUrl {
            url: shown(&url),
            why: "a URL with user information is not asked for",
        });
    }
    let site = Site::of(&url).ok_or_else(|| bad("neither http nor https"))?;
    url.set_fragment(None);
    Ok((url, site))
}

/// Says whether this is a URL that could be asked for: http or https, without user information.
///
/// # Errors
/// [`NetError::InvalidUrl`].
pub fn check_url(text: &str) -> Result<(), NetError> {
    parse_url(text).map(drop)
}

/// Resolves a `Location` or realm against the URL that gave it. `None`: not a URL we could ask for.
pub(crate) fn parse_location(base: &Url, location: &HeaderValue) -> Option<(Url, Site)> {
    let text = location.to_str().ok().filter(|text| text.len() <= MAX_URL)?;
    let mut url = base.join(text).ok()?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let site = Site::of(&url)?;
    url.set_fragment(None);
    Some((url, site))
}

/// A URL for people: without query (it may hold a signature) and user information, cut and escaped.
pub(crate) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or("");
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    display::safe_short(&format!("{}://{host}{port}{}", url.scheme(), url.path()), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &str) -> Site {
        parse_url(text).unwrap().1
    }

    #[test]
    fn two_spellings_are_one_host() {
        assert_eq!(site("https://registry-1.docker.io/v2/"), site("https://INDEX.docker.io:443/"));
        assert_eq!(site("https://registry-1.docker.io/").key(), "docker.io");
        assert_eq!(site("http://[::1]:5000/").key(), "[::1]:5000");
        assert_eq!(site("http://0x7f.1/").name(), "127.0.0.1");
        assert!(site("http://2130706433/").is_loopback());
        for local in
            ["http://localhost/", "http://LocalHost./", "http://a.localhost:1/", "http://a.localhost./"]
        {
            assert!(site(local).is_local_name(), "{local}");
        }
        assert!(!site("http://notlocalhost/").is_local_name());
        assert_ne!(site("https://ghcr.io./"), site("https://ghcr.io/"));
        assert!(site("https://ghcr.io/").is(&Host::parse("ghcr.io:443").unwrap()));
        assert!(!site("http://ghcr.io/").is(&Host::parse("ghcr.io:443").unwrap()));
    }

    #[test]
    fn refuses_what_is_not_asked_for() {
        let long = format!("https://h/{}", "a".repeat(MAX_URL));
        for bad in [
            "",
            "ftp://h/",
            "file:///etc/passwd",
            "https://u:p@h/",
            "https://u@h/",
            "https://",
            "h/v2",
            &long,
        ] {
            assert!(matches!(parse_url(bad), Err(NetError::InvalidUrl { .. })), "{bad}");
        }
        let text = parse_url("https://u:secret@h/?sig=hidden").unwrap_err().to_string();
        assert!(!text.contains("secret") && !text.contains("hidden"), "{text}");
    }
}
