//! The pages, asked as a browser asks them: every state of an appointment, what may be done and
//! by whom, and that reading changes nothing.

#![allow(clippy::unwrap_used)] // A helper of a test that cannot go on has failed.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, Request, Response, StatusCode};
use terminraum::delivery::letters::{Appointment, Content};
use terminraum::delivery::{ByMail, Calendar, Delivery, MailTerms, OnConflict, Put, Viewer};
use terminraum::directory::{DirectoryService, Missing, People, Principal, TownFile};
use terminraum::scheduling::itip;
use terminraum::store::Store;
use terminraum::store::memory::MemoryStore;
use terminraum::web::{self, UNKNOWN_SECRETS_MAX, Visit, Web};
use tower::ServiceExt;

const HERE: &str = "192.0.2.7";

/// What must be on no page: the citizen, the title, notes, colleagues, whose appointment it is.
const CANARIES: [&str; 8] =
    ["erika", "Mustermann", "buerger.example", "Kanarie", "Räumung", "Sabine", "Beate", "@rathaus"];

/// Mail address of the citizen.
const ERIKA: &str = "erika@buerger.example";

/// The demo town with its pages.
struct Town {
    store: Arc<MemoryStore>,
    delivery: Delivery,
    directory: Arc<DirectoryService>,
    pages: Router,
    now: DateTime<Utc>,
}

