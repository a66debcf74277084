//! What is answered without a thread of its own, and for whom. That such an answer is the same
//! as any other is seen to wherever these tests ask anything.

use super::support::Town;
use bytes::Bytes;

fn get(town: &Town, authorization: &str, path: &str) -> Option<u16> {
    let request = http::Request::builder().uri(path).header("authorization", authorization);
    town.at_once(&request.body(Bytes::new()).unwrap()).map(|answer| answer.status)
}

#[test]
fn only_who_is_known_is_answered_at_once_and_nothing_is_written_for_it() {
    let town = Town::new();
    let right = town.authorization("soziales");
    let path = "/dav/calendars/soziales/kalender/1.ics";
    assert_eq!(get(&town, &right, path), None, "the calendar is still to be made");
    assert_eq!(get(&town, &right, path), None, "and was not made by asking");
    assert_eq!(town.send("soziales", &format!("GET {path}"), &[], "").status, 404);
    assert_eq!(get(&town, &right, path), Some(404));
    town.put_event("soziales", path, "1", "20260302T080000Z", "20260302T090000Z");
    assert_eq!(get(&town, &right, path), Some(200));
    assert_eq!(get(&town, &town.authorization("jugend"), path), Some(403));
    let wrong = format!("{}QQ==", right.trim_end_matches('='));
    for other in ["", "Basic ???", "Bearer abc", &wrong] {
        assert_eq!(get(&town, other, path), None, "{other}");
    }
}
