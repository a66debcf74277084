//! What a question costs in a room of 1,000 bookings and in one of 100,000, side by side:
//! sync poll, one-week query, free/busy, one booking.

#![allow(clippy::unwrap_used, missing_docs)] // A bench that cannot be set up has failed.

mod support;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use http::Request;
use support::{Filled, event, now, slot};
use terminraum::dav::{Dav, Limits, Peer};
use terminraum::directory::{Authenticator, hash_password};

const PASSWORD: &str = "bench-password";
const ROOM: &str = "/dav/calendars/bauen/beratungsraum-1/";

struct Town {
    dav: Dav,
    now: DateTime<Utc>,
    token: String,
    _filled: Filled,
}

impl Town {
    fn with(count: i64) -> Town {
        let hash = hash_password(PASSWORD).unwrap();
        let filled = Filled::with(count, |contents| {
            for user in contents.directory.users.values_mut() {
                user.password_hash = Some(hash.clone());
            }
        });
        let (delivery, directory) = (filled.delivery.clone(), filled.directory.clone());
        let authenticator = Arc::new(Authenticator::new(directory.clone()).unwrap());
        let dav = Dav::new(delivery, directory, authenticator, Limits::default());
        let mut town = Town { dav, now: now(), token: String::new(), _filled: filled };
        let asked = "<D:propfind xmlns:D=\"DAV:\"><D:prop><D:sync-token/></D:prop></D:propfind>";
        let answer = town.ask("PROPFIND", ROOM, &[("Depth", "0")], asked, 207);
        let token = answer.split("sync-token>").nth(1).unwrap();
        town.token = token.trim_end_matches("</D:").to_owned();
        town
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
        status: u16,
    ) -> String {
        // `bauen` and the password above.
        let basic = "Basic YmF1ZW46YmVuY2gtcGFzc3dvcmQ=";
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("Authorization", basic);
        let kind = if method == "PUT" { "text/calendar" } else { "application/xml" };
        request = request.header("Content-Type", kind);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let peer = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), secure: true };
        let response = self.dav.handle(request, peer, self.now);
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().to_vec()).unwrap();
        assert_eq!(parts.status.as_u16(), status, "{method} {path}: {text}");
        text
    }

    fn sync_poll(&self) {
        let body = format!(
            "<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>{}</D:sync-token>\
             <D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>",
            self.token
        );
        let answer = self.ask("REPORT", ROOM, &[("Depth", "1")], &body, 207);
        assert!(!answer.contains("<D:response>"), "{answer}");
    }

    fn week(&self) -> (String, String) {
        let time = |at: DateTime<Utc>| at.format("%Y%m%dT%H%M%SZ").to_string();
        (time(self.now), time(self.now + TimeDelta::days(7)))
    }

    fn week_query(&self) {
        let (start, end) = self.week();
        let body = format!(
            "<C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
             <D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">\
             <C:comp-filter name=\"VEVENT\"><C:time-range start=\"{start}\" end=\"{end}\"/>\
             </C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
        );
        let answer = self.ask("REPORT", ROOM, &[("Depth", "1")], &body, 207);
        assert!((56..=57).contains(&answer.matches("<D:response>").count()), "{answer}");
    }

    fn free_busy(&self) {
        let (start, end) = self.week();
        let body = format!(
            "<C:free-busy-query xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
             <C:time-range start=\"{start}\" end=\"{end}\"/></C:free-busy-query>"
        );
        let answer = self.ask("REPORT", ROOM, &[("Depth", "1")], &body, 200);
        assert!(answer.contains("FREEBUSY;FBTYPE=BUSY:"), "{answer}");
    }

    fn refused_booking(&self) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let taken = slot(1_004, 2_000);
        let body = event(900_000 + i64::try_from(number).unwrap(), taken);
        let path = format!("{ROOM}new-{number}.ics");
        self.ask("PUT", &path, &[], &body, 403);
    }
}

/// A name and what is asked.
type Question = (&'static str, fn(&Town));

fn questions(criterion: &mut Criterion) {
    let towns = [(1_000, Town::with(1_000)), (100_000, Town::with(100_000))];
    let all: [Question; 4] = [
        ("sync poll", Town::sync_poll),
        ("one-week query", Town::week_query),
        ("free/busy of a week", Town::free_busy),
        ("refused booking", Town::refused_booking),
    ];
    for (name, question) in all {
        let mut group = criterion.benchmark_group(name);
        for (count, town) in &towns {
            group.bench_function(format!("{count} bookings"), |bencher| {
                bencher.iter(|| question(town));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(40);
    targets = questions
}
criterion_main!(benches);
