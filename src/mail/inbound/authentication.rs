//! Whether a message is from whom it says it is: by what the town's own mail server has noted.
//!
//! Anybody can write such notes into a message. The newest one of ours counts, and only where
//! nothing but our own mail server stands above it; that server must take out notes in its name
//! which come from elsewhere (RFC 8601 §5).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::message::{Mail, Trace};

/// Most results of a field that are read.
const RESULTS_MAX: usize = 50;

/// Most comments within each other.
const COMMENTS_MAX: usize = 10;

/// Networks from which the town's own mail comes, and the name under which its mail server
/// notes what it has found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// The authserv-id; `None`: no such note is believed.
    pub authserv_id: Option<String>,
    /// The networks.
    pub networks: Vec<Network>,
}

impl Trust {
    /// Whether the address in From is proven to be the sender's.
    pub fn proves(&self, mail: &Mail) -> bool {
        let Some(from) = &mail.from else { return false };
        let Some((_, domain)) = from.rsplit_once('@') else { return false };
        if domain.is_empty() {
            return false;
        }
        self.is_from_inside(&mail.traces) || self.was_verified(&mail.traces, domain)
    }

    /// Whether the mail server took it over from one of the networks.
    fn is_from_inside(&self, traces: &[Trace]) -> bool {
        let client = traces.iter().find_map(|trace| match trace {
            Trace::Received(value) => {
                let client = client(value);
                // Filters on the same machine hand it on.
                (!client.is_some_and(|it| it.is_loopback())).then_some(client)
            }
            Trace::Results(_) => None,
        });
        let client = client.flatten();
        client.is_some_and(|client| self.networks.iter().any(|network| network.contains(client)))
    }

    fn was_verified(&self, traces: &[Trace], domain: &str) -> bool {
        let Some(our_name) = &self.authserv_id else { return false };
        let mut is_beyond = false;
        for trace in traces {
            match trace {
                // What stands below where it came in from outside, others have written.
                Trace::Received(_) if is_beyond => return false,
                Trace::Received(value) => {
                    is_beyond = !client(value).is_some_and(|it| it.is_loopback());
                }
                Trace::Results(value) => {
                    let found = Findings::read(value);
                    if found.authserv_id.eq_ignore_ascii_case(our_name) {
                        return found.prove(domain);
                    }
                }
            }
        }
        false
    }
}

/// The address of the client in a Received field: the last one in brackets before what the
/// client could write by itself.
fn client(received: &str) -> Option<IpAddr> {
    let rest = received.strip_prefix("from ")?;
    let end = rest.find(')').or_else(|| rest.find(" by ")).unwrap_or(rest.len());
    let said = rest[..end].split("helo=").next().unwrap_or_default();
    let inner = &said[said.rfind('[')? + 1..];
    let address = inner.split(']').next().unwrap_or_default();
    let address = address.strip_prefix("IPv6:").unwrap_or(address);
    address.parse::<IpAddr>().ok().map(|it| it.to_canonical())
}

/// An Authentication-Results field.
struct Findings {
    authserv_id: String,
    /// Each result: `dmarc=pass`, then properties like `header.from=rathaus.example`; all in
    /// lower case.
    results: Vec<Vec<(String, String)>>,
}

impl Findings {
    fn read(value: &str) -> Findings {
        let mut parts = split(value).into_iter();
        let first = parts.next().unwrap_or_default();
        let authserv_id = first.into_iter().next().unwrap_or_default();
        let pairs = |part: Vec<String>| {
            let pair = |token: String| {
                let (name, value) = token.split_once('=')?;
                Some((name.to_ascii_lowercase(), value.to_ascii_lowercase()))
            };
            part.into_iter().filter_map(pair).collect()
        };
        Findings { authserv_id, results: parts.take(RESULTS_MAX).map(pairs).collect() }
    }

    /// Whether mail from this domain was proven to come from there: by DMARC, or by SPF or DKIM
    /// of the same domain.
    fn prove(&self, domain: &str) -> bool {
        let domain = domain.trim_end_matches('.').to_ascii_lowercase();
        self.results.iter().any(|result| {
            let Some((method, verdict)) = result.first() else { return false };
            let method = method.split('/').next().unwrap_or_default();
            if verdict != "pass" {
                return false;
            }
            let properties: &[&str] = match method {
                "dmarc" => &["header.from"],
                "spf" => &["smtp.mailfrom", "smtp.mail", "envelope-from"],
                "dkim" => &["header.d", "header.i"],
                _ => return false,
            };
            let named = result[1..].iter().filter(|(name, _)| properties.contains(&name.as_str()));
            let mut domains = named.map(|(_, value)| value.rsplit('@').next().unwrap_or_default());
            match method {
                "dmarc" => domains.next() == Some(&domain),
                _ => domains.next().is_some_and(|found| is_aligned(found, &domain)),
            }
        })
    }
}

