//! Tables of what a room says.

use super::*;
use crate::scheduling::holidays::FederalState;
use crate::scheduling::opening::{Blackout, ClosureDay, Day, Span};

/// `"09:00/10:00 11:00/12:00"` on one day.
fn ranges(text: &str) -> Vec<TimeRange> {
    let at = |text: &str| {
        let time = chrono::NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_time(time).and_utc()
    };
    text.split_whitespace()
        .map(|range| {
            let (start, end) = range.split_once('/').unwrap();
            TimeRange::new(at(start), at(end)).unwrap()
        })
        .collect()
}

fn wish(range: TimeRange) -> Wish {
    Wish {
        range,
        recurrence_id: None,
        floating: false,
        all_day: false,
        active: !range.is_empty(),
        held: None,
        declined: false,
    }
}

fn rules(setup: i64, cleanup: i64) -> RoomRules {
    RoomRules {
        setup: TimeDelta::minutes(setup),
        cleanup: TimeDelta::minutes(cleanup),
        ..RoomRules::unrestricted(Zone::UTC, ranges("23:00/23:00")[0].end)
    }
}

fn taken(text: &str, rules: &RoomRules) -> Vec<Taken> {
    let blocked = |range| Taken { range: rules.blocked(range), held_until: None };
    ranges(text).into_iter().map(blocked).collect()
}

const YES: Asker =
    Asker { permission: Permission::Yes, manages: false, ignores_opening_hours: false };
static NOTHING: Used = Used { open_bookings: 0, times: Vec::new() };

/// May book, at six in the morning, all or nothing.
fn question<'a>(rules: &'a RoomRules, wishes: &'a [Wish], taken: &'a [Taken]) -> Question<'a> {
    Question {
        rules,
        asker: YES,
        used: &NOTHING,
        wishes,
        endless: false,
        taken,
        mode: Mode::Whole,
        people: 0,
        now: ranges("06:00/06:00")[0].start,
    }
}

fn ask(asked: &str, others: &str, setup: i64, cleanup: i64) -> String {
    let rules = rules(setup, cleanup);
    let wishes: Vec<Wish> = ranges(asked).into_iter().map(wish).collect();
    let taken = taken(others, &rules);
    let verdict = decide(&question(&rules, &wishes, &taken));
    match verdict.failed.as_slice() {
        [] => "accepted".to_owned(),
        reasons => reasons.iter().map(Reason::rule).collect::<Vec<_>>().join(" "),
    }
}

#[test]
fn a_taken_room_says_no() {
    let cases = [
        // asked                    taken already   set-up, clean-up  answer
        ("09:00/10:00", "", 0, 0, "accepted"),
        ("09:00/10:00", "09:30/11:00", 0, 0, "room-busy"),
        ("10:00/11:00", "09:00/10:00", 0, 0, "accepted"),
        ("08:00/09:00", "09:00/10:00", 0, 0, "accepted"),
        ("09:00/10:00", "09:00/10:00", 0, 0, "room-busy"),
        ("08:00/12:00", "09:00/10:00", 0, 0, "room-busy"),
        ("09:30/09:30", "09:00/10:00", 0, 0, "accepted"),
        ("10:00/11:00", "09:00/10:00", 0, 15, "room-busy"),
        ("10:15/11:00", "09:00/10:00", 0, 15, "accepted"),
        ("10:15/11:00", "09:00/10:00", 5, 15, "room-busy"),
        ("10:20/11:00", "09:00/10:00", 5, 15, "accepted"),
        ("07:00/08:00 09:00/10:00", "09:30/09:45", 0, 0, "room-busy"),
        ("07:00/08:00 07:30/08:30", "", 0, 0, "series-overlaps-itself"),
        ("07:00/08:00 08:00/09:00", "", 0, 0, "accepted"),
        ("07:00/08:00 08:00/09:00", "", 0, 10, "series-overlaps-itself"),
        ("22:00/23:30", "", 0, 0, "beyond-horizon"),
        ("22:00/23:30", "22:30/22:45", 0, 0, "beyond-horizon room-busy"),
        ("05:00/06:00", "05:00/06:00", 0, 0, "in-the-past"),
        ("05:00/06:00 09:00/10:00", "05:00/06:00", 0, 0, "accepted"),
    ];
    for (asked, taken, setup, cleanup, answer) in cases {
        assert_eq!(ask(asked, taken, setup, cleanup), answer, "{asked} against {taken}");
    }
}

