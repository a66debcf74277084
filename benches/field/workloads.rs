//! What is asked of the servers, and what their answers must say.

use crate::Fallible;
use crate::client::{Answer, Client, Request};
use crate::site::{Kind, Site};
use crate::town;
use memchr::memmem;

mod answers;
mod questions;

use answers::{busy_hours, members, must, occurrences};
use questions::{DAV, FREE_BUSY_HEADERS, day, getetags, outbox, query, sync, week};

/// One kind of request, and how often it is made.
pub struct Workload {
    /// Its name on the command line and in the figures.
    pub key: &'static str,
    pub title: &'static str,
    /// Clients that ask at the same time.
    pub clients: usize,
    /// Requests to one server at most, over all rounds.
    pub count: usize,
    /// Whether the peers can do it.
    pub peers: bool,
    /// What is asked and found out before a round, and not measured.
    pub before: fn(&Site, &mut Client) -> Fallible<Setup>,
    /// The n-th request; `draw` is a random number.
    pub ask: fn(&Site, &Setup, draw: u64) -> Request,
    /// Whether the answer is right.
    pub check: fn(&Site, &Setup, &Request, &Answer) -> Fallible<()>,
    /// What becomes of what was asked, after a round, and is not measured.
    pub after: fn(&Site, &mut Client, &[Request]) -> Fallible<()>,
}

/// What requests of a round share.
#[derive(Default)]
pub struct Setup {
    pub token: String,
    /// Path of the one member that has changed.
    pub changed: String,
}

/// Bookings of one multiget.
const MULTIGET: u64 = 50;

const DEFAULT: Workload = Workload {
    key: "",
    title: "",
    clients: 1,
    count: 2_000,
    peers: true,
    before: |_, _| Ok(Setup::default()),
    ask: |_, _, _| Request {
        method: "GET",
        path: "/".to_owned(),
        headers: "",
        body: String::new(),
    },
    check: |_, _, _, _| Ok(()),
    after: |_, _, _| Ok(()),
};

const PUT_NEW: Workload =
    Workload { ask: put_new, check: is_created, after: delete_all, ..DEFAULT };

const GET: Workload =
    Workload { key: "get", title: "get", ask: get, check: is_booking_or_hello, ..DEFAULT };

const POLL: Workload = Workload {
    key: "poll",
    title: "sync poll, nothing changed",
    before: with_token,
    ask: poll,
    check: |_, _, _, answer| is_change(answer, 0),
    ..DEFAULT
};

const FREE_BUSY: Workload = Workload {
    key: "freebusy",
    title: "free/busy of a day",
    count: 1_000,
    ask: free_busy,
    check: |_, _, _, answer| {
        must(answer, 200)?;
        expect("busy hours", busy_hours(answer)?, 8.0)
    },
    ..DEFAULT
};

const WEEK: Workload = Workload {
    key: "week",
    title: "one-week query, 80 events",
    count: 400,
    ask: |site, _, draw| one_week(site, draw, false),
    check: |_, _, _, answer| is_list(answer, 80, true),
    ..DEFAULT
};

const MULTIGET_SOME: Workload = Workload {
    key: "multiget",
    title: "multiget of 50",
    count: 400,
    ask: multiget,
    check: |_, _, _, answer| is_list(answer, MULTIGET, true),
    ..DEFAULT
};

/// The same asked by 8 clients at once: one that asks alone lets the server fall asleep between
/// its requests, and waking it costs more than many an answer. Peers would take minutes.
const fn by_eight(key: &'static str, title: &'static str, by_one: Workload) -> Workload {
    Workload { key, title, clients: 8, count: 10 * by_one.count, peers: false, ..by_one }
}