/// An answer that has been read.
struct Answer {
    head: Response<()>,
    text: String,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.status().as_u16()
    }

    fn header(&self, name: &str) -> &str {
        self.head.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    fn says(&self, text: &str) -> &Answer {
        assert!(self.text.contains(text), "{text} is not in\n{}", self.text);
        self
    }

    #[track_caller]
    fn says_not(&self, text: &str) -> &Answer {
        assert!(!self.text.contains(text), "{text} is in\n{}", self.text);
        self
    }

    /// Value of the first field with this name.
    #[track_caller]
    fn field(&self, name: &str) -> String {
        self.fields(name).into_iter().next().unwrap()
    }

    fn fields(&self, name: &str) -> Vec<String> {
        let begin = format!("name=\"{name}\" value=\"");
        let after = self.text.split(&begin).skip(1);
        after.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl Town {
    fn new() -> Town {
        let store = Arc::new(MemoryStore::new());
        let shared: Arc<dyn Store> = store.clone();
        let directory = Arc::new(DirectoryService::open(Arc::clone(&shared)).unwrap());
        let town = TownFile::read(include_str!("../fixtures/demo-town.toml")).unwrap();
        let now = at("2026-06-22T06:00:00Z");
        let seeded = directory.edit(now, |contents| {
            town.import_into(contents, Missing::Keep);
            Ok(())
        });
        seeded.unwrap();
        let terms = MailTerms {
            domain: "termine.rathaus.example".to_owned(),
            local_part: "termin".to_owned(),
            base_url: "https://termine.rathaus.example".to_owned(),
        };
        let delivery = Delivery::new(shared).with_mail(terms);
        let pages = web::router(Web { delivery: delivery.clone(), directory: directory.clone() });
        Town { store, delivery, directory, pages, now }
    }

    /// The same at another time.
    fn later(self, now: &str) -> Town {
        Town { now: at(now), ..self }
    }

    /// Everything that is kept.
    fn all(&self) -> String {
        format!("{:?}", self.store)
    }

    fn calendar(&self, user: &str) -> Calendar {
        self.delivery.calendars_of(user).unwrap().remove(0)
    }

    /// Somebody of bauen writes a meeting with the citizen, a room and a colleague; the address
    /// of the citizen's page.
    fn invited(&self, times: &str) -> String {
        self.write("a", times, "beratungsraum-3", "mailto:erika@buerger.example");
        format!("/t/{}", self.told().last().unwrap().secret)
    }

    fn write(&self, uid: &str, times: &str, room: &str, citizen: &str) {
        let times: String = times.split(' ').map(|line| format!("{line}\r\n")).collect();
        let body = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
             DTSTAMP:20260601T080000Z\r\n{times}SUMMARY:Kanarie Räumung Mustermann\r\n\
             LOCATION:Kanarie\r\nCOMMENT:Kanarie\r\n\
             DESCRIPTION:Kanarie\\, intern\\n\\nFür Bürger:\\nBitte mitbringen: \\n<b>Ausweis</b>\r\n\
             ORGANIZER;CN=Beate:mailto:bauen@rathaus.example\r\n\
             ATTENDEE:mailto:bauen@rathaus.example\r\n\
             ATTENDEE;CN=Sabine:mailto:soziales@rathaus.example\r\n\
             ATTENDEE:mailto:{room}@raeume.rathaus.example\r\n\
             ATTENDEE;CN=Erika Mustermann:{citizen}\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let directory = self.directory.snapshot().unwrap();
        let written = self.delivery.put(Put {
            viewer: Viewer { user: &directory.users["bauen"], directory: &directory },
            calendar: &self.calendar("bauen"),
            name: &format!("{uid}.ics"),
            body: body.as_bytes(),
            precondition: &|_| true,
            components: None,
            schedule_reply: true,
            on_conflict: OnConflict::Refuse,
            now: self.now,
        });
        written.unwrap();
    }

    /// The appointment as the citizen was told it, each time.
    fn told(&self) -> Vec<Appointment> {
        let queued = self.delivery.outbox().unwrap();
        let told = queued.into_iter().filter_map(|queued| match queued.letter.content {
            Content::Appointment(letter) if queued.letter.to == ERIKA => Some(letter.appointment),
            _ => None,
        });
        told.collect()
    }

    /// The last link that the town hall was written, below this path.
    fn link(&self, below: &str) -> String {
        let queued = self.delivery.outbox().unwrap();
        let notes = queued.into_iter().filter_map(|queued| match queued.letter.content {
            Content::Note(note) => Some(note.links),
            Content::Answer(answer) => Some(answer.note.links),
            Content::Appointment(_) => None,
        });
        let mut links = notes.flatten().map(|(_, link)| link);
        links.rfind(|link| link.starts_with(below)).unwrap()
    }

    /// Posts a form with the token of the page at `seen`.
    fn press(&self, seen: &str, action: &str, fields: &str) -> Answer {
        let token = self.get(seen).field("token");
        self.post(action, &format!("token={token}&{fields}"))
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.ask("POST", path, &form, body)
    }

    fn send(&self, from: &str, request: Request<Body>) -> Answer {
        let mut request = request;
        let address: IpAddr = from.parse().unwrap();
        request.extensions_mut().insert(Visit { address, now: self.now });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (head, body) = self.pages.clone().oneshot(request).await.unwrap().into_parts();
            let text = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let text = String::from_utf8(text.to_vec()).unwrap();
            Answer { head: Response::from_parts(head, ()), text }
        })
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(HERE, request.body(Body::from(body.to_owned())).unwrap())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }
}