#[test]
fn the_first_clash_of_a_series_is_named() {
    let rules = rules(0, 0);
    let wishes: Vec<Wish> =
        ranges("07:00/08:00 09:00/10:00 11:00/12:00").into_iter().map(wish).collect();
    let taken = taken("09:15/09:30 11:00/11:15", &rules);
    let verdict = decide(&question(&rules, &wishes, &taken));
    let clash =
        Reason::Taken { instance: wishes[1].range, count: 2, series: true, held_until: None };
    assert_eq!(verdict.failed, vec![clash]);
    assert_eq!(verdict.answer(), RoomAnswer::Declined, "a direct booking is all or nothing");
}

#[test]
fn an_invited_series_is_booked_but_for_few_clashes() {
    let wishes: Vec<Wish> =
        ranges("07:00/08:00 09:00/10:00 11:00/12:00 13:00/14:00").into_iter().map(wish).collect();
    let cases = [
        // taken by others          most  percent  answer
        ("", 8, 50, RoomAnswer::Accepted),
        ("09:15/09:30", 8, 50, RoomAnswer::Partly),
        ("09:15/09:30 11:00/11:15", 8, 50, RoomAnswer::Partly),
        ("09:15/09:30 11:00/11:15 13:00/14:00", 8, 50, RoomAnswer::Declined),
        ("09:15/09:30 11:00/11:15", 1, 50, RoomAnswer::Declined),
        ("09:15/09:30", 0, 0, RoomAnswer::Declined),
    ];
    for (others, conflicts_max, conflict_percent_max, answer) in cases {
        let rules = RoomRules { conflicts_max, conflict_percent_max, ..rules(0, 0) };
        let taken = taken(others, &rules);
        let asked = Question { mode: Mode::Each, ..question(&rules, &wishes, &taken) };
        let verdict = decide(&asked);
        assert_eq!(verdict.answer(), answer, "{others}, {conflicts_max}");
        let held = verdict.instances.iter().filter(|decided| decided.blocked.is_some());
        let free = if answer == RoomAnswer::Declined { 0 } else { 4 - taken.len() };
        assert_eq!(held.count(), free, "{others}, {conflicts_max}");
    }
}

#[test]
fn what_is_held_already_keeps_its_answer() {
    let mut rules = rules(0, 15);
    rules.out_of_service = true;
    let range = ranges("09:00/10:00")[0];
    let held = Some(Held { blocked: range, awaiting: false });
    let mut wishes = vec![Wish { held, ..wish(range) }];
    let ask = |wishes: &[Wish]| {
        let asker = Asker { permission: Permission::No, ..YES };
        decide(&Question { asker, now: range.start, ..question(&rules, wishes, &[]) })
    };
    let kept = ask(&wishes);
    assert_eq!(kept.instances[0].blocked, Some(range), "the buffer of the first decision stays");
    assert_eq!(kept.answer(), RoomAnswer::Accepted);
    wishes.push(wish(ranges("11:00/12:00")[0]));
    let asked = ask(&wishes);
    let failed = vec![Reason::OutOfService, Reason::NotPermitted];
    assert_eq!(asked.failed, failed, "a further instance is a new request");
    assert_eq!(asked.answer(), RoomAnswer::Partly);
}

#[test]
fn what_was_declined_stays_declined() {
    let rules = rules(0, 0);
    let wishes = [Wish { declined: true, ..wish(ranges("09:00/10:00")[0]) }];
    let verdict = decide(&question(&rules, &wishes, &[]));
    assert_eq!(verdict.answer(), RoomAnswer::Declined);
    assert_eq!(verdict.failed, vec![]);
}