/// All workloads, in the order in which they run: what changes the calendar comes last.
pub const ALL: &[Workload] = &[
    GET,
    by_eight("get8", "get, 8 clients", GET),
    POLL,
    by_eight("poll8", "sync poll, 8 clients", POLL),
    FREE_BUSY,
    by_eight("freebusy8", "free/busy of a day, 8 clients", FREE_BUSY),
    WEEK,
    by_eight("week8", "one-week query, 8 clients", WEEK),
    Workload {
        key: "expand",
        title: "one-week query, series expanded",
        count: 400,
        ask: |site, _, draw| one_week(site, draw, true),
        check: |_, _, _, answer| {
            is_list(answer, 80, true)?;
            expect("series", occurrences(answer, "FREQ=WEEKLY"), 0)
        },
        ..DEFAULT
    },
    MULTIGET_SOME,
    by_eight("multiget8", "multiget of 50, 8 clients", MULTIGET_SOME),
    Workload {
        key: "propfind",
        title: "PROPFIND Depth 1, getetag of all",
        count: 40,
        ask: |site, _, _| getetags(&site.calendar),
        check: |site, _, _, answer| is_list(answer, site.layout.count, false),
        ..DEFAULT
    },
    Workload {
        key: "sync",
        title: "sync of all, initially",
        count: 40,
        ask: |site, setup, _| sync(&site.calendar, &setup.token),
        check: |site, _, _, answer| is_list(answer, site.layout.count, false),
        ..DEFAULT
    },
    Workload {
        key: "outbox",
        title: "outbox free/busy of 20 rooms, one week",
        count: 400,
        peers: false,
        ask: ask_outbox,
        check: |_, _, _, answer| {
            must(answer, 200)?;
            let rooms = town::ROOMS as u64;
            expect("rooms", occurrences(answer, "2.0;Success"), rooms)?;
            expect("their answers", occurrences(answer, "BEGIN:VFREEBUSY"), rooms)?;
            expect("busy ones", occurrences(answer, "\nFREEBUSY") >= rooms, true)
        },
        ..DEFAULT
    },
    Workload {
        key: "change",
        title: "sync after one change",
        count: 400,
        before: with_change,
        ask: poll,
        check: |_, setup, _, answer| {
            is_change(answer, 1)?;
            expect("its name", occurrences(answer, &setup.changed), 1)
        },
        ..DEFAULT
    },
    Workload {
        key: "over",
        title: "put over existing",
        count: 800,
        ask: put_over,
        check: is_stored,
        ..DEFAULT
    },
    Workload { key: "put1", title: "put new, 1 client", count: 800, ..PUT_NEW },
    Workload { key: "put8", title: "put new, 8 clients", clients: 8, count: 1_600, ..PUT_NEW },
    Workload { key: "put64", title: "put new, 64 clients", clients: 64, count: 3_200, ..PUT_NEW },
    Workload {
        key: "invite",
        title: "inviting a room",
        count: 400,
        peers: false,
        ask: invite,
        check: is_created,
        after: accepted_and_deleted,
        ..DEFAULT
    },
];

/// The last workload that writes nothing.
pub const LAST_READ: &str = "outbox";

fn bare(method: &'static str, path: String) -> Request {
    Request { method, path, headers: "", body: String::new() }
}

/// A booking that is laid down, and its path.
fn some_path(site: &Site, draw: u64) -> String {
    site.path(&site.layout.booking(draw % site.layout.count))
}

fn get(site: &Site, _: &Setup, draw: u64) -> Request {
    bare("GET", some_path(site, draw))
}

fn poll(site: &Site, setup: &Setup, _: u64) -> Request {
    sync(&site.calendar, &setup.token)
}

/// Whether the calendar holds as many bookings as were laid down.
pub fn is_complete(site: &Site) -> Fallible<()> {
    let answer = site.client().ask(&getetags(&site.calendar))?;
    is_list(&answer, site.layout.count, false)
        .map_err(|fault| format!("{}, all bookings: {fault}", site.kind.name()).into())
}

/// A poll of the calendar as it is now.
pub fn poll_now(site: &Site) -> Fallible<Request> {
    let setup = with_token(site, &mut site.client())?;
    Ok(poll(site, &setup, 0))
}

fn some_week(site: &Site, draw: u64) -> chrono::NaiveDate {
    let weeks = site.layout.full_weeks();
    site.layout.monday(weeks.start + draw % (weeks.end - weeks.start))
}

fn one_week(site: &Site, draw: u64, expanded: bool) -> Request {
    query(&site.calendar, week(some_week(site, draw)), expanded)
}

fn free_busy(site: &Site, _: &Setup, draw: u64) -> Request {
    let monday = some_week(site, draw);
    let range = day(monday + chrono::Days::new(draw / 7 % 5));
    let body = format!("<C:free-busy-query {DAV}>{range}</C:free-busy-query>");
    Request { method: "REPORT", path: site.calendar.clone(), headers: FREE_BUSY_HEADERS, body }
}

fn multiget(site: &Site, _: &Setup, draw: u64) -> Request {
    let count = site.layout.count;
    let paths = (0..MULTIGET).map(|part| some_path(site, draw % count + part * (count / MULTIGET)));
    questions::multiget(&site.calendar, paths)
}

/// Next week, when all rooms are booked.
fn ask_outbox(site: &Site, _: &Setup, _: u64) -> Request {
    outbox(site.layout.monday(site.layout.now_week() + 1))
}

fn put(path: String, body: String) -> Request {
    Request { method: "PUT", path, headers: "", body }
}

fn put_over(site: &Site, _: &Setup, draw: u64) -> Request {
    let booking = site.layout.booking(draw % site.layout.count);
    put(site.path(&booking), booking.text(draw % 1_000_000 + 1))
}

fn put_new(site: &Site, _: &Setup, _: u64) -> Request {
    let booking = site.fresh();
    put(site.path(&booking), booking.text(0))
}

