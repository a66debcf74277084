//! Reports on many objects: what they read, how much they keep in memory, and what happens
//! when others write meanwhile.

#![allow(clippy::unwrap_used)] // What cannot be set up has failed.

mod support;

use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{Answer, Town, now};
use terminraum::dav::Limits;
use terminraum::dav::reports::REPORTS;
use terminraum::store::memory::MemoryStore;
use terminraum::store::{
    Batch, Changes, Collection, CollectionId, DatedRow, Error, Header, Key, Object, Revision,
    Store, TableRow,
};
use terminraum::time_range::TimeRange;
use terminraum::xml::{self, Name};

const CALENDAR: &str = "/dav/calendars/soziales/kalender/";
const MOMENT: &str = "2026-03-02T08:00:00Z";
const NAMESPACES: &str = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"";

/// A store that counts how often somebody reads the text of an object.
#[derive(Default)]
struct Counting {
    inner: MemoryStore,
    texts_read: AtomicUsize,
}

impl Store for Counting {
    fn collection(&self, id: CollectionId) -> Result<Option<Collection>, Error> {
        self.inner.collection(id)
    }

    fn collections(&self, owner: Option<&str>) -> Result<Vec<Collection>, Error> {
        self.inner.collections(owner)
    }

    fn object(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Object>, Error> {
        self.texts_read.fetch_add(1, Ordering::Relaxed);
        self.inner.object(id, key)
    }

    fn header(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Header>, Error> {
        self.inner.header(id, key)
    }

    fn headers(
        &self,
        id: CollectionId,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Header>, Error> {
        self.inner.headers(id, after, count_max)
    }

    fn rows(
        &self,
        id: CollectionId,
        range: TimeRange,
        name: Option<&str>,
    ) -> Result<Vec<DatedRow>, Error> {
        self.inner.rows(id, range, name)
    }

    fn changes(
        &self,
        id: CollectionId,
        since: Revision,
        count_max: usize,
    ) -> Result<Changes, Error> {
        self.inner.changes(id, since, count_max)
    }

    fn table(
        &self,
        table: &'static str,
        prefix: &[u8],
        after: Option<&[u8]>,
        count_max: usize,
    ) -> Result<Vec<TableRow>, Error> {
        self.inner.table(table, prefix, after, count_max)
    }

    fn commit(&self, batch: Batch) -> Result<Revision, Error> {
        self.inner.commit(batch)
    }
}

fn ask(town: &Town, method: &str, path: &str, depth: &str, body: &str) -> Answer {
    let headers = [("depth", depth), ("content-type", "text/calendar")];
    town.ask(Some("soziales"), method, path, &headers, body.as_bytes(), now(MOMENT))
}

fn report(town: &Town, body: &str) -> Answer {
    let answer = ask(town, "REPORT", CALENDAR, "1", body);
    assert_eq!(answer.status, 207, "{}", answer.text());
    answer
}

fn put(town: &Town, number: usize, lines: &str) {
    let body = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Terminraum//Test//DE\nBEGIN:VEVENT\n\
         UID:{number}@rathaus.example\nDTSTAMP:20260301T080000Z\nDTSTART:20260309T090000Z\n\
         DTEND:20260309T100000Z\nSUMMARY:Termin {number}\n{lines}END:VEVENT\nEND:VCALENDAR\n"
    );
    let path = format!("{CALENDAR}{number:05}.ics");
    let answer = ask(town, "PUT", &path, "0", &body.replace('\n', "\r\n"));
    assert!(matches!(answer.status, 201 | 204), "{}", answer.text());
}

fn town_with(count: usize, limits: Limits) -> Town {
    let town = Town::on(Arc::new(MemoryStore::new()), limits);
    (0..count).for_each(|number| put(&town, number, ""));
    town
}

fn query(prop: &str, conditions: &str) -> String {
    format!(
        "<C:calendar-query {NAMESPACES}><D:prop>{prop}</D:prop><C:filter>\
         <C:comp-filter name=\"VCALENDAR\">{conditions}</C:comp-filter></C:filter></C:calendar-query>"
    )
}

fn sync(token: &str, limit: Option<usize>) -> String {
    let limit = limit.map_or(String::new(), |limit| {
        format!("<D:limit><D:nresults>{limit}</D:nresults></D:limit>")
    });
    format!(
        "<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>{token}</D:sync-token>\
         <D:sync-level>1</D:sync-level>{limit}<D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
}

/// The names of the members that an answer tells of, in order, by status: found, gone.
fn told(text: &[u8]) -> (Vec<String>, Vec<String>) {
    let text = std::str::from_utf8(text).unwrap();
    let mut told = (Vec::new(), Vec::new());
    for response in text.split("<D:response>").skip(1) {
        let href = response.split("<D:href>").nth(1).unwrap().split('<').next().unwrap();
        let name = href.strip_prefix(CALENDAR).unwrap().to_owned();
        if response.contains("404 Not Found") {
            told.1.push(name);
        } else if !response.contains("507 ") {
            told.0.push(name);
        }
    }
    told
}

fn token(text: &[u8]) -> String {
    let text = std::str::from_utf8(text).unwrap();
    text.split("<D:sync-token>").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

#[test]
fn a_listing_of_etags_reads_no_text() {
    let store = Arc::new(Counting::default());
    let town = Town::on(Arc::clone(&store) as Arc<dyn Store>, Limits::default());
    (0..20).for_each(|number| put(&town, number, ""));
    put(&town, 20, "RRULE:FREQ=WEEKLY\n");
    let day = "start=\"20260309T000000Z\" end=\"20260310T000000Z\"";
    // Not the length: an object may be sent with time zones that it was stored without.
    let etag = "<D:getetag/><D:getcontenttype/><D:getlastmodified/><D:resourcetype/>";
    let event = |inner: &str| format!("<C:comp-filter name=\"VEVENT\">{inner}</C:comp-filter>");
    store.texts_read.store(0, Ordering::Relaxed);
    for body in [
        query(etag, ""),
        query(etag, &event("")),
        query(etag, &event(&format!("<C:time-range {day}/>"))),
        sync("", None),
        sync("", Some(7)),
    ] {
        let (found, _) = told(&report(&town, &body).body);
        assert!(found.len() == 21 || body.contains("limit"), "{body}: {}", found.len());
    }
    let wanted = format!("<D:propfind {NAMESPACES}><D:prop>{etag}</D:prop></D:propfind>");
    let listing = ask(&town, "PROPFIND", CALENDAR, "1", &wanted);
    assert_eq!(listing.status, 207);
    let busy = format!("<C:free-busy-query {NAMESPACES}><C:time-range {day}/></C:free-busy-query>");
    assert_eq!(ask(&town, "REPORT", CALENDAR, "1", &busy).status, 200);
    assert_eq!(store.texts_read.load(Ordering::Relaxed), 0);
    // And this one does, so the count counts.
    report(&town, &query("<D:getetag/><C:calendar-data/>", ""));
    assert_eq!(store.texts_read.load(Ordering::Relaxed), 21);
}

/// A phone asks so at every sync: from a month ago, without an end.
#[test]
fn series_without_end_cost_nothing_while_their_rows_reach() {
    let store = Arc::new(Counting::default());
    let town = Town::on(Arc::clone(&store) as Arc<dyn Store>, Limits::default());
    (0..20).for_each(|number| put(&town, number, "RRULE:FREQ=WEEKLY\n"));
    let task = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTODO\r\nUID:t\r\n\
        DTSTAMP:20260301T080000Z\r\nDUE:20260309T080000Z\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
    assert_eq!(ask(&town, "PUT", &format!("{CALENDAR}aufgabe.ics"), "0", task).status, 201);
    let found = |attributes: &str| {
        store.texts_read.store(0, Ordering::Relaxed);
        let range =
            format!("<C:comp-filter name=\"VEVENT\"><C:time-range {attributes}/></C:comp-filter>");
        let found = told(&report(&town, &query("<D:getetag/>", &range)).body).0.len();
        (found, store.texts_read.load(Ordering::Relaxed))
    };
    assert_eq!(found("start=\"20260201T000000Z\""), (20, 0));
    assert_eq!(found("start=\"20260201T000000Z\" end=\"20260401T000000Z\""), (20, 0));
    // Where no rows are kept, each is looked at once, and the task not at all.
    assert_eq!(found("start=\"21000301T000000Z\""), (20, 20));
    assert_eq!(found("start=\"21000302T000000Z\" end=\"21000303T000000Z\""), (0, 20));
    assert_eq!(found("end=\"20260201T000000Z\""), (0, 0));
}

#[test]
fn a_long_answer_is_written_while_it_is_sent() {
    let count = 2_500;
    let town = town_with(count, Limits::default());
    let body = query("<D:getetag/><C:calendar-data/>", "");
    let headers = [("depth", "1")];
    let (answer, pieces) =
        town.begin(Some("soziales"), "REPORT", CALENDAR, &headers, body.as_bytes(), now(MOMENT));
    assert_eq!(answer.status, 207);
    let pieces: Vec<Bytes> = pieces.collect();
    assert!(pieces.len() > 10, "{} pieces", pieces.len());
    assert!(pieces.iter().all(|piece| piece.len() < 300_000));
    let (found, _) = told(&pieces.concat());
    assert_eq!(found.len(), count);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), count);
}

#[test]
fn a_client_that_asks_for_little_at_a_time_gets_everything_once() {
    let count = 2_500;
    let town = town_with(count, Limits::default());
    for limit in [1_100, 999, 2_500, 4_000] {
        let (mut all, mut token_now, mut rounds) = (Vec::new(), String::new(), 0);
        loop {
            let answer = report(&town, &sync(&token_now, Some(limit)));
            let (found, gone) = told(&answer.body);
            assert!(found.len() <= limit && gone.is_empty());
            all.extend(found);
            token_now = token(&answer.body);
            rounds += 1;
            if !answer.text().contains("507 Insufficient Storage") {
                break;
            }
        }
        assert_eq!(rounds, count.div_ceil(limit), "{limit}");
        assert_eq!(all.len(), count);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), count);
        let (found, gone) = told(&report(&town, &sync(&token_now, None)).body);
        assert!(found.is_empty() && gone.is_empty());
    }
}

