//! Finding free rooms, and explaining a room's answer.

use super::AdminAnswer;
use crate::calendar::Zone;
use crate::cli::{Failure, Wired};
use crate::delivery::{DEFAULT_TIME_ZONE, Supposed, Wanted};
use crate::directory::{Directory, Needs, Room, User};
use crate::locale;
use crate::scheduling::booking_policy::RoomAnswer;
use crate::time_range::TimeRange;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Longest booking that is asked about, in minutes: a week.
pub const MINUTES_MAX: u32 = 7 * 24 * 60;

/// A search for a free room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// Id of the user for whom.
    pub user: String,
    /// How long, in minutes.
    pub minutes: u32,
    /// How many working days ahead, after the first day.
    pub within: u32,
    /// The first day; `None`: today.
    pub earliest: Option<NaiveDate>,
    /// The earliest start within a day.
    pub from: Option<NaiveTime>,
    /// The latest end within a day.
    pub to: Option<NaiveTime>,
    /// Features that the room must have.
    pub features: Vec<String>,
    /// Facts about accessibility that it must have.
    pub facts: Vec<String>,
    /// Fewest seats.
    pub seats: u32,
    /// How many minutes apart proposals start.
    pub grid: u32,
    /// Most proposals.
    pub limit: usize,
    /// Language of the texts.
    pub language: String,
}

/// A free time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// Slug of the room.
    pub room: String,
    /// Its name.
    pub name: String,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// Both in words, on the room's wall clock.
    pub when: String,
    /// Whether somebody has to approve of the booking.
    pub needs_approval: bool,
}

/// A question about a room's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// Id of the user who would book.
    pub user: String,
    /// Slug of the room.
    pub room: String,
    /// When it would begin: on the room's wall clock, or with an offset.
    pub at: String,
    /// How long, in minutes.
    pub minutes: u32,
    /// Number of people; 0: not known.
    pub people: usize,
    /// Language of the texts.
    pub language: String,
}

pub(super) fn find(wired: &Wired, find: &Find, now: DateTime<Utc>) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let user = user(&directory, &find.user)?;
    reasonable(find.minutes)?;
    let midnight = NaiveTime::MIN;
    let zone = Zone::iana(DEFAULT_TIME_ZONE).unwrap_or(Zone::UTC);
    let from = find.earliest.map_or(now, |date| zone.to_utc(date.and_time(midnight)));
    let end_of_day = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or(midnight);
    let wanted = Wanted {
        minutes: find.minutes,
        from,
        working_days: find.within,
        time_of_day: (find.from.is_some() || find.to.is_some())
            .then(|| (find.from.unwrap_or(midnight), find.to.unwrap_or(end_of_day))),
        grid_minutes: find.grid,
        needs: Needs {
            seats: find.seats,
            features: find.features.iter().cloned().collect(),
            accessibility: find.facts.iter().cloned().collect(),
        },
        count_max: find.limit,
    };
    let found = wired.delivery.find(&directory, user, &wanted, now)?;
    let proposed = found.into_iter().filter_map(|proposal| {
        let room = directory.rooms.get(&proposal.room)?;
        let TimeRange { start, end } = proposal.range;
        let when = crate::delivery::words::when(&find.language, room, proposal.range);
        let (name, needs_approval) = (room.name.clone(), proposal.needs_approval);
        Some(Proposed { room: proposal.room, name, start, end, when, needs_approval })
    });
    Ok(AdminAnswer::Proposals { proposals: proposed.collect() })
}

pub(super) fn explain(
    wired: &Wired,
    explain: &Explain,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let user = user(&directory, &explain.user)?;
    let room = room(&directory, &explain.room)?;
    reasonable(explain.minutes)?;
    let start = instant(&explain.at, room)?;
    let end = start.checked_add_signed(TimeDelta::minutes(i64::from(explain.minutes)));
    let end = end.ok_or_else(|| Failure::new("that is too far ahead"))?;
    let range = TimeRange { start, end };
    let people = explain.people;
    let supposed = Supposed { directory: &directory, user, room, range, people, now };
    let found = wired.delivery.explain(&supposed)?;
    let verdict = match found.answer {
        RoomAnswer::Accepted => "accepted",
        RoomAnswer::Awaiting => "awaiting-approval",
        RoomAnswer::Partly | RoomAnswer::Declined => "declined",
    };
    Ok(AdminAnswer::Explained {
        verdict: verdict.to_owned(),
        rules: found.failed.iter().map(|reason| reason.rule().to_owned()).collect(),
        lines: found.lines(&supposed, locale::supported(&explain.language)),
    })
}