#[test]
fn every_page_tells_browsers_and_search_engines_to_keep_out() {
    let town = Town::new();
    for path in ["/privacy", "/accessibility", "/t/abc", "/t", "/t/abc/accept", "/web/none"] {
        let answer = town.get(path);
        let expected = [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex, nofollow"),
            ("x-content-type-options", "nosniff"),
            ("content-type", "text/html; charset=utf-8"),
            ("set-cookie", ""),
        ];
        for (name, value) in expected {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
        let policy = answer.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        for no in ["<script", "http://", "style=", "onclick"] {
            assert!(!answer.text.contains(no), "{path} has {no}");
        }
    }
    let style = town.get("/web/style.css");
    assert_eq!((style.status(), style.header("content-type")), (200, "text/css; charset=utf-8"));
}

#[test]
fn an_unknown_secret_is_gone_and_not_tried_for_ever() {
    let town = Town::new();
    for _ in 0..UNKNOWN_SECRETS_MAX {
        let answer = town.get("/t/0123456789abcdef");
        assert_eq!(answer.status(), 410);
        answer.says("nicht mehr gespeichert").says("02861 939-0");
    }
    let answer = town.get("/t/fedcba9876543210/termin.ics");
    assert_eq!((answer.status(), answer.header("retry-after")), (429, "6"));
    let elsewhere = Request::builder().uri("/t/0123456789abcdef").body(Body::empty()).unwrap();
    assert_eq!(town.send("192.0.2.8", elsewhere).status(), 410);
    let later = Town { now: town.now + TimeDelta::seconds(6), ..town };
    assert_eq!(later.get("/t/0123456789abcdef").status(), 410);
    assert_eq!(later.get("/t/0123456789abcdef").status(), 429);
    assert_eq!(later.get("/privacy").status(), 200, "other pages are for everybody");
}

#[test]
fn what_can_not_be_done_is_told_with_what_can() {
    let town = Town::new();
    let cases = [
        ("PUT", "/t/abc", 405, "GET,HEAD"),
        ("DELETE", "/t/abc/cancel", 405, "GET,HEAD,POST"),
        ("GET", "/t/abc/accept", 405, "POST"),
        ("PROPFIND", "/privacy", 405, "GET,HEAD"),
        ("OPTIONS", "/t/abc/wish", 405, "POST"),
        ("GET", "/t/", 404, ""),
        ("GET", "/t/abc/nothing", 404, ""),
        ("GET", "/privacy/", 404, ""),
        ("POST", "/t/abc/accept", 410, ""),
    ];
    for (method, path, status, allow) in cases {
        let answer = town.ask(method, path, &[], "");
        let got = (answer.status(), answer.header("allow"));
        assert_eq!(got, (status, allow), "{method} {path}");
    }
    let head = town.ask("HEAD", "/privacy", &[], "");
    assert_eq!((head.head.status(), head.text.as_str()), (StatusCode::OK, ""));
}

#[test]
fn the_reader_chooses_the_language() {
    let town = Town::new();
    let cases = [
        ("/privacy", "", "de", "Welche Angaben speichern wir?"),
        ("/privacy", "en-GB,en;q=0.9,de;q=0.1", "en", "What do we store?"),
        ("/privacy", "tr,fr;q=0.5", "de", "Welche Angaben"),
        ("/privacy?lang=de", "en", "de", "Welche Angaben"),
        ("/privacy?lang=en", "de", "en", "What do we store?"),
        ("/privacy?lang=%00%22%3E", "en", "en", "What do we store?"),
        ("/privacy?lang=en&lang=de", "de", "de", "Welche Angaben"),
    ];
    for (path, accepted, language, text) in cases {
        let answer = town.ask("GET", path, &[("accept-language", accepted)], "");
        assert_eq!((answer.status(), answer.header("content-language")), (200, language), "{path}");
        assert_eq!(answer.header("vary"), "Accept-Language");
        answer.says(&format!("<html lang=\"{language}\">")).says(text);
    }
    town.get("/privacy?lang=en")
        .says("href=\"/accessibility?lang=en\"")
        .says("href=\"/privacy?lang=de\"");
}

#[test]
fn the_pages_about_the_pages_say_what_the_town_has_set() {
    let town = Town::new();
    town.get("/privacy").says("7 Tage nach dem Termin").says("Musterstadt");
    town.get("/accessibility").says("WCAG 2.1").says("tel:028619390");
    for (path, page) in [("/privacy", "privacy"), ("/accessibility", "accessibility")] {
        for language in ["de", "en"] {
            let answer = town.get(&format!("{path}?lang={language}"));
            assert!(!answer.text.contains(&format!("{page}-")), "a key is left: {}", answer.text);
            assert!(!answer.text.contains("page-"), "a key is left: {}", answer.text);
        }
    }
}

const WEDNESDAY: &str = "DTSTART:20260624T080000Z DTEND:20260624T084500Z";
const WEEKLY: &str = "DTSTART:20260624T080000Z DTEND:20260624T084500Z RRULE:FREQ=WEEKLY;COUNT=4";

#[test]
fn the_page_says_all_that_the_citizen_needs_and_nobody_s_name() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let number = town.told()[0].number.clone();
    for (language, expected) in [
        ("de", ["Mittwoch, 24. Juni 2026", "10:00 bis 10:45 Uhr", "etwa 45 Minuten", "Anmeldung"]),
        (
            "en",
            [
                "Wednesday, 24 June 2026",
                "10:00 to 10:45",
                "about 45 minutes",
                "give your appointment number",
            ],
        ),
    ] {
        let answer = town.get(&format!("{page}?lang={language}"));
        assert_eq!(answer.status(), 200);
        for text in expected {
            answer.says(text);
        }
        for text in [
            "Haupteingang gegenüber dem Parkplatz Diebesturm",
            "Im Piepershagen 17, 46325 Musterstadt",
            "Service-Center, gleich hinter der Anmeldung",
            "Beratungsraum 3",
            "95 cm",
            "Bitte mitbringen:",
            "&#60;b&#62;Ausweis",
            &number,
            "tel:028619390",
        ] {
            answer.says(text);
        }
        answer.says_not("page-").says_not("lift").says_not("Aufzug");
    }
}

