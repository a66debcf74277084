use super::*;
use chrono::NaiveDateTime;

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M").unwrap()
}

fn starts(rule: &str, dtstart: &str, count: usize) -> Vec<String> {
    let rule = Rule::parse(rule).unwrap();
    rule.starts(at(dtstart), NaiveDateTime::MIN, NaiveDateTime::MAX)
        .take(count)
        .map(|start| start.format("%Y%m%dT%H%M").to_string())
        .collect()
}

#[test]
fn smoke() {
    assert_eq!(
        starts("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "20260130T0900", 9),
        ["20260130T0900", "20260227T0900", "20260327T0900"]
    );
}
