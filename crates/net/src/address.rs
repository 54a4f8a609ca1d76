//! Which addresses a stranger may make us ask: public ones (REG-11, GHSA-8wfp-579w-6r25 and its family).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of place an address is (IANA special-purpose registries, RFC 6890).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Public,
    Loopback,
    LinkLocal,
    Private,
    Shared,
    Unspecified,
    Multicast,
    Reserved,
}

impl Place {
    /// The word in `its target is a … address`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Private => "private",
            Self::Shared => "shared (carrier) private",
            Self::Unspecified => "null",
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
        }
    }

    /// Whether something at this address is inside, where private addresses mean the same to it as to us.
    pub(crate) const fn is_inside(self) -> bool {
        matches!(self, Self::Loopback | Self::Private | Self::Shared)
    }

    /// The place of an address. An IPv4 address within an IPv6 one is judged by itself.
    pub(crate) fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::of_v4(ip),
            IpAddr::V6(ip) => Self::of_v6(ip),
        }
    }

    fn of_v4(ip: Ipv4Addr) -> Self {
        match ip.octets() {
            [0, ..] => Self::Unspecified,
            [127, ..] => Self::Loopback,
            [169, 254, ..] => Self::LinkLocal,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Self::Private,
            [100, 64..=127, ..] => Self::Shared,
            [224..=239, ..] => Self::Multicast,
            // 168.63.129.16 is the metadata service of one large cloud, on a public address.
            [240..=255, ..]
            | [192, 0, 0 | 2, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [168, 63, 129, 16] => Self::Reserved,
            _ => Self::Public,
        }
    }

    fn of_v6(ip: Ipv6Addr) -> Self {
        let tail = |high: u16, low: u16| {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Self::of_v4(Ipv4Addr::new(a, b, c, d))
        };
        match ip.segments() {
            [0, 0, 0, 0, 0, 0, 0, 0] => Self::Unspecified,
            [0, 0, 0, 0, 0, 0, 0, 1] => Self::Loopback,
            // IPv4-mapped, IPv4-compatible, and translated by NAT64 (RFC 6052) or 6to4 (RFC 3056).
            [0, 0, 0, 0, 0, 0xffff | 0, high, low]
            | [0, 0, 0, 0, 0xffff, 0, high, low]
            | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
            | [0x2002, high, low, ..] => tail(high, low),
            [0x64, 0xff9b, ..] | [0x100 | 0x5f00, ..] | [0x2001, 0 | 0xdb8, ..] => Self::Reserved,
            [first, ..] => match first {
                0xfe80..=0xfebf => Self::LinkLocal,
                0xfec0..=0xfeff | 0xfc00..=0xfdff => Self::Private,
                0xff00..=0xffff => Self::Multicast,
                0x2000..=0x3fff => Self::Public,
                _ => Self::Reserved,
            },
        }
    }
}

/// Whose addresses a connection may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Guard {
    /// The registry itself, or a token service that the policy names: anywhere.
    Open,
    /// A host that the policy lists, named by a registry that is inside itself: private networks too, but never loopback,
    /// link-local or odd ones.
    Listed,
    /// A host that a stranger named.
    Public,
}

impl Guard {
    /// Refuses an address with the kind of place it is.
    pub(crate) fn check(self, ip: IpAddr) -> Result<(), Place> {
        let place = Place::of(ip);
        let allowed = match self {
            Self::Open => true,
            Self::Listed => matches!(place, Place::Public | Place::Private | Place::Shared),
            Self::Public => place == Place::Public,
        };
        if allowed { Ok(()) } else { Err(place) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place::of(text.parse().unwrap())
    }

    /// REG-11: every way to write an address that nobody outside may make us ask.
    #[test]
    fn reg_11_places() {
        for (text, expected) in [
            ("140.82.121.34", Place::Public),
            ("2606:50c0:8000::154", Place::Public),
            ("127.0.0.1", Place::Loopback),
            ("127.255.0.9", Place::Loopback),
            ("::1", Place::Loopback),
            ("::ffff:127.0.0.1", Place::Loopback),
            ("169.254.169.254", Place::LinkLocal),
            ("::ffff:169.254.169.254", Place::LinkLocal),
            ("64:ff9b::a9fe:a9fe", Place::LinkLocal),
            ("2002:a9fe:a9fe::", Place::LinkLocal),
            ("::ffff:0:10.0.0.1", Place::Private),
            ("fe80::1", Place::LinkLocal),
            ("10.1.2.3", Place::Private),
            ("172.16.0.1", Place::Private),
            ("172.31.255.255", Place::Private),
            ("172.32.0.1", Place::Public),
            ("192.168.1.1", Place::Private),
            ("100.64.0.1", Place::Shared),
            ("100.100.100.200", Place::Shared),
            ("fd00:ec2::254", Place::Private),
            ("fec0::1", Place::Private),
            ("0.0.0.0", Place::Unspecified),
            ("0.1.2.3", Place::Unspecified),
            ("::", Place::Unspecified),
            ("::10.0.0.1", Place::Private),
            ("224.0.0.1", Place::Multicast),
            ("ff02::1", Place::Multicast),
            ("255.255.255.255", Place::Reserved),
            ("198.18.0.1", Place::Reserved),
            ("168.63.129.16", Place::Reserved),
            ("2001:db8::1", Place::Reserved),
            ("64:ff9b:1::1", Place::Reserved),
            ("2001::1", Place::Reserved),
            ("4000::1", Place::Reserved),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }

    #[test]
    fn guards() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(Guard::Public.check(ip("8.8.8.8")).is_ok());
        assert_eq!(Guard::Public.check(ip("10.0.0.1")), Err(Place::Private));
        assert!(Guard::Listed.check(ip("10.0.0.1")).is_ok());
        assert_eq!(Guard::Listed.check(ip("169.254.169.254")), Err(Place::LinkLocal));
        assert_eq!(Guard::Listed.check(ip("127.0.0.1")), Err(Place::Loopback));
        assert_eq!(Guard::Listed.check(ip("::1")), Err(Place::Loopback));
        assert!(Guard::Open.check(ip("169.254.169.254")).is_ok());
    }
}