/// Whether two domains belong to one organisation: the same, or one below the other (relaxed
/// alignment of RFC 7489 §3.1, without a list of public suffixes). A top level is nobody's.
fn is_aligned(found: &str, domain: &str) -> bool {
    let below = |inner: &str, outer: &str| {
        inner.strip_suffix(outer).is_some_and(|rest| rest.ends_with('.')) && outer.contains('.')
    };
    found == domain || below(found, domain) || below(domain, found)
}

/// The parts of a field between semicolons, each as its words; comments are left out, and what
/// is quoted is one word.
fn split(value: &str) -> Vec<Vec<String>> {
    let (mut parts, mut word) = (vec![Vec::new()], String::new());
    let (mut comments, mut quoted, mut escaped) = (0_usize, false, false);
    for c in value.chars() {
        if escaped {
            escaped = false;
            if comments == 0 {
                word.push(c);
            }
            continue;
        }
        match c {
            '\\' if quoted || comments > 0 => escaped = true,
            '"' if comments == 0 => quoted = !quoted,
            _ if quoted => word.push(c),
            '(' => {
                comments += 1;
                if comments > COMMENTS_MAX {
                    return vec![Vec::new()];
                }
            }
            ')' => comments = comments.saturating_sub(1),
            _ if comments > 0 => {}
            ';' => {
                keep(&mut parts, &mut word);
                parts.push(Vec::new());
            }
            c if c.is_whitespace() => keep(&mut parts, &mut word),
            // Blanks around it are allowed, and belong to nothing.
            c => word.push(c),
        }
    }
    keep(&mut parts, &mut word);
    parts
}

fn keep(parts: &mut [Vec<String>], word: &mut String) {
    let Some(words) = parts.last_mut() else { return };
    if word.is_empty() {
        return;
    }
    let joins = word.starts_with('=') || words.last().is_some_and(|last| last.ends_with('='));
    match words.last_mut() {
        Some(last) if joins => last.push_str(word),
        _ => words.push(word.clone()),
    }
    word.clear();
}