#[test]
fn a_booking_that_needs_approval_is_held_until_then() {
    let rules = rules(0, 0);
    let wishes = [wish(ranges("09:00/10:00")[0])];
    let asker = Asker { permission: Permission::WithApproval, ..YES };
    let verdict = decide(&Question { asker, ..question(&rules, &wishes, &[]) });
    assert_eq!(verdict.answer(), RoomAnswer::Awaiting);
    assert_eq!(verdict.instances[0].blocked, Some(wishes[0].range));
}

#[test]
fn a_series_without_end_or_with_too_many_instances_is_refused() {
    let rules = rules(0, 0);
    let one = wish(ranges("09:00/09:00")[0]);
    let ask = |wishes: &[Wish], endless| {
        decide(&Question { endless, ..question(&rules, wishes, &[]) }).failed
    };
    assert_eq!(ask(std::slice::from_ref(&one), true), vec![Reason::SeriesEndless]);
    let busy = wish(ranges("09:00/10:00")[0]);
    let mut many = vec![one.clone(); INSTANCES_PER_BOOKING_MAX];
    many.push(busy);
    let count_max = INSTANCES_PER_BOOKING_MAX;
    assert_eq!(ask(&many, false), vec![Reason::SeriesTooLong { count_max }]);
}

/// A room in Berlin with these rules, asked on Monday 24 May 2027 at 10:00 there.
struct Berlin {
    rules: RoomRules,
    asker: Asker,
    used: Used,
    mode: Mode,
    endless: bool,
    people: usize,
}

impl Berlin {
    fn with(change: impl FnOnce(&mut RoomRules)) -> Berlin {
        let zone = Zone::iana("Europe/Berlin").unwrap();
        let mut rules = RoomRules::unrestricted(zone, berlin("2027-12-01 00:00"));
        change(&mut rules);
        Berlin {
            rules,
            asker: YES,
            used: Used::default(),
            mode: Mode::Whole,
            endless: false,
            people: 0,
        }
    }

    /// Open on weekdays from 08:00 to 16:00, closed on the holidays of North Rhine-Westphalia.
    fn open(rules: &mut RoomRules) {
        let mut hours: [Vec<Span>; 7] = Default::default();
        hours[..5].fill(vec![Span { from: 480, to: 960 }]);
        rules.opening.hours = Some(hours);
        rules.opening.federal_state = FederalState::by_code("DE-NW");
    }

    fn decide(&self, wishes: &[Wish], taken: &[Taken]) -> Verdict {
        decide(&Question {
            rules: &self.rules,
            asker: self.asker,
            used: &self.used,
            wishes,
            endless: self.endless,
            taken,
            mode: self.mode,
            people: self.people,
            now: berlin("2027-05-24 10:00"),
        })
    }

    /// The rules that fail, for `"2027-05-25 09:00 60"` (start and minutes) or `"2027-05-25"`
    /// (a whole day), several with commas.
    fn failed(&self, asked: &str) -> String {
        let verdict = self.decide(&asked.split(", ").map(berlin_wish).collect::<Vec<_>>(), &[]);
        verdict.failed.iter().map(Reason::rule).collect::<Vec<_>>().join(" ")
    }

    /// The answers: a letter for each instance.
    fn answers(&self, asked: &str, taken: &[Taken]) -> String {
        let wishes: Vec<Wish> = asked.split(", ").map(berlin_wish).collect();
        self.letters(&self.decide(&wishes, taken))
    }

    fn letters(&self, verdict: &Verdict) -> String {
        let letter = |decided: &Decided| match (decided.answer, decided.blocked.is_some()) {
            (Answer::Accepted, true) => 'A',
            (Answer::Awaiting, true) => 'W',
            (Answer::Declined, false) => 'D',
            (Answer::NotNeeded, false) => '-',
            other => panic!("{other:?}"),
        };
        verdict.instances.iter().map(letter).collect()
    }
}

