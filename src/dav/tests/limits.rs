//! What happens at the edges: too much, too often, nonsense.

use super::support::{NOW, PROPFIND_OPEN, Town, event, responses};
use crate::dav::resource::HEADERS_PER_PAGE_MAX;
use crate::dav::{Body, Peer};
use crate::delivery::PROPERTIES_MAX;
use crate::store::memory::MemoryStore;
use crate::store::{
    Batch, Changes, Collection, CollectionId, DatedRow, Error, Header, Key, Object, Operation,
    Revision, Store, TableRow, Write,
};
use crate::time_range::TimeRange;
use bytes::Bytes;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const OWN: &str = "/dav/calendars/soziales/kalender/";

/// A store that counts what is read of it.
struct Counting {
    store: MemoryStore,
    bodies: AtomicUsize,
    headers_at_once: AtomicUsize,
}

impl Store for Counting {
    fn collection(&self, id: CollectionId) -> Result<Option<Collection>, Error> {
        self.store.collection(id)
    }

    fn collections(&self, owner: Option<&str>) -> Result<Vec<Collection>, Error> {
        self.store.collections(owner)
    }

    fn object(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Object>, Error> {
        self.bodies.fetch_add(1, Ordering::Relaxed);
        self.store.object(id, key)
    }

    fn header(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Header>, Error> {
        self.store.header(id, key)
    }

    fn headers(
        &self,
        id: CollectionId,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Header>, Error> {
        let page = self.store.headers(id, after, count_max)?;
        self.headers_at_once.fetch_max(page.len(), Ordering::Relaxed);
        Ok(page)
    }

    fn rows(
        &self,
        id: CollectionId,
        range: TimeRange,
        name: Option<&str>,
    ) -> Result<Vec<DatedRow>, Error> {
        self.store.rows(id, range, name)
    }

    fn changes(
        &self,
        id: CollectionId,
        since: Revision,
        count_max: usize,
    ) -> Result<Changes, Error> {
        self.store.changes(id, since, count_max)
    }

    fn table(
        &self,
        table: &'static str,
        prefix: &[u8],
        after: Option<&[u8]>,
        count_max: usize,
    ) -> Result<Vec<TableRow>, Error> {
        self.store.table(table, prefix, after, count_max)
    }

    fn commit(&self, batch: Batch) -> Result<Revision, Error> {
        self.store.commit(batch)
    }
}

#[test]
fn a_listing_of_many_objects_is_streamed_and_reads_no_body() {
    let store = Arc::new(Counting {
        store: MemoryStore::new(),
        bodies: AtomicUsize::new(0),
        headers_at_once: AtomicUsize::new(0),
    });
    let town = Town::on(Arc::clone(&store) as Arc<dyn Store>);
    town.propfind("soziales", OWN, "0", "D:displayname");
    let collections = store.collections(Some("user/soziales")).unwrap();
    let id = collections[0].id;
    let count = 3_000;
    let write = |number: usize| {
        Operation::Write(
            id,
            Write {
                name: format!("{number:06}.ics"),
                uid: number.to_string(),
                component: "VEVENT".to_owned(),
                author: "user/soziales".to_owned(),
                private: false,
                body: event("a", "20261201", "20261202").into(),
                rows: Vec::new(),
                consequential: true,
                now: NOW.parse().unwrap(),
            },
        )
    };
    store
        .commit(Batch { expect: Vec::new(), operations: (0..count).map(write).collect() })
        .unwrap();
    store.bodies.store(0, Ordering::Relaxed);
    let request = http::Request::builder()
        .method("PROPFIND")
        .uri(OWN)
        .header("depth", "1")
        .header("authorization", town.authorization("soziales"))
        .body(Bytes::from(format!(
            "{PROPFIND_OPEN}<D:prop><D:getetag/><D:getcontenttype/></D:prop></D:propfind>"
        )))
        .unwrap();
    let peer = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), secure: true };
    let Body::Stream(pieces) = town.dav.handle(request, peer, town.now).into_body() else {
        panic!("it is not streamed");
    };
    let (mut largest, mut members) = (0, 0);
    for piece in pieces.map(Result::unwrap) {
        largest = largest.max(piece.len());
        members += std::str::from_utf8(&piece).unwrap().matches("component=vevent").count();
    }
    assert_eq!(members, count);
    assert!(largest < 100_000, "{largest} bytes at once");
    assert_eq!(store.bodies.load(Ordering::Relaxed), 0);
    assert_eq!(store.headers_at_once.load(Ordering::Relaxed), HEADERS_PER_PAGE_MAX);
}

#[test]
fn who_guesses_passwords_is_told_to_wait() {
    let town = Town::new();
    let wrong = [("authorization", "Basic c296aWFsZXM6d3Jvbmc=")];
    let answers: Vec<_> = (0..20).map(|_| town.send("", "PROPFIND /dav/", &wrong, "")).collect();
    assert_eq!(answers[0].status, 401);
    let last = answers.last().unwrap();
    assert_eq!(last.status, 429);
    assert!(last.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(last.header("www-authenticate"), "");
}

#[test]
fn nobody_keeps_calendars_or_properties_without_end() {
    let town = Town::new();
    let status = |number: usize| {
        let line = format!("MKCALENDAR /dav/calendars/soziales/c{number}/");
        town.send("soziales", &line, &[], "").status
    };
    let made = (0..300).take_while(|number| status(*number) == 201).count();
    assert_eq!(made, crate::dav::Limits::default().calendars_per_user_max - 1);
    let properties: String =
        (0..PROPERTIES_MAX).map(|number| format!("<X:p{number}>1</X:p{number}>")).collect();
    let patch = |properties: &str| {
        let body = format!(
            "<D:propertyupdate xmlns:D='DAV:' xmlns:X='urn:example:x'><D:set><D:prop>{properties}\
             </D:prop></D:set></D:propertyupdate>"
        );
        let answer = town.send("soziales", &format!("PROPPATCH {OWN}"), &[], body);
        responses(&answer.xml())[OWN][0].1
    };
    assert_eq!(patch(&properties), 200);
    assert_eq!(patch("<X:further/>"), 403);
    assert_eq!(patch("<X:p0>2</X:p0>"), 200, "those that are there can still be changed");
}

const METHODS: &[&str] = &[
    "GET",
    "HEAD",
    "PUT",
    "DELETE",
    "PROPFIND",
    "PROPPATCH",
    "MKCALENDAR",
    "MKCOL",
    "COPY",
    "MOVE",
    "REPORT",
    "ACL",
    "OPTIONS",
    "POST",
    "LOCK",
    "BREW",
];

const PATHS: &[&str] = &[
    "/",
    "/dav/",
    "/dav/principals/",
    "/dav/principals/users/soziales/",
    "/dav/principals/rooms/beratungsraum-1/",
    "/dav/calendars/",
    "/dav/calendars/soziales/",
    "/dav/calendars/soziales/kalender/",
    "/dav/calendars/soziales/kalender/a.ics",
    "/dav/calendars/soziales/beratungsraum-1/",
    "/dav/calendars/soziales/beratungsraum-1/a.ics",
    "/dav/calendars/soziales/new/",
    "/dav/calendars/jugend/kalender/a.ics",
    "/dav/rooms/beratungsraum-1/",
    "/dav/calendars/soziales/%zz/",
    "/dav/calendars/soziales/kalender/%00",
    "/dav/calendars/soziales/kalender/%FF.ics",
    "/favicon.ico",
];

/// Names of elements that requests are made of, mixed at will.
const NAMES: &[&str] = &[
    "D:propfind",
    "D:prop",
    "D:allprop",
    "D:propname",
    "D:include",
    "D:getetag",
    "D:acl",
    "D:propertyupdate",
    "D:set",
    "D:remove",
    "D:mkcol",
    "C:mkcalendar",
    "D:resourcetype",
    "C:calendar",
    "D:collection",
    "D:sync-collection",
    "D:sync-token",
    "D:sync-level",
    "D:limit",
    "D:nresults",
    "C:calendar-query",
    "C:calendar-multiget",
    "C:free-busy-query",
    "C:filter",
    "C:comp-filter",
    "C:prop-filter",
    "C:param-filter",
    "C:text-match",
    "C:time-range",
    "C:is-not-defined",
    "C:calendar-data",
    "C:expand",
    "C:limit-recurrence-set",
    "C:timezone",
    "C:timezone-id",
    "D:href",
    "D:expand-property",
    "D:property",
    "D:principal-match",
    "D:principal-property-search",
    "D:property-search",
    "D:match",
    "D:self",
    "D:principal-search-property-set",
    "D:acl-principal-prop-set",
    "CS:calendarserver-principal-search",
    "CS:search-token",
    "X:x",
    "C:calendar-timezone",
    "C:supported-calendar-component-set",
    "C:comp",
];

const TEXTS: &[&str] = &[
    "",
    "1",
    "-1",
    "infinite",
    "/dav/calendars/soziales/kalender/a.ics",
    "%zz",
    "urn:terminraum:sync:1:1",
    "20261201T090000Z",
    "junk",
    "VCALENDAR",
    "VEVENT",
    "Europe/Berlin",
    "99999999999999999999",
    "🏛",
];

const ATTRIBUTES: &[&str] = &[
    "",
    "name='VCALENDAR'",
    "name='VEVENT'",
    "name='displayname' namespace='DAV:'",
    "start='20261201T090000Z' end='20261202T090000Z'",
    "start='20261201T090000Z'",
    "start='x' end='y'",
    "end='99991231T235959Z'",
    "collation='i;octet'",
    "collation='i;none'",
    "test='anyof'",
    "context='attendee'",
    "negate-condition='maybe'",
];

#[derive(Clone, Debug)]
struct Tree(usize, usize, usize, Vec<Tree>);

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = (0..NAMES.len(), 0..ATTRIBUTES.len(), 0..TEXTS.len())
        .prop_map(|(name, attribute, text)| Tree(name, attribute, text, Vec::new()));
    leaf.prop_recursive(5, 24, 4, |inner| {
        (0..NAMES.len(), 0..ATTRIBUTES.len(), prop::collection::vec(inner, 0..4))
            .prop_map(|(name, attribute, children)| Tree(name, attribute, 0, children))
    })
}

fn write(tree: &Tree, top: bool) -> String {
    let Tree(name, attribute, text, children) = tree;
    let (name, attribute, text) = (NAMES[*name], ATTRIBUTES[*attribute], TEXTS[*text]);
    let namespaces = match top {
        true => {
            " xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav' \
             xmlns:CS='http://calendarserver.org/ns/' xmlns:X='urn:example:x'"
        }
        false => "",
    };
    let inside: String = children.iter().map(|child| write(child, false)).collect();
    format!("<{name}{namespaces} {attribute}>{text}{inside}</{name}>")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_request_makes_the_server_fail(
        requests in prop::collection::vec(
            (0..METHODS.len(), 0..PATHS.len(), tree(), 0..4_usize, 0..6_usize), 1..12
        ),
    ) {
        let town = Town::new();
        let line = format!("PUT {OWN}a.ics");
        town.send("soziales", &line, &[], event("a", "20261201T090000Z", "20261201T100000Z"));
        for (method, path, tree, depth, header) in requests {
            let line = format!("{} {}", METHODS[method], PATHS[path]);
            let depth = ["0", "1", "infinity", "x"][depth];
            let further = [
                ("destination", "/dav/calendars/soziales/beratungsraum-1/b.ics"),
                ("destination", "http://rathaus.example/dav/calendars/soziales/kalender/c.ics"),
                ("if", "(<urn:x> [\"1\"]) (Not <DAV:no-lock>)"),
                ("if-match", "*"),
                ("prefer", "return=minimal, depth-noroot"),
                ("content-type", "text/calendar"),
            ][header];
            let body = write(&tree, true);
            let answer = town.send("soziales", &line, &[("depth", depth), further], &body);
            let expected = answer.status < 500 || (METHODS[method] == "BREW" && answer.status == 501);
            prop_assert!(expected, "{line} {further:?}\n{body}\n{answer:?}");
            if answer.header("content-type").starts_with("application/xml") {
                answer.xml();
            }
        }
    }
}
