//! Dated rows: finding them, and refusing those of a room that overlap.

use super::*;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

fn names(store: &dyn Store, id: CollectionId, start: i64, end: i64) -> Vec<String> {
    let rows = store.rows(id, range(start, end), None).unwrap();
    rows.into_iter().map(|dated| dated.name).collect()
}

pub(crate) fn rows_are_found_by_the_time_they_touch(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let buffered = Row { blocked: range(DAY - 30, DAY + 90), ..busy(DAY, DAY + HOUR) };
    let objects = [
        ("hour", vec![busy(0, HOUR)]),
        ("twice", vec![busy(10, 20), busy(3 * DAY, 3 * DAY + 10)]),
        ("moment", vec![row(Kind::Free, 30, 30)]),
        ("buffered", vec![buffered]),
        ("week", vec![busy(-DAY, 6 * DAY)]),
        ("month", vec![busy(-40 * DAY, -9 * DAY)]),
        ("season", vec![row(Kind::Unavailable, -200 * DAY, -100 * DAY)]),
        ("years", vec![row(Kind::Continues, 300 * DAY, 3_000 * DAY)]),
        ("endless", vec![Row { range: TimeRange::ALWAYS, ..row(Kind::Free, 0, 0) }]),
    ];
    for (name, rows) in objects {
        done(&*store, vec![write(id, Write { rows, ..event(name, &[]) })]);
    }
    let cases: [(&str, i64, i64, &[&str]); 14] = [
        ("all of it, by start", -1, HOUR, &["endless", "week", "hour", "twice", "moment"]),
        ("the end is exclusive", HOUR, HOUR + 1, &["endless", "week"]),
        ("the start is inclusive", 30, 31, &["endless", "week", "hour", "moment"]),
        ("a moment at the end is outside", 29, 30, &["endless", "week", "hour"]),
        ("nothing overlaps an empty range", 30, 30, &[]),
        ("set-up counts", DAY - 30, DAY - 29, &["endless", "week", "buffered"]),
        ("but not earlier", DAY - 31, DAY - 30, &["endless", "week"]),
        ("clean-up counts", DAY + 89, DAY + 90, &["endless", "week", "buffered"]),
        ("but not later", DAY + 90, DAY + 91, &["endless", "week"]),
        ("the second of two", 3 * DAY + 5, 3 * DAY + 6, &["endless", "week", "twice"]),
        ("the last day of a month", -9 * DAY - 1, -9 * DAY, &["endless", "month"]),
        ("the last minute of a season", -100 * DAY - 1, -100 * DAY, &["endless", "season"]),
        ("years later", 2_000 * DAY, 2_000 * DAY + 1, &["endless", "years"]),
        ("long ago", -9_000 * DAY, -8_000 * DAY, &["endless"]),
    ];
    for (case, start, end, expected) in cases {
        assert_eq!(names(&*store, id, start, end), expected, "{case}");
    }
    let all = store.rows(id, TimeRange::ALWAYS, None).unwrap();
    assert_eq!(all.len(), 10);
    assert!(all.is_sorted_by_key(|dated| dated.row.range.start));
}

pub(crate) fn rows_of_one_object_are_found_by_its_name(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let full = Row {
        floating: true,
        recurrence_id: Some(at(7)),
        blocked: range(5, 25),
        ..row(Kind::Tentative, 10, 20)
    };
    let rows = vec![busy(30, 40), full.clone(), busy(30, 35)];
    done(
        &*store,
        vec![write(id, Write { rows, ..event("a", &[]) }), write(id, event("ab", &[(0, 99)]))],
    );
    let found = store.rows(id, range(0, 30), Some("a")).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), &found[0].row), ("a", &full));
    let ends = |name| -> Vec<DateTime<Utc>> {
        let found = store.rows(id, range(26, 99), name).unwrap();
        found.iter().filter(|dated| dated.name == "a").map(|dated| dated.row.range.end).collect()
    };
    // Where starts are equal, in the order given.
    assert_eq!(ends(Some("a")), [at(40), at(35)]);
    assert_eq!(ends(None), [at(40), at(35)]);
    assert_eq!(store.rows(id, range(0, 99), Some("nothing")).unwrap(), vec![]);
}

pub(crate) fn rows_are_replaced_with_their_object(make: Make<'_>) {
    let store = make();
    let id = room(&*store);
    let many: Vec<(i64, i64)> = (0..500).map(|n| (n * DAY, n * DAY + HOUR)).collect();
    done(&*store, vec![write(id, event("a", &many))]);
    assert_eq!(names(&*store, id, 0, 1_000 * DAY).len(), 500);
    done(&*store, vec![write(id, event("a", &many[..3]))]);
    assert_eq!(names(&*store, id, 0, 1_000 * DAY).len(), 3);
    done(&*store, vec![write(id, event("a", &[(90, 100)])), remove(id, "a")]);
    assert_eq!(names(&*store, id, 0, 1_000 * DAY), [""; 0]);
    done(&*store, vec![write(id, event("b", &many))]);
}

pub(crate) fn rows_move_without_a_revision(make: Make<'_>) {
    let store = make();
    let id = room(&*store);
    let made = done(&*store, vec![write(id, event("a", &[(0, 10)])), write(id, event("b", &[]))]);
    let before = store.headers(id, None, 10).unwrap();
    let rows = |name: &str, rows| Operation::Rows(id, name.to_owned(), rows);
    done(&*store, vec![rows("a", vec![busy(20, 30), busy(40, 50)])]);
    assert_eq!(names(&*store, id, 0, 100), ["a", "a"]);
    assert_eq!(store.headers(id, None, 10).unwrap(), before);
    assert_eq!(revision_of(&*store, id), made);
    assert_eq!(store.changes(id, made, 10).unwrap().list, vec![]);
    let refused = commit(&*store, vec![rows("b", vec![busy(45, 46)])]);
    assert_eq!(refused, Err(Error::Clash { collection: id, range: range(45, 46) }));
    assert_eq!(names(&*store, id, 0, 100), ["a", "a"]);
}