#[test]
fn no_page_of_an_appointment_names_anybody() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    for below in ["", "/cancel", "/move", "/print", "/termin.ics", "/none"] {
        let answer = town.get(&format!("{page}{below}"));
        for canary in CANARIES {
            answer.says_not(canary);
            assert!(!format!("{:?}", answer.head).contains(canary), "{below}");
        }
    }
}

#[test]
fn reading_changes_nothing_however_often() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let before = town.all();
    for below in [
        "",
        "?done=cancelled",
        "?done=moved",
        "/accept",
        "/cancel",
        "/cancel?date=all",
        "/move",
        "/move?from=1782288000",
        "/wish",
        "/print",
        "/termin.ics",
    ] {
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"] {
            town.ask(method, &format!("{page}{below}"), &[], "");
        }
    }
    assert_eq!(town.all(), before);
}

#[test]
fn a_form_that_has_not_seen_the_page_does_nothing() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let before = town.all();
    let token = town.get(&page).field("token");
    let form = "application/x-www-form-urlencoded";
    for action in ["accept", "cancel", "move", "wish"] {
        let path = format!("{page}/{action}");
        let long = format!("token={token}&text={}", "x".repeat(20_000));
        let cases = [
            ("", form, 403),
            ("token=", form, 403),
            ("token=00112233445566778899aabbccddeeff", form, 403),
            (&format!("token={token}"), "text/plain", 415),
            (&format!("token={token}"), "", 415),
            (&format!("token={token}&token={token}"), form, 422),
            (&long, form, 413),
        ];
        for (body, kind, status) in cases {
            let answer = town.ask("POST", &path, &[("content-type", kind)], body);
            assert_eq!(answer.status(), status, "{action} {body:.40} {kind}");
        }
    }
    town.post(&format!("{page}/cancel"), "").says("noch einmal").says(&format!("href=\"{page}\""));
    assert_eq!(town.all(), before);
}

#[test]
fn the_town_calls_it_off() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    town.write("a", WEDNESDAY, "beratungsraum-3", "mailto:other@buerger.example");
    town.get(&page).says("mussten diesen Termin leider absagen").says_not("<form");
}

#[test]
fn what_is_over_can_not_be_changed() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let town = town.later("2026-06-24T08:45:00Z");
    town.get(&page).says("Dieser Termin ist vorbei").says_not("<form").says_not("<del");
}

#[test]
fn the_citizen_asks_for_another_time() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let seen = format!("{page}/move");
    let answer = town.press(&seen, &format!("{page}/wish"), "text=nur+nachmittags%0D%0A02861+1");
    assert_eq!(answer.header("location"), format!("{page}?done=wished"));
    town.get(answer.header("location")).says("Ihr Wunsch ist angekommen").says("10:00 bis 10:45");
    let long = format!("text={}", "x".repeat(1_001));
    let answer = town.press(&seen, &format!("{page}/wish"), &long);
    assert_eq!(answer.status(), 422);
    answer.says("zu lang");
}