/// A network in the notation of RFC 4632: `192.0.2.0/24`, `2001:db8::/32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads one; an address alone is a network of its own.
    pub fn read(text: &str) -> Option<Network> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Network { address, bits })
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(Ipv4Addr::BITS - self.bits).unwrap_or(0);
                (ours.to_bits() ^ other.to_bits()) & mask == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(Ipv6Addr::BITS - self.bits).unwrap_or(0);
                (ours.to_bits() ^ other.to_bits()) & mask == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::Kind;
    use super::*;

    fn trust() -> Trust {
        let networks = ["192.0.2.0/24", "2001:db8::/32"];
        Trust {
            authserv_id: Some("mx.rathaus.example".to_owned()),
            networks: networks.iter().filter_map(|it| Network::read(it)).collect(),
        }
    }

    /// A message with these traces, newest first: `R` Received, `A` Authentication-Results.
    fn mail(from: &str, traces: &[&str]) -> Mail {
        let trace = |text: &&str| match text.split_once(' ') {
            Some(("R", value)) => Trace::Received(value.to_owned()),
            Some((_, value)) => Trace::Results(value.to_owned()),
            None => Trace::Results(String::new()),
        };
        Mail {
            from: Some(from.to_owned()),
            message_id: String::new(),
            traces: traces.iter().map(trace).collect(),
            to: Vec::new(),
            delivered_to: None,
            return_path: None,
            kind: Kind::Automatic,
        }
    }

    const FROM: &str = "anna@rathaus.example";
    const OUTSIDE: &str =
        "R from mail.evil.example (x.evil.example [203.0.113.9]) by mx.rathaus.example";
    const FILTER: &str = "R from localhost (localhost [127.0.0.1]) by mx.rathaus.example";
    const PROOF: &str = "A mx.rathaus.example; dmarc=pass header.from=rathaus.example";

    #[test]
    fn the_newest_note_of_our_own_mail_server_counts() {
        let cases: &[(&[&str], bool)] = &[
            (&[PROOF, OUTSIDE], true),
            (&[OUTSIDE, PROOF], true),
            (&[FILTER, OUTSIDE, PROOF], true),
            (&[FILTER, PROOF, OUTSIDE], true),
            // What stands further down was written by others.
            (&[OUTSIDE, OUTSIDE, PROOF], false),
            (&[FILTER, OUTSIDE, OUTSIDE, PROOF], false),
            (
                &["A mx.rathaus.example; dmarc=fail header.from=rathaus.example", OUTSIDE, PROOF],
                false,
            ),
            (&["A mx.rathaus.example; none", PROOF, OUTSIDE], false),
            (&["A mx.evil.example; dmarc=pass header.from=rathaus.example", OUTSIDE], false),
            (&["A mx.evil.example; dmarc=fail header.from=rathaus.example", PROOF], true),
            (&["A (mx.rathaus.example) evil; dmarc=pass header.from=rathaus.example"], false),
            (&[OUTSIDE], false),
            (&[], false),
        ];
        for (traces, expected) in cases {
            assert_eq!(trust().proves(&mail(FROM, traces)), *expected, "{traces:?}");
        }
        let nobody = Trust { authserv_id: None, ..trust() };
        assert!(!nobody.proves(&mail(FROM, &[PROOF, OUTSIDE])));
        let several = Mail { from: None, ..mail(FROM, &[PROOF]) };
        assert!(!trust().proves(&several));
    }

    #[test]
    fn results_prove_the_domain_that_they_are_about() {
        let cases = [
            ("dmarc=pass header.from=rathaus.example", true),
            ("dmarc=pass (p=none dis=none) header.from=Rathaus.Example", true),
            (
                "spf=fail smtp.mailfrom=x@y.example; dmarc = pass header.from = rathaus.example",
                true,
            ),
            ("dmarc=pass header.from=other.example", false),
            ("dmarc=pass", false),
            ("dmarc=fail header.from=rathaus.example", false),
            ("spf=pass smtp.mailfrom=anna@rathaus.example", true),
            ("spf=pass smtp.mailfrom=rathaus.example", true),
            ("spf=pass smtp.mailfrom=bounce@mail.rathaus.example", true),
            ("spf=pass smtp.mailfrom=anna@evil.example", false),
            ("spf=pass smtp.mailfrom=anna@evilrathaus.example", false),
            ("spf=pass smtp.helo=rathaus.example", false),
            ("spf=softfail smtp.mailfrom=anna@rathaus.example", false),
            ("dkim=pass header.d=rathaus.example", true),
            ("dkim=pass header.i=@rathaus.example header.s=a", true),
            ("dkim=pass (2048-bit key; unprotected) header.d=rathaus.example", true),
            ("dkim=pass header.d=example", false),
            ("dkim=pass header.d=google.example", false),
            ("dkim=fail reason=\"dkim=pass header.d=rathaus.example\"", false),
            ("dkim=fail reason=\"x; dmarc=pass header.from=rathaus.example\"", false),
            ("(dmarc=pass header.from=rathaus.example) dmarc=fail", false),
            ("dmarc/1=pass header.from=rathaus.example", true),
            ("auth=pass smtp.auth=anna@rathaus.example", false),
            ("=;;==; dmarc", false),
        ];
        for (results, expected) in cases {
            let note = format!("A mx.rathaus.example 1; {results}");
            assert_eq!(trust().proves(&mail(FROM, &[&note, OUTSIDE])), expected, "{results}");
        }
        let deep = format!("A {}mx.rathaus.example; dmarc=pass", "(".repeat(5_000));
        assert!(!trust().proves(&mail(FROM, &[&deep])));
    }

    #[test]
    fn mail_of_the_towns_own_networks_needs_no_further_proof() {
        let from = |client: &str| format!("R from {client} by mx.rathaus.example with ESMTP");
        let cases = [
            ("pc.rathaus.example (pc.rathaus.example [192.0.2.7])", true),
            ("pc (unknown [IPv6:2001:db8::7])", true),
            ("[192.0.2.7]", true),
            ("[203.0.113.9] (helo=[192.0.2.7])", false),
            ("[192.0.2.7] (x.evil.example [203.0.113.9])", false),
            ("x[192.0.2.7] (x.evil.example [203.0.113.9])", false),
            ("x (y [203.0.113.9]) (z [192.0.2.7])", false),
            ("pc (pc [::ffff:192.0.2.7])", true),
            ("pc (pc [192.0.3.7])", false),
            ("pc (pc [nonsense])", false),
            ("pc", false),
            ("", false),
        ];
        for (client, expected) in cases {
            assert_eq!(trust().proves(&mail(FROM, &[&from(client)])), expected, "{client}");
        }
        // What stands above the filters on this machine is where it came in.
        assert!(trust().proves(&mail(FROM, &[FILTER, &from("pc (pc [192.0.2.7])")])));
        assert!(!trust().proves(&mail(FROM, &[OUTSIDE, &from("pc (pc [192.0.2.7])")])));
    }

    #[test]
    fn networks_are_read_and_contain() {
        let cases = [
            ("192.0.2.0/24", "192.0.2.255", Some(true)),
            ("192.0.2.0/24", "192.0.3.0", Some(false)),
            ("192.0.2.1", "192.0.2.1", Some(true)),
            ("192.0.2.1", "192.0.2.2", Some(false)),
            ("0.0.0.0/0", "203.0.113.9", Some(true)),
            ("0.0.0.0/0", "::1", Some(false)),
            ("2001:db8::/32", "2001:db8:ffff::1", Some(true)),
            ("2001:db8::/32", "2001:db9::1", Some(false)),
            ("::/0", "2001:db9::1", Some(true)),
            ("10.0.0.0/8", "::ffff:10.1.2.3", Some(true)),
            ("10.0.0.0/33", "10.0.0.1", None),
            ("10.0.0.0/", "10.0.0.1", None),
            ("rathaus", "10.0.0.1", None),
        ];
        for (network, address, expected) in cases {
            let found = Network::read(network).map(|it| it.contains(address.parse().unwrap()));
            assert_eq!(found, expected, "{network} {address}");
        }
    }
}
