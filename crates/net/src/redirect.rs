//! Where a redirect may lead (REG-09, REG-11): decided by hand for each hop, before anything is connected to.

use std::net::IpAddr;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{StatusCode, Url};

use crate::address::{Guard, Place};
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

/// Who redirects: the host that was asked first, and whether all that answered so far are inside.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) registry: &'a Site,
    pub(crate) inside: bool,
}

/// Whether the peer that answered is at an inner address. What is behind a proxy is not known to be.
pub(crate) fn is_inside(peer: Option<IpAddr>, through_proxy: bool) -> bool {
    !through_proxy && peer.is_some_and(|ip| Place::of(ip).is_inside())
}

/// The next hop of a redirect, or why it is not taken.
pub(crate) fn next(
    from: &Hop,
    headers: &HeaderMap,
    sender: Sender<'_>,
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
    let guard = guard(sender, &site, hosts);
    if let Some(place) = refused(&site, guard) {
        return Err(refuse(shown(&url), RedirectProblem::Address(place.word())));
    }
    Ok(Hop { url, site, guard })
}

/// What addresses a host that a registry names may have (docs/decisions/0011): any if the registry is there itself, private
/// ones if it is inside and the policy lists the host, else public ones.
pub(crate) fn guard(sender: Sender<'_>, target: &Site, hosts: &HostRules) -> Guard {
    let registry = sender.registry;
    let there_itself = target.name() == registry.name() || (target.is_loopback() && registry.is_loopback());
    if there_itself {
        Guard::Open
    } else if sender.inside && hosts.is_listed(target) {
        Guard::Listed
    } else {
        Guard::Public
    }
}

/// Why a target is not asked, as far as its name says it: a proxy looks names up where we do not see it.
pub(crate) fn refused(target: &Site, guard: Guard) -> Option<Place> {
    if guard != Guard::Open && target.is_local_name() {
        return Some(Place::Loopback);
    }
    target.address().and_then(|ip| guard.check(ip).err())
}

#[cfg(test)]
mod tests {
    use proofmark_core::Host;

    use super::*;
    use crate::HostRule;
    use crate::site::parse_url;

    fn follow(from: &str, location: &str) -> Result<Hop, RedirectProblem> {
        follow_as(false, from, location)
    }

    fn follow_as(inside: bool, from: &str, location: &str) -> Result<Hop, RedirectProblem> {
        let mut hosts = HostRules::new();
        let secure = ["10.9.9.9", "listed.corp", "127.0.0.1", "localhost", "[::1]"].map(|host| (host, false));
        for (host, plain) in secure.into_iter().chain([("plain.corp", true)]) {
            let rule = HostRule { plain_http: Some(plain), ..HostRule::default() };
            hosts.insert(Host::parse(host).unwrap(), rule);
        }
        let (url, site) = parse_url(from).unwrap();
        let hop = Hop { url, site: site.clone(), guard: Guard::Open };
        let headers: HeaderMap = [(LOCATION, location.parse().unwrap())].into_iter().collect();
        let sender = Sender { registry: &site, inside };
        next(&hop, &headers, sender, &hosts).map_err(|error| match error {
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
        // Listed or not, and wherever the registry is: what listens on this machine is not for others to ask.
        for inside in [false, true] {
            for to in ["127.0.0.1", "localhost", "localhost.", "a.localhost", "[::1]", "127.1"] {
                let to = format!("https://{to}/");
                for from in ["https://ghcr.io/", "http://plain.corp/", "https://10.9.9.9/"] {
                    let refused = follow_as(inside, from, &to).unwrap_err();
                    assert_eq!(refused, RedirectProblem::Address("loopback"), "{from} {to}");
                }
            }
        }
    }

    /// REG-11: a listed private address is for registries that are inside themselves.
    #[test]
    fn reg_11_private_addresses_are_asked_for_inner_registries_alone() {
        let private = Err(RedirectProblem::Address("private"));
        let guard = |inside, to| follow_as(inside, "https://registry.corp/", to).map(|hop| hop.guard);
        assert_eq!(guard(true, "https://10.9.9.9/x"), Ok(Guard::Listed));
        assert_eq!(guard(false, "https://10.9.9.9/x"), private);
        assert_eq!(guard(true, "https://10.9.9.8/x"), private);
        assert_eq!(guard(true, "https://listed.corp/x"), Ok(Guard::Listed));
        assert_eq!(guard(false, "https://listed.corp/x"), Ok(Guard::Public));
        let ip = |text: &str| text.parse().ok();
        for (peer, through_proxy, inside) in [
            (ip("10.0.0.1"), false, true),
            (ip("fd00::1"), false, true),
            (ip("127.0.0.1"), false, true),
            (ip("10.0.0.1"), true, false),
            (ip("140.82.121.34"), false, false),
            (ip("169.254.169.254"), false, false),
            (None, false, false),
        ] {
            assert_eq!(is_inside(peer, through_proxy), inside, "{peer:?}");
        }
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
        assert_eq!(guard("http://localhost:5000/", "http://[::1]:9000/x"), Guard::Open);
        assert_eq!(follow("https://ghcr.io/", "http://plain.corp/").unwrap_err(), RedirectProblem::Downgrade);
        assert_eq!(follow("http://plain.corp/", "http://evil.com/").unwrap_err(), RedirectProblem::PlainHttp);
        for bad in ["file:///etc/passwd", "https://user:pw@ghcr.io/", "gopher://x/", "https://"] {
            assert_eq!(follow("https://ghcr.io/", bad).unwrap_err(), RedirectProblem::Url, "{bad}");
        }
    }
}
