//! Calendar objects made up from decisions: well-formed nearly always, sensible less often, at
//! the dates where calendars are difficult.

use super::dice::Dice;

/// Places a time is written in.
#[derive(Clone, Copy, PartialEq)]
pub enum Clock {
    /// `20260302T080000Z`
    Utc,
    /// `20260302T080000`
    Floating,
    /// `VALUE=DATE:20260302`
    Date,
    /// `TZID=…:20260302T080000`
    Zone(&'static str),
}

const CLOCKS: [Clock; 8] = [
    Clock::Utc,
    Clock::Zone("Europe/Berlin"),
    Clock::Date,
    Clock::Floating,
    Clock::Zone("Own"),
    Clock::Zone("Pacific/Apia"),
    Clock::Zone("America/New_York"),
    Clock::Zone("W. Europe Standard Time"),
];

/// A zone that only the object knows, with rules that change twice a year.
const OWN_ZONE: &str = "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0230\r\nTZOFFSETTO:+0130\r\n\
    END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0130\r\nTZOFFSETTO:+0230\r\n\
    END:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

/// Days on which something happens.
const DAYS: [&str; 16] = [
    "20260302", "20260329", "20261025", "20261123", "20241231", "20240229", "20260131", "20261124",
    "20111229", "20111231", "19700101", "00010101", "99991231", "20250101", "20261228", "20260328",
];

const TIMES: [&str; 10] = [
    "090000", "023000", "000000", "235959", "013000", "100000", "030000", "120000", "235960",
    "080000",
];

const DURATIONS: [&str; 12] = [
    "PT1H", "P1D", "PT0S", "P1W", "PT25H", "P10000D", "PT1S", "P1DT2H", "PT36H", "P30D", "-PT1H",
    "PT90M",
];

/// A day and a time of day.
#[derive(Clone, Copy)]
pub struct When {
    day: &'static str,
    shift: u16,
    time: &'static str,
}

impl When {
    fn of(dice: &mut Dice<'_>) -> When {
        When { day: dice.pick(&DAYS), shift: 0, time: dice.pick(&TIMES) }
    }

    fn near(self, dice: &mut Dice<'_>) -> When {
        let time = if dice.one_in(4) { dice.pick(&TIMES) } else { self.time };
        When { shift: dice.pick(&[1, 2, 7, 0, 14, 31, 365, 28]), time, ..self }
    }

