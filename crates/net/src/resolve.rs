//! Name lookup that knows whom it looks up for: what it refuses is never connected to, so no second lookup can differ.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::{Guard, Place};

/// Most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 16;

/// Names whose addresses are given rather than looked up; lower case.
pub type StaticNames = BTreeMap<String, Vec<IpAddr>>;

/// Why a name gives no address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("{0}")]
    Lookup(std::io::Error),
    #[error("no address")]
    Nothing,
    /// Every address is one that the target of a redirect may not have.
    #[error("its address is a {} address", .0.word())]
    Refused(Place),
}

/// The resolver of one kind of connection.
#[derive(Debug)]
pub(crate) struct Resolver {
    pub(crate) names: Arc<StaticNames>,
    pub(crate) guard: Guard,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, guard) = (Arc::clone(&self.names), self.guard);
        Box::pin(async move {
            let found = addresses(&names, name.as_str()).await.map_err(ResolveError::Lookup)?;
            let allowed = filter(guard, &found)?;
            // Port 0: the connector puts the URL's port in its place.
            let addrs = allowed.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addrs.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

async fn addresses(names: &StaticNames, name: &str) -> std::io::Result<Vec<IpAddr>> {
    if let Some(fixed) = names.get(name) {
        return Ok(fixed.clone());
    }
    // RFC 6761 6.3: never asked of a name server, which could answer with anything.
    if name == "localhost" {
        return Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    }
    Ok(tokio::net::lookup_host((name, 0)).await?.map(|addr| addr.ip()).take(MAX_ADDRESSES).collect())
}

/// One address that is not allowed refuses the name: a name that is public and private at once is an attempt.
fn filter(guard: Guard, found: &[IpAddr]) -> Result<Vec<IpAddr>, ResolveError> {
    if found.is_empty() {
        return Err(ResolveError::Nothing);
    }
    found.iter().map(|ip| guard.check(*ip).map(|()| *ip).map_err(ResolveError::Refused)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// REG-11: DNS that answers with an inner address, alone or among public ones.
    #[test]
    fn reg_11_one_inner_address_refuses_the_name() {
        let ips = |list: &[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect::<Vec<IpAddr>>();
        assert_eq!(filter(Guard::Public, &ips(&["8.8.8.8"])).unwrap().len(), 1);
        for bad in [&["169.254.169.254"][..], &["8.8.8.8", "10.0.0.1"], &["8.8.8.8", "::ffff:127.0.0.1"]] {
            assert!(matches!(filter(Guard::Public, &ips(bad)), Err(ResolveError::Refused(_))), "{bad:?}");
        }
        assert_eq!(filter(Guard::Open, &ips(&["8.8.8.8", "10.0.0.1"])).unwrap().len(), 2);
        assert!(matches!(filter(Guard::Open, &[]), Err(ResolveError::Nothing)));
    }
}