pub(crate) fn blocking_rows_of_a_room_exclude_each_other(make: Make<'_>) {
    let buffered = |blocked| Row { blocked, ..busy(200, 210) };
    let taken = [
        busy(100, 160),
        row(Kind::Tentative, 300, 360),
        row(Kind::Unavailable, -100 * DAY, -50 * DAY),
        row(Kind::Free, 500, 560),
        row(Kind::Continues, 600, 9_000 * DAY),
        Row { blocked: range(1_170, 1_290), ..busy(1_200, 1_260) },
    ];
    let cases = [
        ("the neighbour before", busy(40, 100), None),
        ("the neighbour after", busy(160, 200), None),
        ("a minute too long", busy(40, 101), Some(range(100, 101))),
        ("a minute too early", busy(159, 200), Some(range(159, 160))),
        ("inside", busy(110, 120), Some(range(110, 120))),
        ("around", busy(90, 170), Some(range(100, 160))),
        ("no length", busy(120, 120), None),
        ("free", row(Kind::Free, 110, 120), None),
        ("continues", row(Kind::Continues, 110, 120), None),
        ("tentative over busy", row(Kind::Tentative, 110, 120), Some(range(110, 120))),
        ("busy over tentative", busy(310, 320), Some(range(310, 320))),
        (
            "closed for a season",
            busy(-51 * DAY, -51 * DAY + 5),
            Some(range(-51 * DAY, -51 * DAY + 5)),
        ),
        ("over free", busy(510, 520), None),
        ("over what continues", busy(700, 720), None),
        ("set-up over busy", buffered(range(159, 210)), Some(range(159, 160))),
        ("set-up next to busy", buffered(range(160, 210)), None),
        ("over clean-up", busy(1_289, 1_300), Some(range(1_289, 1_290))),
        ("after clean-up", busy(1_290, 1_300), None),
        ("a whole year", busy(-200 * DAY, 200 * DAY), Some(range(-100 * DAY, -50 * DAY))),
    ];
    for (case, wanted, expected) in cases {
        let store = make();
        let (id, plain) = (room(&*store), calendar(&*store));
        let wanted = Write { rows: vec![wanted], ..event("wanted", &[]) };
        for id in [id, plain] {
            let taken = taken.iter().enumerate().map(|(n, row)| {
                write(id, Write { rows: vec![row.clone()], ..event(&format!("taken {n}"), &[]) })
            });
            done(&*store, taken.collect());
        }
        let result = commit(&*store, vec![write(id, wanted.clone())]);
        match (expected, result) {
            (None, result) => assert!(result.is_ok(), "{case}: {result:?}"),
            (Some(_), Err(Error::Clash { collection, range })) => {
                assert_eq!(collection, id, "{case}");
                // Where several are in the way, any of them may be named.
                assert!(case == "a whole year" || Some(range) == expected, "{case}: {range:?}");
            }
            (Some(_), result) => panic!("{case}: {result:?}"),
        }
        let result = commit(&*store, vec![write(plain, wanted)]);
        assert!(result.is_ok(), "{case}, but not in a room: {result:?}");
    }
}

pub(crate) fn a_batch_does_not_clash_with_what_it_frees(make: Make<'_>) {
    let store = make();
    let id = room(&*store);
    done(&*store, vec![write(id, event("a", &[(0, 60)])), write(id, event("b", &[(60, 120)]))]);
    // The same again, a little longer, and a little shorter.
    done(&*store, vec![write(id, event("a", &[(0, 60)]))]);
    done(&*store, vec![write(id, event("a", &[(-10, 50)]))]);
    // Two change places, in either order.
    done(&*store, vec![write(id, event("a", &[(60, 120)])), write(id, event("b", &[(-10, 50)]))]);
    // One goes, another comes: before and after it.
    done(&*store, vec![write(id, event("c", &[(60, 90)])), remove(id, "a")]);
    done(&*store, vec![remove(id, "c"), write(id, event("d", &[(70, 100)]))]);
    // Rows that are moved away make room as well.
    let away = Operation::Rows(id, "d".to_owned(), vec![busy(200, 210)]);
    done(&*store, vec![write(id, event("e", &[(70, 100)])), away]);
    // Written and taken back in one batch: never there.
    done(&*store, vec![write(id, event("f", &[(70, 100)])), remove(id, "f")]);
    done(&*store, vec![write(id, event("g", &[(70, 100)])), write(id, event("g", &[(100, 110)]))]);
    assert_eq!(names(&*store, id, -100, 300), ["b", "e", "g", "d"]);
}

pub(crate) fn rows_of_one_batch_clash_with_each_other(make: Make<'_>) {
    let store = make();
    let id = room(&*store);
    let clashes = |operations| {
        let refused = commit(&*store, operations);
        assert!(matches!(refused, Err(Error::Clash { .. })), "{refused:?}");
        assert_eq!(store.headers(id, None, 9).unwrap(), vec![]);
    };
    clashes(vec![write(id, event("a", &[(0, 60)])), write(id, event("b", &[(59, 120)]))]);
    clashes(vec![write(id, event("a", &[(0, 60), (100, 160), (59, 70)]))]);
    clashes(vec![
        write(id, event("a", &[(0, 40 * DAY)])),
        write(id, event("b", &[(30 * DAY, 30 * DAY + 1)])),
    ]);
    done(
        &*store,
        vec![write(id, event("a", &[(0, 60), (60, 120)])), write(id, event("b", &[(120, 130)]))],
    );
}
