//! Name lookup that knows whom it looks up for: what it refuses is never connected to, so no second lookup can differ.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::{Guard, Place};

/// Most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 16;
/// How long a name is looked up: a second name server is asked after five seconds (resolv.conf(5), `timeout`).
pub(crate) const LOOKUP_TIME: Duration = Duration::from_secs(7);

/// Names whose addresses are given rather than looked up; lower case.
pub type StaticNames = BTreeMap<String, Vec<IpAddr>>;

/// Why a name gives no address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("{0}")]
    Lookup(std::io::Error),
    #[error("no address")]
    Nothing,
    #[error("{NO_ANSWER}")]
    NoAnswer,
    /// Every address is one that the target of a redirect may not have.
    #[error("its address is a {} address", .0.word())]
    Refused(Place),
}

/// What is told of a name that was asked for in vain.
pub(crate) const NO_ANSWER: &str = "no name server answered in time";

/// Names that were asked for and not answered yet: when time runs out meanwhile, that is the cause.
#[derive(Debug, Default)]
pub(crate) struct Lookups(Mutex<BTreeSet<String>>);

impl Lookups {
    /// Whether the name was asked for, and neither found nor refused so far.
    pub(crate) fn is_open(&self, name: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// Looks a name up. A lookup that is given up before its end stays open.
    async fn within<T>(
        &self,
        name: &str,
        time: Duration,
        lookup: impl Future<Output = std::io::Result<T>>,
    ) -> Result<T, ResolveError> {
        let open = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open().insert(name.to_owned());
        let found = tokio::time::timeout(time, lookup).await;
        open().remove(name);
        found.map_err(|_| ResolveError::NoAnswer)?.map_err(ResolveError::Lookup)
    }
}

/// The resolver of one kind of connection.
#[derive(Debug)]
pub(crate) struct Resolver {
    pub(crate) names: Arc<StaticNames>,
    pub(crate) lookups: Arc<Lookups>,
    pub(crate) guard: Guard,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, lookups, guard) = (Arc::clone(&self.names), Arc::clone(&self.lookups), self.guard);
        Box::pin(async move {
            let found = match known(&names, name.as_str()) {
                Some(known) => known,
                None => lookups.within(name.as_str(), LOOKUP_TIME, looked_up(name.as_str())).await?,
            };
            let allowed = filter(guard, &found)?;
            // Port 0: the connector puts the URL's port in its place.
            let addrs = allowed.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addrs.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

fn known(names: &StaticNames, name: &str) -> Option<Vec<IpAddr>> {
    // RFC 6761 6.3: never asked of a name server, which could answer with anything.
    let local = || vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    names.get(name).cloned().or_else(|| (name == "localhost").then(local))
}

async fn looked_up(name: &str) -> std::io::Result<Vec<IpAddr>> {
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

    /// A lookup that nobody answers ends by itself; one that is given up before is remembered as the cause.
    #[test]
    fn a_name_server_that_is_silent() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let lookups = Lookups::default();
            let silent = || std::future::pending::<std::io::Result<()>>();
            let short = Duration::from_millis(20);
            let late = lookups.within("a.test", short, silent()).await;
            assert!(matches!(late, Err(ResolveError::NoAnswer)));
            assert!(!lookups.is_open("a.test"));
            let given_up = tokio::time::timeout(short, lookups.within("a.test", LOOKUP_TIME, silent())).await;
            assert!(given_up.is_err() && lookups.is_open("a.test") && !lookups.is_open("b.test"));
            lookups.within("a.test", LOOKUP_TIME, std::future::ready(Ok(()))).await.unwrap();
            assert!(!lookups.is_open("a.test"));
        });
    }
}
