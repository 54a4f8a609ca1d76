//! Which proxy a host is reached through: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as curl and Go read them.

use std::fmt;
use std::net::IpAddr;

use proofmark_core::display;
use reqwest::Url;

use crate::NetError;
use crate::site::{Site, shown};

/// Longest `NO_PROXY` that is read, in entries.
const MAX_ENTRIES: usize = 1024;

/// The proxies as the environment or the command line names them; the binary reads the environment.
#[derive(Clone, Default)]
pub struct ProxyConfig {
    /// For `http://` hosts (`HTTP_PROXY`).
    pub http: Option<String>,
    /// For `https://` hosts (`HTTPS_PROXY`).
    pub https: Option<String>,
    /// Hosts that are reached directly (`NO_PROXY`): `host` (and below), `.below`, `host:port`, address, CIDR, `*`.
    pub no_proxy: Option<String>,
}

impl fmt::Debug for ProxyConfig {
    /// Without the URLs, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyConfig")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

/// The proxies, parsed.
#[derive(Clone, Default)]
pub(crate) struct Proxies {
    http: Option<Url>,
    https: Option<Url>,
    direct: Vec<Direct>,
}

impl Proxies {
    pub(crate) fn parse(config: &ProxyConfig) -> Result<Self, NetError> {
        let direct = config.no_proxy.as_deref().unwrap_or_default();
        Ok(Self {
            http: config.http.as_deref().map_or(Ok(None), proxy_url)?,
            https: config.https.as_deref().map_or(Ok(None), proxy_url)?,
            direct: direct.split([',', ' ']).filter_map(Direct::parse).take(MAX_ENTRIES).collect(),
        })
    }

    /// The proxy for a site. Loopback hosts are never asked for through one.
    pub(crate) fn proxy_for(&self, site: &Site) -> Option<&Url> {
        if site.is_loopback() || self.direct.iter().any(|entry| entry.matches(site)) {
            return None;
        }
        if site.is_https() { self.https.as_ref() } else { self.http.as_ref() }
    }
}

/// `[http://][user:password@]host[:port]`; an `https://` proxy is spoken to by TLS.
fn proxy_url(text: &str) -> Result<Option<Url>, NetError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let bad = |cause: &str| NetError::Proxy { proxy: without_user(text), cause: cause.to_owned() };
    let url = Url::parse(&full).map_err(|_| bad("not a proxy URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(NetError::Proxy {
            proxy: shown(&url),
            cause: "only http:// and https:// proxies are spoken to".into(),
        });
    }
    Ok(Some(url))
}

fn without_user(text: &str) -> String {
    display::safe_short(text.rsplit_once('@').map_or(text, |(_, host)| host), 200)
}

/// One entry of `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Direct {
    Everything,
    Network(IpAddr, u8),
    Name { name: String, below_only: bool, port: Option<u16> },
}

impl Direct {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Self::Everything);
        }
        if let Some((ip, bits)) = text.split_once('/') {
            let ip: IpAddr = ip.parse().ok()?;
            let bits: u8 = bits.parse().ok()?;
            return (bits <= if ip.is_ipv4() { 32 } else { 128 }).then_some(Self::Network(ip, bits));
        }
        let (name, port) = split_port(&text)?;
        if let Ok(ip) = name.parse::<IpAddr>() {
            return Some(Self::Name { name: ip.to_string(), below_only: false, port });
        }
        let bare = name.trim_start_matches('*');
        let below_only = bare.starts_with('.');
        let name = bare.trim_start_matches('.');
        (!name.is_empty()).then(|| Self::Name { name: name.to_owned(), below_only, port })
    }

    fn matches(&self, site: &Site) -> bool {
        match self {
            Self::Everything => true,
            Self::Network(network, bits) => site.address().is_some_and(|ip| is_within(ip, *network, *bits)),
            Self::Name { name, below_only, port } => {
                let below =
                    || site.name().strip_suffix(name.as_str()).is_some_and(|head| head.ends_with('.'));
                port.is_none_or(|port| port == site.port())
                    && ((!below_only && site.name() == name) || below())
            }
        }
    }
}

fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(inside) = text.strip_prefix('[') {
        let (ip, tail) = inside.split_once(']')?;
        return match tail.strip_prefix(':') {
            Some(port) => Some((ip, Some(port.parse().ok()?))),
            None => tail.is_empty().then_some((ip, None)),
        };
    }
    match text.rsplit_once(':') {
        // More than one colon: an IPv6 address without brackets.
        Some((name, _)) if name.contains(':') => Some((text, None)),
        Some((name, port)) => Some((name, Some(port.parse().ok()?))),
        None => Some((text, None)),
    }
}

fn is_within(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    let bytes = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let (ip, network) = (bytes(ip), bytes(network));
    let same_bits = |at: usize, mask: u8| ip[at] & mask == network[at] & mask;
    let (whole, rest) = (usize::from(bits / 8), bits % 8);
    ip.len() == network.len()
        && (0..whole).all(|at| same_bits(at, 0xff))
        && (rest == 0 || same_bits(whole, 0xff << (8 - rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::parse_url;

    fn direct(no_proxy: &str, url: &str) -> bool {
        let proxies = Proxies::parse(&ProxyConfig {
            http: Some("proxy.corp:3128".to_owned()),
            https: Some("http://user:pass@proxy.corp:3128".to_owned()),
            no_proxy: Some(no_proxy.to_owned()),
        });
        proxies.unwrap().proxy_for(&parse_url(url).unwrap().1).is_none()
    }

    #[test]
    fn no_proxy_forms() {
        for (no_proxy, url, expected) in [
            ("", "https://ghcr.io/", false),
            ("*", "https://ghcr.io/", true),
            ("ghcr.io", "https://ghcr.io/", true),
            ("ghcr.io", "https://a.ghcr.io/", true),
            ("ghcr.io", "https://xghcr.io/", false),
            (".ghcr.io", "https://ghcr.io/", false),
            (".ghcr.io", "https://a.ghcr.io/", true),
            ("*.ghcr.io", "https://a.ghcr.io/", true),
            ("a, GHCR.io ,b", "https://ghcr.io/", true),
            ("ghcr.io:443", "https://ghcr.io/", true),
            ("ghcr.io:8443", "https://ghcr.io/", false),
            ("10.0.0.0/8", "http://10.2.3.4/", true),
            ("10.0.0.0/8", "http://11.0.0.1/", false),
            ("10.128.0.0/9", "http://10.1.0.1/", false),
            ("0.0.0.0/0", "http://9.9.9.9/", true),
            ("10.0.0.0/33", "http://10.0.0.1/", false),
            ("fd00::/8", "http://[fd12::1]/", true),
            ("10.0.0.1", "http://10.0.0.1/", true),
            ("[fd00::1]:5000", "http://[fd00::1]:5000/", true),
            ("fd00::1", "http://[fd00::1]:5000/", true),
            ("fd00::/8", "http://10.0.0.1/", false),
        ] {
            assert_eq!(direct(no_proxy, url), expected, "{no_proxy} {url}");
        }
        for loopback in ["http://localhost:5000/", "http://127.0.0.1/", "https://[::1]/"] {
            assert!(direct("", loopback), "{loopback}");
        }
    }

    #[test]
    fn a_proxy_url_is_checked_and_its_password_not_shown() {
        let parse = |text: &str| {
            Proxies::parse(&ProxyConfig { https: Some(text.to_owned()), ..ProxyConfig::default() })
        };
        assert!(parse("").is_ok() && parse("https://p:8443/").is_ok());
        for bad in ["socks5://user:secret@p:1080", "http://user:secret@", "http://user:secret@[", "ftp://p"] {
            let text = parse(bad).err().unwrap().to_string();
            assert!(!text.contains("secret"), "{text}");
        }
        let config = ProxyConfig { http: Some("http://user:secret@p".to_owned()), ..ProxyConfig::default() };
        assert!(!format!("{config:?}").contains("secret"));
    }
}