fn invite(site: &Site, _: &Setup, _: u64) -> Request {
    let booking = site.fresh();
    let room = town::address(0);
    let people = format!(
        "ORGANIZER;CN=Beate Bauen:mailto:bauen@rathaus.example\r\n\
         ATTENDEE;CN=Beate Bauen;PARTSTAT=ACCEPTED:mailto:bauen@rathaus.example\r\n\
         ATTENDEE;CUTYPE=ROOM;RSVP=TRUE:mailto:{room}\r\n"
    );
    let path = format!("/dav/calendars/{}/kalender/{}", crate::site::USER, booking.file());
    put(path, booking.text_with(0, &people))
}

/// The calendar as it is now.
fn with_token(site: &Site, client: &mut Client) -> Fallible<Setup> {
    let answer = client.ask(&questions::token(&site.calendar))?;
    must(&answer, 207)?;
    Ok(Setup { token: answers::token(&answer)?, ..Setup::default() })
}

/// The calendar as it was before one booking was written again.
fn with_change(site: &Site, client: &mut Client) -> Fallible<Setup> {
    let setup = with_token(site, client)?;
    let request = put_over(site, &setup, site.draw());
    is_stored(site, &setup, &request, &client.ask(&request)?)?;
    Ok(Setup { changed: request.path, ..setup })
}

fn expect<T: PartialEq + std::fmt::Display>(what: &str, found: T, expected: T) -> Fallible<()> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found} instead of {expected}").into())
}

fn is_booking_or_hello(
    site: &Site,
    setup: &Setup,
    request: &Request,
    answer: &Answer,
) -> Fallible<()> {
    match site.kind {
        Kind::Hello => must(answer, 200),
        _ => is_booking(site, setup, request, answer),
    }
}

fn is_booking(_: &Site, _: &Setup, request: &Request, answer: &Answer) -> Fallible<()> {
    must(answer, 200)?;
    let name = request.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".ics");
    expect("its UID", occurrences(answer, &format!("UID:{name}@")), 1)?;
    expect("its end", occurrences(answer, "END:VCALENDAR"), 1)?;
    expect("its invitations", occurrences(answer, "ATTENDEE;"), 3)?;
    expect("an entity tag", answer.etag.is_some(), true)
}

/// So many members, each with its entity tag, and its text where that is asked for.
fn is_list(answer: &Answer, count: u64, texts: bool) -> Fallible<()> {
    must(answer, 207)?;
    expect("members", members(answer), count)?;
    if occurrences(answer, "getetag>") < 2 * count {
        return Err("there are not as many entity tags as members".into());
    }
    let events = if texts { count } else { 0 };
    expect("events", occurrences(answer, "BEGIN:VEVENT"), events)
}

/// So many changes, and a token.
fn is_change(answer: &Answer, count: u64) -> Fallible<()> {
    must(answer, 207)?;
    expect("changes", members(answer), count)?;
    answers::token(answer).map(|_| ())
}

fn is_created(_: &Site, _: &Setup, _: &Request, answer: &Answer) -> Fallible<()> {
    must(answer, 201)
}

/// Servers differ in what they call it: 204, 200 or, against RFC 9110 §9.3.4, 201.
fn is_stored(_: &Site, _: &Setup, _: &Request, answer: &Answer) -> Fallible<()> {
    if [200, 201, 204].contains(&answer.status) { Ok(()) } else { must(answer, 204) }
}

fn delete_all(_: &Site, client: &mut Client, asked: &[Request]) -> Fallible<()> {
    for request in asked {
        let answer = client.ask(&bare("DELETE", request.path.clone()))?;
        if answer.status != 200 {
            must(&answer, 204)?;
        }
    }
    Ok(())
}

fn accepted_and_deleted(site: &Site, client: &mut Client, asked: &[Request]) -> Fallible<()> {
    for request in asked {
        let answer = client.ask(&bare("GET", request.path.clone()))?;
        must(&answer, 200)?;
        // Long lines are folded wherever it fits.
        let text: Vec<u8> = answers::unfolded(&answer);
        if memmem::find(&text, b"CUTYPE=ROOM;PARTSTAT=ACCEPTED").is_none()
            && memmem::find(&text, b"PARTSTAT=ACCEPTED;CUTYPE=ROOM").is_none()
            && memmem::find_iter(&text, b"PARTSTAT=ACCEPTED").count() != 2
        {
            return Err(format!("{}: the room has not accepted", request.path).into());
        }
    }
    delete_all(site, client, asked)
}

/// Whether a server can do a workload at all.
pub fn suits(workload: &Workload, kind: Kind) -> bool {
    match kind {
        Kind::Terminraum => true,
        Kind::Radicale | Kind::Xandikos => workload.peers,
        Kind::Hello => matches!(workload.key, "get" | "get8"),
    }
}