fn berlin(text: &str) -> DateTime<Utc> {
    let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    Zone::iana("Europe/Berlin").unwrap().to_utc(local)
}

fn berlin_wish(text: &str) -> Wish {
    let parts: Vec<&str> = text.split(' ').collect();
    match parts[..] {
        [date, time, minutes] => {
            let start = berlin(&format!("{date} {time}"));
            let end = start + TimeDelta::minutes(minutes.parse().unwrap());
            wish(TimeRange::new(start, end).unwrap())
        }
        [date] => {
            let next = date.parse::<chrono::NaiveDate>().unwrap().succ_opt().unwrap();
            let range = (berlin(&format!("{date} 00:00")), berlin(&format!("{next} 00:00")));
            let range = TimeRange::new(range.0, range.1).unwrap();
            Wish { all_day: true, floating: true, ..wish(range) }
        }
        _ => panic!("{text}"),
    }
}

/// Four Tuesdays at nine.
const TUESDAYS: &str =
    "2027-05-25 09:00 60, 2027-06-01 09:00 60, 2027-06-08 09:00 60, 2027-06-15 09:00 60";

fn taken_at(starts: &[&str]) -> Vec<Taken> {
    let taken = |start: &&str| Taken {
        range: TimeRange::new(berlin(start), berlin(start) + TimeDelta::minutes(30)).unwrap(),
        held_until: None,
    };
    starts.iter().map(taken).collect()
}

#[test]
fn each_rule_of_time_and_size_is_kept() {
    let hour = TimeDelta::hours(1);
    type Change = fn(&mut RoomRules);
    let cases: &[(Change, &str, &str)] = &[
        (|_| {}, "2027-05-25 09:00 60", ""),
        (|_| {}, "2027-05-24 09:00 60", "in-the-past"),
        (|_| {}, "2027-05-24 09:30 60", ""),
        (|r| r.out_of_service = true, "2027-05-25 09:00 60", "room-out-of-service"),
        (|r| r.notice = TimeDelta::hours(2), "2027-05-24 11:59 60", "minimum-notice"),
        (|r| r.notice = TimeDelta::hours(2), "2027-05-24 12:00 60", ""),
        (|r| r.notice = TimeDelta::hours(2), "2027-05-24 09:30 60", "minimum-notice"),
        (|_| {}, "2027-11-30 23:00 60", ""),
        (|_| {}, "2027-11-30 23:01 60", "beyond-horizon"),
        (|r| r.minimum = Some(TimeDelta::minutes(30)), "2027-05-25 09:00 29", "too-short"),
        (|r| r.minimum = Some(TimeDelta::minutes(30)), "2027-05-25 09:00 30", ""),
        (|r| r.maximum = Some(TimeDelta::minutes(120)), "2027-05-25 09:00 121", "too-long"),
        (|r| r.maximum = Some(TimeDelta::minutes(120)), "2027-05-25 09:00 120", ""),
        (|r| r.maximum = Some(TimeDelta::minutes(120)), "2027-05-25", "too-long"),
        // The day on which clocks are put back has 25 hours.
        (|r| r.maximum = Some(TimeDelta::days(1)), "2027-10-31", ""),
        (|r| r.grid_minutes = Some(15), "2027-05-25 09:15 60", ""),
        (|r| r.grid_minutes = Some(15), "2027-05-25 09:10 60", "start-off-grid"),
        (|r| r.grid_minutes = Some(15), "2027-05-25", ""),
        (|r| r.all_day = false, "2027-05-25", "all-day-not-permitted"),
        (|r| r.all_day = false, "2027-05-25 00:00 1440", ""),
        (|r| r.recurring = false, "2027-05-25 09:00 60", ""),
        (
            |r| r.recurring = false,
            "2027-05-25 09:00 60, 2027-05-26 09:00 60",
            "series-not-permitted",
        ),
        (|r| r.instances_max = 1, "2027-05-25 09:00 60, 2027-05-26 09:00 60", "series-too-long"),
        (Berlin::open, "2027-05-25 08:00 480", ""),
        (Berlin::open, "2027-05-25 07:00 60", "outside-opening-hours"),
        (Berlin::open, "2027-05-25 15:30 60", "outside-opening-hours"),
        (Berlin::open, "2027-05-29 09:00 60", "outside-opening-hours"),
        (Berlin::open, "2027-05-25", ""),
        (Berlin::open, "2027-05-29", "outside-opening-hours"),
        (Berlin::open, "2027-05-27 09:00 60", "public-holiday"),
        (Berlin::open, "2027-05-27", "public-holiday"),
        (Berlin::open, "2027-11-01 09:00 60", "public-holiday"),
        (
            |r| {
                Berlin::open(r);
                (r.out_of_service, r.notice) = (true, TimeDelta::days(30));
                (r.maximum, r.grid_minutes) = (Some(TimeDelta::minutes(30)), Some(30));
            },
            "2027-05-27 07:10 61",
            "room-out-of-service minimum-notice too-long start-off-grid public-holiday",
        ),
    ];
    for (number, (change, asked, expected)) in cases.iter().enumerate() {
        assert_eq!(Berlin::with(change).failed(asked), *expected, "case {number}: {asked}");
    }
    let setup = Berlin::with(|rules| {
        Berlin::open(rules);
        (rules.setup, rules.cleanup) = (hour, hour);
    });
    assert_eq!(setup.failed("2027-05-25 08:00 480"), "", "buffers may lie outside the hours");
}