#[test]
fn the_file_for_the_calendar_is_the_same_entry_without_an_organizer() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let answer = town.get(&format!("{page}/termin.ics"));
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"termin.ics\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    let unfolded = answer.text.replace("\r\n ", "");
    let told = &town.told()[0];
    for line in [
        format!("UID:{}", told.uid),
        format!("SEQUENCE:{}", told.sequence),
        format!("URL:https://termine.rathaus.example{page}"),
        "BEGIN:VTIMEZONE".to_owned(),
    ] {
        assert!(unfolded.contains(&format!("\r\n{line}\r\n")), "{line}: {unfolded}");
    }
    assert!(unfolded.contains("Beratungsraum 3") && unfolded.contains("Ausweis"), "{unfolded}");
    for never in ["METHOD", "ORGANIZER", "ATTENDEE", "VALARM"] {
        assert!(!unfolded.contains(never), "{never}: {unfolded}");
    }
}

#[test]
fn the_sheet_for_the_wall_has_codes_to_scan() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let answer = town.get(&format!("{page}/print"));
    answer.says("Mittwoch, 24. Juni 2026").says("02861 939-0").says("Haupteingang");
    assert_eq!(answer.text.matches("<svg").count(), 2);
    let town = Town::new();
    let page = town.invited(WEEKLY);
    assert_eq!(town.get(&format!("{page}/print")).text.matches("<svg").count(), 1);
}

#[test]
fn another_secret_is_no_key_and_its_letters_may_be_large() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    assert_eq!(town.get(&page.to_uppercase().replace("/T/", "/t/")).status(), 200);
    for wrong in [format!("{page}a"), page[..page.len() - 1].to_owned(), format!("{page}%00")] {
        assert_eq!(town.get(&wrong).status(), 410, "{wrong}");
    }
}
#[test]
fn the_citizen_says_that_they_come() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    town.get(&page).says("Ich komme");
    let answer = town.press(&page, &format!("{page}/accept"), "");
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.header("location"), format!("{page}?done=accepted"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let after = town.get(answer.header("location"));
    after.says("wir wissen, dass Sie kommen").says_not("Ich komme").says("Termin absagen");
}

#[test]
fn the_citizen_calls_it_off_and_that_is_it() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let token = town.get(&page).field("token");
    town.get(&format!("{page}/cancel")).says("wirklich absagen").says("Ja, absagen");
    let answer = town.press(&format!("{page}/cancel"), &format!("{page}/cancel?lang=en"), "");
    assert_eq!(answer.header("location"), format!("{page}?done=cancelled&lang=en"));
    let after = town.get(&page);
    after.says("Sie haben den Termin abgesagt").says("02861 939-0").says_not("<form");
    assert_eq!(town.post(&format!("{page}/accept"), &format!("token={token}")).status(), 403);
    for below in ["/cancel", "/move", "/print"] {
        assert_eq!(town.get(&format!("{page}{below}")).header("location"), page);
    }
    assert_eq!(town.get(&format!("{page}/termin.ics")).status(), 404);
}

#[test]
fn the_citizen_moves_it_to_a_free_time() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let listed = town.get(&format!("{page}/move"));
    let slots = listed.fields("slot");
    assert!(slots.len() > 3, "{}", listed.text);
    listed.says("Diese Zeiten sind frei").says("Montag, 22. Juni 2026").says_not("Samstag");
    let later = town.get(&format!("{page}/move?from={}", slots.last().unwrap()));
    assert!(later.fields("slot") > slots, "{}", later.text);
    let chosen = slots.last().unwrap();
    let (seen, action) = (format!("{page}/move"), format!("{page}/move"));
    let answer = town.press(&seen, &action, &format!("slot={chosen}"));
    assert_eq!(answer.header("location"), format!("{page}?done=moved"), "{}", answer.text);
    town.get(answer.header("location")).says("Ihr Termin ist verschoben").says("45 Minuten");
    let told = town.told();
    assert_eq!(told.last().unwrap().dates[0].start.timestamp().to_string(), *chosen);
    assert_eq!(told.last().unwrap().sequence, 1);
    assert_eq!(told.last().unwrap().uid, told[0].uid);
}

