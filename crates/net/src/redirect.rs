//! Where a redirect may lead (REG-09, REG-11): decided by hand for each hop, before anything is connected to.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{StatusCode, Url};

use crate::address::Guard;
use crate::hosts::HostRules;
use crate::site::{Site, parse_location, shown};
use crate::{NetError, RedirectProblem};

/// Redirects followed in a row.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// One place to ask.
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    pub(crate) url: Url,
    pub(crate) site: Site,
    pub(crate) guard: Guard,
}

/// Whether a status sends us elsewhere. 300, 304 and 305 do not.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The next hop of a redirect, or why it is not taken. `registry` is the host that was asked first.
pub(crate) fn next(
    from: &Hop,
    headers: &HeaderMap,
    registry: &Site,
    hosts: &HostRules,
) -> Result<Hop, NetError> {
    let refuse = |to: String, why| NetError::Redirect { from: from.site.key(), to, why };
    let target = headers.get(LOCATION).and_then(|location| parse_location(&from.url, location));
    let Some((url, site)) = target else { return Err(refuse("nowhere".to_owned(), RedirectProblem::Url)) };
    if from.site.is_https() && !site.is_https() {
        return Err(refuse(shown(&url), RedirectProblem::Downgrade));
    }
    if !site.is_https() && !hosts.allows_plain(&site) {
        return Err(refuse(shown(&url), RedirectProblem::PlainHttp));
    }
    let guard = guard(registry, &site, hosts);
    if let Some(Err(place)) = site.address().map(|ip| guard.check(ip)) {
        return Err(refuse(shown(&url), RedirectProblem::Address(place.word())));
    }
    Ok(Hop { url, site, guard })
}

/// What addresses a host that `registry` names may have: any if the registry is there itself, private ones if the
/// policy lists the host, else public ones.
pub(crate) fn guard(registry: &Site, target: &Site, hosts: &HostRules) -> Guard {
    let there_itself = target.name() == registry.name() || (target.is_loopback() && registry.is_loopback());
    if there_itself {
        Guard::Open
    } else if hosts.is_listed(target) {
        Guard::Listed
    } else {
        Guard::Public
    }
}

#[cfg(test)]
mod tests {
    use proofmark_core::Host;

    use super::*;
    use crate::HostRule;
    use crate::site::parse_url;

    fn follow(from: &str, location: &str) -> Result<Hop, RedirectProblem> {
        let mut hosts = HostRules::new();
        for (host, plain) in [("plain.corp", true), ("10.9.9.9", false), ("listed.corp", false)] {
            let rule = HostRule { plain_http: Some(plain), ..HostRule::default() };
            hosts.insert(Host::parse(host).unwrap(), rule);
        }
        let (url, site) = parse_url(from).unwrap();
        let hop = Hop { url, site: site.clone(), guard: Guard::Open };
        let headers: HeaderMap = [(LOCATION, location.parse().unwrap())].into_iter().collect();
        next(&hop, &headers, &site, &hosts).map_err(|error| match error {
            NetError::Redirect { why, .. } => why,
            other => panic!("{other}"),
        })
    }

    /// REG-11: redirects to inner addresses, in every spelling.
    #[test]
    fn reg_11_inner_addresses_are_refused() {
        for to in [
            "https://169.254.169.254/latest/meta-data",
            "https://127.0.0.1/",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://0x7f.1/",
            "https://2852039166/",
            "https://0/",
            "https://[fe80::1]/",
            "https://192.168.0.1:6443/api",
            "https://100.100.100.200/",
            "//10.0.0.1/x",
        ] {
            assert!(matches!(follow("https://ghcr.io/v2/", to), Err(RedirectProblem::Address(_))), "{to}");
        }
        assert!(matches!(
            follow("http://plain.corp/", "http://127.0.0.1/"),
            Err(RedirectProblem::Address("loopback"))
        ));
    }

    #[test]
    fn where_redirects_may_lead() {
        let guard = |from, to| follow(from, to).unwrap().guard;
        assert_eq!(
            guard("https://ghcr.io/v2/", "https://pkg-containers.githubusercontent.com/x"),
            Guard::Public
        );
        assert_eq!(guard("https://ghcr.io/v2/", "/v2/other"), Guard::Open);
        assert_eq!(guard("https://10.0.0.1/", "https://10.0.0.1:9000/x"), Guard::Open);
        assert_eq!(guard("http://localhost:5000/", "http://127.0.0.1:9000/x"), Guard::Open);
        assert_eq!(guard("https://ghcr.io/", "https://10.9.9.9/x"), Guard::Listed);
        assert_eq!(guard("https://ghcr.io/", "https://listed.corp/x"), Guard::Listed);
        assert_eq!(follow("https://ghcr.io/", "http://plain.corp/").unwrap_err(), RedirectProblem::Downgrade);
        assert_eq!(follow("http://plain.corp/", "http://evil.com/").unwrap_err(), RedirectProblem::PlainHttp);
        for bad in ["file:///etc/passwd", "https://user:pw@ghcr.io/", "gopher://x/", "https://"] {
            assert_eq!(follow("https://ghcr.io/", bad).unwrap_err(), RedirectProblem::Url, "{bad}");
        }
    }
}
