//! What answers say. They come from servers with different prefixes and foldings, so they are
//! read by what all have in common, without building trees: a listing of 100,000 is 20 MB.

use crate::Fallible;
use crate::client::Answer;
use chrono::{NaiveDateTime, TimeDelta};
use memchr::memmem;

/// Characters of a wrong answer that are shown.
const SHOWN_MAX: usize = 600;

/// Fails unless the status is this one.
pub fn must(answer: &Answer, status: u16) -> Fallible<()> {
    if answer.status == status {
        return Ok(());
    }
    let said: String = String::from_utf8_lossy(&answer.body).chars().take(SHOWN_MAX).collect();
    Err(format!("{} instead of {status}: {said}", answer.status).into())
}

/// How often a text stands in the body.
pub fn occurrences(answer: &Answer, text: &str) -> u64 {
    memmem::find_iter(&answer.body, text.as_bytes()).count() as u64
}

/// Calendar objects of a multistatus.
pub fn members(answer: &Answer) -> u64 {
    occurrences(answer, ".ics</")
}

/// The sync token of a multistatus.
pub fn token(answer: &Answer) -> Fallible<String> {
    let text = std::str::from_utf8(&answer.body)?;
    let value = text.split("sync-token>").nth(1).and_then(|rest| rest.split('<').next());
    match value.map(str::trim) {
        Some(token) if !token.is_empty() => Ok(token.to_owned()),
        _ => Err("there is no sync token".into()),
    }
}

/// The body with folded lines joined (RFC 5545 §3.1).
pub fn unfolded(answer: &Answer) -> Vec<u8> {
    let text = String::from_utf8_lossy(&answer.body);
    text.replace("\r\n ", "").replace("\n ", "").into_bytes()
}

/// How many hours are busy in a VFREEBUSY.
pub fn busy_hours(answer: &Answer) -> Fallible<f64> {
    let text = String::from_utf8(unfolded(answer))?;
    let mut busy = TimeDelta::zero();
    let lines = text.lines().filter(|line| line.starts_with("FREEBUSY"));
    for line in lines.filter(|line| !line.contains("FBTYPE=BUSY-")) {
        let (_, periods) = line.split_once(':').ok_or("FREEBUSY without a value")?;
        for period in periods.split(',') {
            let (start, end) = period.split_once('/').ok_or("no period")?;
            busy += match end.strip_prefix("PT") {
                Some(length) => duration(length)?,
                None => time(end)? - time(start)?,
            };
        }
    }
    Ok(busy.as_seconds_f64() / 3_600.0)
}

fn time(text: &str) -> Fallible<NaiveDateTime> {
    let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ");
    time.map_err(|_| format!("{text:?} is no time in UTC").into())
}

/// Hours and minutes such as `1H30M`.
fn duration(text: &str) -> Fallible<TimeDelta> {
    let wrong = || format!("PT{text} is no length");
    let (hours, minutes) = text.split_once('H').unwrap_or(("0", text));
    let minutes = minutes.strip_suffix('M').unwrap_or("0");
    let number = |text: &str| text.parse::<i64>().map_err(|_| wrong());
    Ok(TimeDelta::hours(number(hours)?) + TimeDelta::minutes(number(minutes)?))
}