#[test]
fn closure_days_and_blackouts_close_a_room() {
    let closing = Berlin::with(|rules| {
        Berlin::open(rules);
        rules.opening.closure_days =
            vec![ClosureDay { day: Day::AfterEaster(59), reason: "Brückentag".to_owned() }];
        rules.opening.blackouts = vec![Blackout {
            start: "2027-05-28T10:00:00".parse().unwrap(),
            end: "2027-05-28T12:00:00".parse().unwrap(),
            reason: "Fenster".to_owned(),
        }];
    });
    let cases = [
        ("2027-05-26 09:00 60", "closure-day"),
        ("2027-05-28 09:00 60", ""),
        ("2027-05-28 09:30 60", "blackout"),
        ("2027-05-28 12:00 60", ""),
        ("2027-05-28", "blackout"),
        ("2027-05-28 07:00 600", "outside-opening-hours blackout"),
    ];
    for (asked, expected) in cases {
        assert_eq!(closing.failed(asked), expected, "{asked}");
    }
}

#[test]
fn seats_matter_where_they_are_counted() {
    for (seats_max, people, expected) in
        [(None, 99, ""), (Some(4), 4, ""), (Some(4), 5, "too-few-seats"), (Some(4), 0, "")]
    {
        let room = Berlin { people, ..Berlin::with(|rules| rules.seats_max = seats_max) };
        assert_eq!(room.failed("2027-05-25 09:00 60"), expected, "{people}");
    }
}

#[test]
fn one_person_books_no_more_than_the_quota() {
    let used = |open_bookings, times: &[&str]| Used {
        open_bookings,
        times: times.iter().map(|text| berlin_wish(text).range).collect(),
    };
    let two = ["2027-05-24 08:00 60", "2027-05-27 08:00 60"];
    let cases = [
        (Some(3), None, used(2, &[]), "2027-05-25 09:00 60", ""),
        (Some(3), None, used(3, &[]), "2027-05-25 09:00 60", "quota-bookings"),
        (None, Some(4), used(0, &two), "2027-05-25 09:00 120", ""),
        (None, Some(4), used(0, &two), "2027-05-25 09:00 121", "quota-hours"),
        (None, Some(4), used(0, &two), "2027-05-31 09:00 240", ""),
        (None, Some(4), used(0, &two), "2027-05-25 09:00 120, 2027-05-28 09:00 15", "quota-hours"),
    ];
    for (open_bookings_max, hours_per_week_max, used, asked, expected) in cases {
        let room = Berlin::with(|rules| {
            (rules.open_bookings_max, rules.hours_per_week_max) =
                (open_bookings_max, hours_per_week_max);
        });
        assert_eq!(Berlin { used, ..room }.failed(asked), expected, "{asked}");
    }
    let full =
        Berlin { used: used(3, &[]), ..Berlin::with(|rules| rules.open_bookings_max = Some(3)) };
    let kept = berlin_wish("2027-05-25 09:00 60");
    let kept = Wish { held: Some(Held { blocked: kept.range, awaiting: false }), ..kept };
    let longer = [kept, berlin_wish("2027-05-26 09:00 60")];
    assert_eq!(full.decide(&longer, &[]).failed, vec![], "a booking that is there already counts");
}