pub(super) fn user<'a>(directory: &'a Directory, login: &str) -> Result<&'a User, Failure> {
    directory.user_by_login(login).ok_or_else(|| Failure::new(format!("there is no user {login}")))
}

pub(super) fn room<'a>(directory: &'a Directory, slug: &str) -> Result<&'a Room, Failure> {
    directory.rooms.get(slug).ok_or_else(|| Failure::new(format!("there is no room {slug}")))
}

pub(super) fn reasonable(minutes: u32) -> Result<(), Failure> {
    if (1..=MINUTES_MAX).contains(&minutes) {
        return Ok(());
    }
    Err(Failure::new(format!("{minutes} minutes: say 1 to {MINUTES_MAX}")))
}

/// A time as it was typed: on the wall clock of the room, or with an offset.
pub(super) fn instant(text: &str, room: &Room) -> Result<DateTime<Utc>, Failure> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.with_timezone(&Utc));
    }
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .ok_or_else(|| Failure::new(format!("{text:?} is not a time such as 2027-03-01T08:00")))?;
    Ok(Zone::iana(&room.time_zone).unwrap_or(Zone::UTC).to_utc(local))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::AdminCommand;
    use super::super::tests::{ask, now, refusal, town};
    use super::*;
    use crate::delivery::{Put, Viewer};

    /// The demo town without opening hours and holidays.
    fn always_open() -> Wired {
        let wired = town();
        let open = |contents: &mut crate::directory::Contents| {
            contents.directory.town = Default::default();
            Ok(())
        };
        wired.directory.edit(now(), open).unwrap();
        wired
    }

    /// Books a room from `start` to `end`, in UTC, as one may write it into its calendar.
    pub(in crate::cli::admin) fn book(
        wired: &Wired,
        user: &str,
        room: &str,
        start: &str,
        end: &str,
    ) {
        let directory = wired.directory.snapshot().unwrap();
        let body = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nBEGIN:VEVENT\r\nUID:{start}\r\n\
             DTSTAMP:20260901T000000Z\r\nDTSTART:{start}\r\nDTEND:{end}\r\n\
             SUMMARY:Familie Specht\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let put = Put {
            viewer: Viewer { user: &directory.users[user], directory: &directory },
            calendar: &wired.delivery.room_calendar(&directory.rooms[room]).unwrap(),
            name: &format!("{start}.ics"),
            body: body.as_bytes(),
            precondition: &|_| true,
            components: None,
            on_conflict: crate::delivery::OnConflict::Refuse,
            schedule_reply: true,
            now: now(),
        };
        wired.delivery.put(put).unwrap();
    }

    /// 45 barrier-free minutes within three working days of Monday, 21 September 2026.
    fn barrier_free() -> Find {
        Find {
            user: "bauen".to_owned(),
            minutes: 45,
            within: 3,
            earliest: None,
            from: None,
            to: None,
            features: Vec::new(),
            facts: vec!["step_free".to_owned()],
            seats: 0,
            grid: 15,
            limit: 20,
            language: "de".to_owned(),
        }
    }

    fn found(wired: &Wired, find: Find) -> Vec<String> {
        match ask(wired, AdminCommand::Find(find)) {
            AdminAnswer::Proposals { proposals } => {
                proposals.iter().map(|it| format!("{}: {}", it.name, it.when)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_one_gap_of_the_barrier_free_room_is_found() {
        let wired = always_open();
        book(&wired, "jugend", "beratungsraum-3", "20260921T140000Z", "20260924T120000Z");
        book(&wired, "soziales", "beratungsraum-3", "20260924T130000Z", "20260926T120000Z");
        let expected = [
            "Beratungsraum 3: Donnerstag, 24. September 2026, 14:00 bis 14:45 Uhr",
            "Beratungsraum 3: Donnerstag, 24. September 2026, 14:15 bis 15:00 Uhr",
        ];
        assert_eq!(found(&wired, barrier_free()), expected);
        let morning = NaiveTime::from_hms_opt(12, 0, 0);
        assert_eq!(found(&wired, Find { to: morning, ..barrier_free() }), Vec::<String>::new());
        assert_eq!(found(&wired, Find { within: 2, ..barrier_free() }), Vec::<String>::new());
        assert_eq!(found(&wired, Find { limit: 1, ..barrier_free() }), expected[..1]);
        let late = NaiveDate::from_ymd_opt(2026, 9, 26);
        let later = Find { earliest: late, within: 0, limit: 1, ..barrier_free() };
        assert_eq!(
            found(&wired, later),
            ["Beratungsraum 3: Samstag, 26. September 2026, 14:00 bis 14:45 Uhr"]
        );
    }

    #[test]
    fn everybody_finds_their_own_rooms_first_and_nobody_those_of_others() {
        let wired = always_open();
        let names = |user: &str| {
            let any =
                Find { facts: Vec::new(), user: user.to_owned(), limit: 100, ..barrier_free() };
            let mut names: Vec<String> = found(&wired, Find { grid: 1440, ..any })
                .iter()
                .filter_map(|it| Some(it.split_once(':')?.0.to_owned()))
                .collect();
            names.dedup();
            names.truncate(2);
            names
        };
        assert_eq!(names("soziales"), ["Soziales 1", "Beratungsraum 1"]);
        assert_eq!(names("bauen"), ["Beratungsraum 1", "Beratungsraum 2"]);
    }

    #[test]
    fn an_explanation_names_the_rules_and_nobody_else() {
        let wired = always_open();
        book(&wired, "jugend", "beratungsraum-1", "20260922T080000Z", "20260922T090000Z");
        let explain = |user: &str, room: &str, at: &str| {
            let explain = Explain {
                user: user.to_owned(),
                room: room.to_owned(),
                at: at.to_owned(),
                minutes: 60,
                people: 0,
                language: "de".to_owned(),
            };
            match ask(&wired, AdminCommand::Explain(explain)) {
                AdminAnswer::Explained { verdict, rules, lines } => {
                    let all = lines.concat();
                    assert!(!all.contains("Jannis") && !all.contains("Specht"), "{all}");
                    format!("{verdict} {}", rules.join(" "))
                }
                other => refusal(other),
            }
        };
        let cases = [
            ("bauen", "beratungsraum-1", "2026-09-22T10:00", "declined room-busy"),
            ("bauen", "beratungsraum-1", "2026-09-22T08:00:00Z", "declined room-busy"),
            ("bauen", "beratungsraum-1", "2026-09-22 11:00", "accepted "),
            ("bauen", "soziales-1", "2026-09-22T10:00", "declined booking-not-permitted"),
            ("nobody", "soziales-1", "2026-09-22T10:00", "there is no user nobody"),
            ("bauen", "keller", "2026-09-22T10:00", "there is no room keller"),
            (
                "bauen",
                "beratungsraum-1",
                "morgen",
                "\"morgen\" is not a time such as 2027-03-01T08:00",
            ),
        ];
        for (user, room, at, expected) in cases {
            assert_eq!(explain(user, room, at), expected, "{user} {room} {at}");
        }
    }

    #[test]
    fn odd_questions_are_refused() {
        let wired = always_open();
        let find = |find: Find| refusal(ask(&wired, AdminCommand::Find(find)));
        for minutes in [0, u32::MAX] {
            assert!(find(Find { minutes, ..barrier_free() }).contains("minutes"), "{minutes}");
        }
        assert!(find(Find { user: "x".to_owned(), ..barrier_free() }).contains("no user x"));
        let odd = Find { within: u32::MAX, grid: 0, limit: usize::MAX, ..barrier_free() };
        assert!(found(&wired, odd).len() <= crate::scheduling::finder::PROPOSALS_MAX);
    }
}