    fn text(self, clock: Clock) -> String {
        let day = chrono::NaiveDate::parse_from_str(self.day, "%Y%m%d").unwrap();
        let day = day + chrono::Days::new(u64::from(self.shift));
        let day = day.format("%Y%m%d");
        match clock {
            Clock::Date => day.to_string(),
            Clock::Utc => format!("{day}T{}Z", self.time),
            Clock::Floating | Clock::Zone(_) => format!("{day}T{}", self.time),
        }
    }
}

fn line(name: &str, clock: Clock, value: &str) -> String {
    let parameter = match clock {
        Clock::Date => ";VALUE=DATE".to_owned(),
        Clock::Zone(tzid) => format!(";TZID={tzid}"),
        Clock::Utc | Clock::Floating => String::new(),
    };
    format!("{name}{parameter}:{value}\r\n")
}

/// A recurrence rule.
pub fn rule(dice: &mut Dice<'_>) -> String {
    let frequency = dice.pick(&["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "SECONDLY"]);
    let mut rule = format!("FREQ={frequency}");
    let mut add = |name: &str, value: &str| rule.push_str(&format!(";{name}={value}"));
    match dice.below(4) {
        0 => add("COUNT", dice.pick(&["3", "1", "30", "1000", "10000", "2", "100"])),
        1 => add("UNTIL", &format!("{}T{}Z", dice.pick(&DAYS), dice.pick(&TIMES))),
        2 => add("UNTIL", dice.pick(&DAYS)),
        _ => {}
    }
    if dice.one_in(3) {
        add("INTERVAL", dice.pick(&["2", "3", "1", "7", "12", "100", "10000", "25"]));
    }
    for _ in 0..dice.below(4) {
        match dice.below(9) {
            0 => add("BYDAY", dice.pick(&["MO,WE", "SU", "-1SU", "1MO,3TU", "5FR", "53MO", "MO"])),
            1 => add("BYMONTHDAY", dice.pick(&["1", "31", "-1", "29", "1,15,-3", "30"])),
            2 => add("BYMONTH", dice.pick(&["2", "1,7", "12", "3,10", "2,4,6,9,11"])),
            3 => add("BYSETPOS", dice.pick(&["1", "-1", "2,-2", "366", "-366"])),
            4 => add("BYHOUR", dice.pick(&["2", "9,10", "0,12,23", "3"])),
            5 => add("BYMINUTE", dice.pick(&["0", "15,45", "30", "59"])),
            6 => add("BYYEARDAY", dice.pick(&["1", "366", "-1", "100,200", "-366"])),
            7 => add("BYWEEKNO", dice.pick(&["1", "53", "-1", "20,30"])),
            _ => add("WKST", dice.pick(&["SU", "MO", "TH"])),
        }
    }
    rule
}

fn dates(dice: &mut Dice<'_>, start: When, clock: Clock) -> String {
    let count = 1 + dice.below(4);
    let all: Vec<String> = (0..count).map(|_| start.near(dice).text(clock)).collect();
    all.join(",")
}

fn length(dice: &mut Dice<'_>, start: When, clock: Clock, end: &str) -> String {
    match dice.below(4) {
        0 => line(end, clock, &start.near(dice).text(clock)),
        1 | 2 => format!("DURATION:{}\r\n", dice.pick(&DURATIONS)),
        _ => String::new(),
    }
}

/// A whole object with this UID; `more` goes into every component of it.
pub fn object(dice: &mut Dice<'_>, uid: &str, more: &str) -> String {
    let kind = match dice.below(12) {
        0 => "VTODO",
        1 => "VJOURNAL",
        _ => "VEVENT",
    };
    let end = if kind == "VTODO" { "DUE" } else { "DTEND" };
    let (clock, start) = (dice.pick(&CLOCKS), When::of(dice));
    let mut master = line("DTSTART", clock, &start.text(clock));
    if kind != "VJOURNAL" {
        master.push_str(&length(dice, start, clock, end));
    }
    for _ in 0..dice.pick(&[1, 0, 2]) {
        master.push_str(&format!("RRULE:{}\r\n", rule(dice)));
    }
    for _ in 0..dice.pick(&[0, 1, 2]) {
        let name = dice.pick(&["EXDATE", "RDATE"]);
        let clock = if dice.one_in(5) { dice.pick(&CLOCKS) } else { clock };
        master.push_str(&line(name, clock, &dates(dice, start, clock)));
    }
    if dice.one_in(6) {
        let period = format!("{}/{}", start.near(dice).text(Clock::Utc), dice.pick(&DURATIONS));
        master.push_str(&format!("RDATE;VALUE=PERIOD:{period}\r\n"));
    }
    let mut components = vec![master];
    for _ in 0..dice.pick(&[0, 0, 1, 2]) {
        components.push(single(dice, start, clock, end));
    }
    let mut out = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Fuzz//EN\r\n");
    out.push_str(OWN_ZONE);
    for component in components {
        let status = dice.pick(&["", "", "STATUS:CANCELLED\r\n", "TRANSP:TRANSPARENT\r\n"]);
        out.push_str(&format!(
            "BEGIN:{kind}\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{component}{status}{more}\
             END:{kind}\r\n"
        ));
    }
    out.push_str("END:VCALENDAR\r\n");
    out
}

/// One date of a series, moved.
fn single(dice: &mut Dice<'_>, start: When, clock: Clock, end: &str) -> String {
    let original = start.near(dice);
    let original = if dice.one_in(4) { original } else { When { time: start.time, ..original } };
    let name = if dice.one_in(3) { "RECURRENCE-ID;RANGE=THISANDFUTURE" } else { "RECURRENCE-ID" };
    let mut text = line(name, clock, &original.text(clock));
    let moved_clock = if dice.one_in(5) { dice.pick(&CLOCKS) } else { clock };
    let moved = if dice.one_in(2) { original.near(dice) } else { original };
    text.push_str(&line("DTSTART", moved_clock, &moved.text(moved_clock)));
    text.push_str(&length(dice, moved, moved_clock, end));
    text
}