#[test]
fn who_manages_the_room_skips_what_may_be_skipped() {
    let strict = |asker| {
        let mut room = Berlin::with(|rules| {
            Berlin::open(rules);
            (rules.maximum, rules.notice) = (Some(TimeDelta::minutes(30)), TimeDelta::days(99));
            (rules.open_bookings_max, rules.recurring) = (Some(0), false);
        });
        room.asker = asker;
        room
    };
    let asked = "2027-05-25 07:00 60, 2027-05-25 09:00 60";
    let no = Asker { permission: Permission::No, ..YES };
    let manager = Asker { manages: true, ..no };
    let marked = Asker { ignores_opening_hours: true, ..manager };
    let cases = [
        (
            no,
            "booking-not-permitted minimum-notice too-long outside-opening-hours \
             series-not-permitted quota-bookings room-busy",
        ),
        (manager, "outside-opening-hours series-not-permitted room-busy"),
        (marked, "series-not-permitted room-busy"),
        (
            Asker { ignores_opening_hours: true, ..YES },
            "minimum-notice too-long outside-opening-hours series-not-permitted quota-bookings \
             room-busy",
        ),
    ];
    let taken = taken_at(&["2027-05-25 09:45"]);
    for (asker, expected) in cases {
        let wishes: Vec<Wish> = asked.split(", ").map(berlin_wish).collect();
        let verdict = strict(asker).decide(&wishes, &taken);
        let failed: Vec<&str> = verdict.failed.iter().map(Reason::rule).collect();
        assert_eq!(failed.join(" "), expected, "{asker:?}");
        assert_eq!(verdict.answer(), RoomAnswer::Declined);
    }
}

#[test]
fn a_hold_says_until_when_it_lasts() {
    let mut taken = taken_at(&["2027-05-25 09:15"]);
    taken[0].held_until = Some(berlin("2027-05-24 10:15"));
    let verdict = Berlin::with(|_| {}).decide(&[berlin_wish("2027-05-25 09:00 60")], &taken);
    assert_eq!(verdict.failed[0].rule(), "room-held");
}

#[test]
fn an_invited_series_loses_only_the_instances_that_can_not_be_had() {
    let holiday = "2027-05-25 09:00 60, 2027-05-26 09:00 60, 2027-05-27 09:00 60, \
                   2027-05-28 09:00 60";
    let each = |change: fn(&mut RoomRules)| Berlin { mode: Mode::Each, ..Berlin::with(change) };
    let open = each(Berlin::open);
    assert_eq!(open.answers(holiday, &[]), "AADA");
    assert_eq!(open.failed(holiday), "public-holiday");
    assert_eq!(open.answers(holiday, &taken_at(&["2027-05-26 09:00"])), "ADDA");
    assert_eq!(open.failed("2027-05-27 09:00 60"), "public-holiday");
    assert_eq!(open.answers("2027-05-27 09:00 60", &[]), "D");
    let both = taken_at(&["2027-05-26 09:00", "2027-05-28 09:00"]);
    assert_eq!(open.answers(holiday, &both), "DDDD", "more than half");
    let strict = each(|rules| {
        Berlin::open(rules);
        (rules.conflicts_max, rules.conflict_percent_max) = (0, 0);
    });
    assert_eq!(strict.answers(holiday, &[]), "DDDD", "all or nothing");
    assert_eq!(strict.answers(TUESDAYS, &[]), "AAAA");
    let whole = Berlin::with(Berlin::open);
    assert_eq!(whole.answers(holiday, &[]), "DDDD", "a direct booking is all or nothing");
    let begun = "2027-05-18 09:00 60, 2027-05-25 09:00 60, 2027-06-01 09:00 60";
    let over = taken_at(&["2027-05-18 09:00", "2027-06-01 09:00"]);
    assert_eq!(open.answers(begun, &over), "-AD", "what is over does not count");
    assert_eq!(each(|rules| rules.out_of_service = true).answers(TUESDAYS, &[]), "DDDD");
}