#[test]
fn who_is_too_slow_keeps_what_they_have() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let before = town.all();
    let at_night = at("2026-06-25T01:00:00Z").timestamp();
    for slot in ["0", "1782288001", "x", &at_night.to_string()] {
        let answer =
            town.press(&format!("{page}/move"), &format!("{page}/move"), &format!("slot={slot}"));
        assert_eq!(answer.status(), 409, "{slot}");
        answer.says("leider vergeben").says("bleibt bestehen").says("name=\"slot\"");
    }
    let answer = town.press(&format!("{page}/move"), &format!("{page}/move"), "");
    assert_eq!(answer.status(), 422);
    assert_eq!(town.all(), before);
}

#[test]
fn the_dates_of_a_series_are_called_off_one_by_one_or_all() {
    let town = Town::new();
    let page = town.invited(WEEKLY);
    town.get(&page).says("Mittwoch, 1. Juli 2026").says("Mittwoch, 15. Juli 2026");
    town.get(&format!("{page}/move")).says("nur mit Ihnen gemeinsam").says_not("name=\"slot\"");
    let cancel = format!("{page}/cancel");
    let second = at("2026-07-01T08:00:00Z").timestamp();
    town.get(&cancel).says(&second.to_string()).says("Alle Termine");
    for fields in ["", "date=", "date=5"] {
        let answer = town.press(&cancel, &cancel, fields);
        assert_eq!(answer.status(), 422, "{fields}");
        answer.says("Bitte wählen Sie");
    }
    let answer = town.press(&cancel, &cancel, &format!("date={second}"));
    assert_eq!(answer.status(), 303);
    let after = town.get(answer.header("location"));
    after.says("Ihre Absage ist angekommen").says("24. Juni").says_not("1. Juli 2026");
    assert_eq!(town.press(&cancel, &cancel, "date=all").status(), 303);
    town.get(&page).says("Sie haben den Termin abgesagt");
}

/// Rooms of the town that are booked when the front desk approves.
fn with_approval() -> Town {
    let town = Town::new();
    let changed = town.directory.edit(town.now, |contents| {
        let room = contents.directory.rooms.get_mut("beratungsraum-3").unwrap();
        room.booked_by = People::default();
        room.policy.booked_with_approval_by = Some(People::everyone());
        room.managers = ["anmeldung".to_owned()].into();
        Ok(())
    });
    changed.unwrap();
    town.write("a", WEDNESDAY, "beratungsraum-3", "mailto:erika@buerger.example");
    town
}

#[test]
fn who_answers_for_a_room_says_yes_or_no_by_the_link() {
    for (answer, said) in [("yes", "Die Anfrage ist angenommen"), ("no", "ist abgelehnt")] {
        let town = with_approval();
        let page = town.link("/approve/");
        let before = town.all();
        for method in ["GET", "HEAD", "OPTIONS", "PUT"] {
            town.ask(method, &page, &[], "");
        }
        let shown = town.get(&page);
        shown.says("Beratungsraum 3").says("Mittwoch, 24. Juni 2026").says("10:00 bis 10:45");
        shown.says("Beate Bauen").says_not("Kanarie").says_not("erika").says_not("approve-");
        for body in ["", "answer=yes", "token=0&answer=yes"] {
            assert_eq!(town.post(&page, body).status(), 403, "{body}");
        }
        assert_eq!(town.press(&page, &page, "answer=maybe").status(), 403);
        let long = format!("answer=no&text={}", "x".repeat(501));
        assert_eq!(town.press(&page, &page, &long).status(), 422);
        assert_eq!(town.all(), before);
        let done = town.press(&page, &page, &format!("answer={answer}&text=Umbau"));
        assert!(done.status() == 303 && done.header("location").starts_with(&page));
        town.get(done.header("location")).says(said).says_not("<form");
        town.get(&format!("{page}?lang=en")).says("Request for a room").says_not("approve-");
        let told = town.told();
        assert_eq!(told.len(), usize::from(answer == "yes"), "the citizen hears of a yes alone");
    }
}