#[test]
fn what_is_written_while_an_answer_is_sent_is_told_now_or_the_next_time() {
    let count = 2_500;
    let town = town_with(count, Limits::default());
    let headers = [("depth", "0")];
    let request = sync("", None);
    let (_, mut pieces) =
        town.begin(Some("soziales"), "REPORT", CALENDAR, &headers, request.as_bytes(), now(MOMENT));
    let mut text = pieces.next().unwrap().to_vec();
    // The first has been told, the last has not; one goes away, one comes.
    put(&town, 0, "LOCATION:Zimmer 1\n");
    put(&town, count - 1, "LOCATION:Zimmer 2\n");
    let gone = format!("{CALENDAR}{:05}.ics", count - 2);
    assert_eq!(ask(&town, "DELETE", &gone, "0", "").status, 204);
    put(&town, count, "");
    text.extend(pieces.flatten());
    let (first, _) = told(&text);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len(), "one was told twice");
    let (second, gone) = told(&report(&town, &sync(&token(&text), None)).body);
    let mut known: BTreeSet<String> = first.into_iter().collect();
    known.extend(second.iter().cloned());
    gone.iter().for_each(|name| {
        known.remove(name);
    });
    let there = told(&report(&town, &query("<D:getetag/>", "")).body).0;
    assert_eq!(known, there.into_iter().collect());
    assert!(second.contains(&"00000.ics".to_owned()), "the change was missed");
    assert!(second.contains(&format!("{:05}.ics", count - 1)), "the change was missed");
}