#[test]
fn a_series_beyond_the_horizon_is_refused_or_cut() {
    let soon: fn(&mut RoomRules) = |rules| rules.horizon = berlin("2027-06-05 00:00");
    let cutting: fn(&mut RoomRules) = |rules| {
        rules.horizon = berlin("2027-06-05 00:00");
        (rules.cut, rules.conflicts_max) = (true, 1);
    };
    let each = |change| Berlin { mode: Mode::Each, ..Berlin::with(change) };
    assert_eq!(each(soon).answers(TUESDAYS, &[]), "DDDD");
    assert_eq!(each(soon).failed(TUESDAYS), "beyond-horizon");
    assert_eq!(each(cutting).answers(TUESDAYS, &[]), "AADD");
    assert_eq!(each(cutting).failed(TUESDAYS), "beyond-horizon");
    let taken = taken_at(&["2027-06-01 09:00"]);
    assert_eq!(each(cutting).answers(TUESDAYS, &taken), "ADDD", "one of two is not too many");
    assert_eq!(each(cutting).answers("2027-06-08 09:00 60", &[]), "D");
    assert_eq!(Berlin::with(cutting).answers(TUESDAYS, &[]), "DDDD", "a direct booking is whole");
    let manager = Asker { manages: true, ..YES };
    assert_eq!(Berlin { asker: manager, ..each(soon) }.answers(TUESDAYS, &[]), "AAAA");
    assert_eq!(Berlin { asker: manager, ..each(cutting) }.answers(TUESDAYS, &[]), "AAAA");
}

#[test]
fn a_series_without_end_is_refused_or_rolls() {
    for mode in [Mode::Whole, Mode::Each] {
        let endless =
            |change: fn(&mut RoomRules)| Berlin { mode, endless: true, ..Berlin::with(change) };
        let refusing = endless(|rules| rules.horizon = berlin("2027-06-05 00:00"));
        assert_eq!(refusing.failed(TUESDAYS), "series-endless");
        assert_eq!(refusing.answers(TUESDAYS, &[]), "DDDD");
        let rolling = endless(|rules| {
            rules.horizon = berlin("2027-06-05 00:00");
            (rules.rolling, rules.instances_max) = (true, 3);
        });
        assert_eq!(rolling.answers(TUESDAYS, &[]), "AA--", "the rest is decided later");
        assert_eq!(rolling.failed(TUESDAYS), "");
    }
}

#[test]
fn an_invited_series_awaits_approval_where_it_can_be_had() {
    let room = Berlin {
        asker: Asker { permission: Permission::WithApproval, ..YES },
        mode: Mode::Each,
        ..Berlin::with(|_| {})
    };
    assert_eq!(room.answers(TUESDAYS, &taken_at(&["2027-06-08 09:00"])), "WWDW");
}

#[test]
fn what_takes_no_time_is_not_tested() {
    let room = Berlin::with(|rules| {
        Berlin::open(rules);
        rules.grid_minutes = Some(60);
    });
    let nothing = Wish { active: false, ..berlin_wish("2027-05-29 03:07 60") };
    let verdict = room.decide(&[nothing, berlin_wish("2027-05-29 03:07 0")], &[]);
    assert_eq!((room.letters(&verdict).as_str(), verdict.failed), ("--", vec![]));
    assert_eq!(room.decide(&[], &[]).answer(), RoomAnswer::Accepted);
}