#[test]
fn a_request_that_is_gone_can_not_be_answered() {
    let town = with_approval();
    let page = town.link("/approve/");
    let token = town.get(&page).field("token");
    town.write("a", WEDNESDAY, "beratungsraum-1", "mailto:erika@buerger.example");
    let answer = town.post(&page, &format!("token={token}&answer=yes"));
    assert_eq!(answer.status(), 403);
    town.get(&page).says("nicht mehr").says_not("<form");
    assert_eq!(town.get("/approve/aaaaaaaaaaaaaaaa").status(), 410);
}

#[test]
fn a_citizen_is_invited_by_the_link_in_the_answer_of_a_room() {
    let town = Town::new();
    let body = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nPRODID:-//T//DE\nVERSION:2.0\nBEGIN:VEVENT\n\
         UID:m\nSEQUENCE:0\nDTSTAMP:20260622T060000Z\nDTSTART:20260624T080000Z\n\
         DTEND:20260624T084500Z\nSUMMARY:Kanarie\nDESCRIPTION:Kanarie\n\
         ORGANIZER;CN=Beate:mailto:bauen@rathaus.example\n\
         ATTENDEE;CN=Sabine:mailto:soziales@rathaus.example\n\
         ATTENDEE:mailto:beratungsraum-3@raeume.rathaus.example\nEND:VEVENT\nEND:VCALENDAR\n";
    let directory = town.directory.snapshot().unwrap();
    let mailed = town.delivery.meeting_by_mail(&ByMail {
        directory: &directory,
        organizer: &directory.users["bauen"],
        place: Principal::Room(&directory.rooms["beratungsraum-3"]),
        message: &itip::Message::parse(body.replace('\n', "\r\n").as_bytes()).unwrap(),
        message_id: "1@outlook.example",
        now: town.now,
    });
    mailed.unwrap();
    let page = town.link("/invite/");
    let before = town.all();
    let shown = town.get(&page);
    shown.says("Mittwoch, 24. Juni 2026").says("Beratungsraum 3").says("Leichte Sprache");
    for canary in CANARIES {
        shown.says_not(canary);
    }
    assert_eq!(town.post(&page, "mail=erika%40buerger.example").status(), 403);
    for mail in ["", "erika", "soziales%40rathaus.example", "a%40b.example%0D%0Ac%40d.example"] {
        let answer = town.press(&page, &page, &format!("mail={mail}&language=en&text=Pass"));
        assert_eq!(answer.status(), 422, "{mail}");
        answer.says("aria-invalid=\"true\"").says("id=\"mail-error\"");
        answer.says("<option value=\"en\" selected>").says(">Pass</textarea>");
    }
    let long = format!("mail=erika%40buerger.example&text={}", "x".repeat(2_001));
    town.press(&page, &page, &long).says("id=\"text-error\"").says("2000 Zeichen");
    assert_eq!(town.all(), before);
    let fields = "mail=erika%40buerger.example&language=en&text=Passport%2C+please";
    let done = town.press(&page, &page, fields);
    assert_eq!(done.header("location"), format!("{page}?done=invited"), "{}", done.text);
    town.get(done.header("location")).says("Die Einladung ist unterwegs").says_not("erika");
    let told = town.told().pop().unwrap();
    assert_eq!((told.language.as_str(), told.for_citizen.as_str()), ("en", "Passport, please"));
    let page = town.get(&format!("/t/{}", told.secret));
    page.says("Your appointment")
        .says("Passport, please")
        .says("Beratungsraum 3")
        .says_not("Kanarie");
}

#[test]
fn the_page_speaks_leichte_sprache_where_it_is_wanted() {
    let town = Town::new();
    let page = town.invited(WEDNESDAY);
    let answer = town.get(&format!("{page}?lang=de-simple"));
    answer.says("<html lang=\"de\">").says("Ich möchte eine andere Zeit").says("Gehen Sie zur");
    answer.says(&format!("{page}/cancel?lang=de-simple"));
    town.get(&format!("{page}?lang=de")).says("Verschieben");
}