#[test]
fn an_answer_ends_where_it_would_be_too_much_work() {
    let town = town_with(50, Limits { work_per_report_bytes_max: 2_000, ..Limits::default() });
    let hrefs: String = (0..50).map(|n| format!("<D:href>{CALENDAR}{n:05}.ics</D:href>")).collect();
    let multiget = format!(
        "<C:calendar-multiget {NAMESPACES}><D:prop><C:calendar-data/></D:prop>{hrefs}\
         </C:calendar-multiget>"
    );
    let nothing = "<C:comp-filter name=\"VEVENT\"><C:prop-filter name=\"SUMMARY\">\
        <C:text-match>nirgends</C:text-match></C:prop-filter></C:comp-filter>";
    for (body, some) in [
        (query("<C:calendar-data/>", ""), true),
        (multiget, true),
        (query("<D:getetag/>", nothing), false),
    ] {
        let answer = report(&town, &body);
        let (found, _) = told(&answer.body);
        assert!(found.len() < 50 && found.is_empty() != some, "{}: {body}", found.len());
        assert!(answer.text().contains("507 Insufficient Storage"), "{body}");
        assert!(answer.text().contains("number-of-matches-within-limits"), "{body}");
    }
    // What costs nothing is not cut.
    let answer = report(&town, &query("<D:getetag/>", ""));
    assert_eq!(told(&answer.body).0.len(), 50);
}

#[test]
fn what_is_announced_is_what_runs() {
    let town = town_with(1, Limits::default());
    let ask_for =
        "<D:propfind xmlns:D=\"DAV:\"><D:prop><D:supported-report-set/></D:prop></D:propfind>";
    for path in [
        "/".to_owned(),
        "/dav/".to_owned(),
        "/dav/principals/".to_owned(),
        "/dav/principals/users/soziales/".to_owned(),
        "/dav/calendars/soziales/".to_owned(),
        CALENDAR.to_owned(),
        format!("{CALENDAR}00000.ics"),
        "/dav/calendars/soziales/beratungsraum-1/".to_owned(),
    ] {
        let announced: BTreeSet<Name> = {
            let answer = ask(&town, "PROPFIND", &path, "0", ask_for);
            let tree = xml::parse(&answer.body).unwrap();
            let reports = all(&tree, &Name::dav("report"));
            reports
                .iter()
                .flat_map(|report| report.elements())
                .map(|name| name.name.clone())
                .collect()
        };
        for entry in REPORTS {
            let body = xml::Element::new(entry.name.clone()).to_canonical();
            let answer = ask(&town, "REPORT", &path, "0", &body);
            let runs = answer.conditions() != ["supported-report"];
            assert_eq!(runs, announced.contains(&entry.name), "{} on {path}", entry.name);
        }
    }
}

fn all<'a>(tree: &'a xml::Element, name: &Name) -> Vec<&'a xml::Element> {
    let inner = tree.elements().flat_map(|child| all(child, name));
    std::iter::once(tree).filter(|element| element.is(name)).chain(inner).collect()
}
