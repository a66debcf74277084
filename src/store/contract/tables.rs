//! Small tables.

use super::*;

fn put(table: &'static str, key: &[u8], value: Option<&[u8]>) -> Operation {
    Operation::Put { table, key: key.to_vec(), value: value.map(<[u8]>::to_vec) }
}

pub(crate) fn a_table_keeps_bytes_under_bytes(make: Make<'_>) {
    let store = make();
    let keys: [&[u8]; 7] = [b"", b"\0", b"a", b"a\0b", b"ab", b"b", b"\xff\xff"];
    done(&*store, keys.iter().rev().map(|key| put("t", key, Some(key))).collect());
    done(&*store, vec![put("tt", b"a", Some(b"other")), put("s", b"z", Some(b"other"))]);
    let page = |prefix: &[u8], after: Option<&[u8]>, count_max| -> Vec<Vec<u8>> {
        let rows = store.table("t", prefix, after, count_max).unwrap();
        assert!(rows.iter().all(|(key, value)| key == value));
        rows.into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(page(b"", None, 100), keys);
    assert_eq!(page(b"a", None, 100), [b"a".as_slice(), b"a\0b", b"ab"]);
    assert_eq!(page(b"a", Some(b"a"), 1), [b"a\0b".as_slice()]);
    assert_eq!(page(b"a", Some(b"\0"), 1), [b"a".as_slice()]);
    assert_eq!(page(b"a", Some(b"b"), 9), [b""; 0]);
    assert_eq!(page(b"", Some(b"b"), 9), [b"\xff\xff".as_slice()]);
    assert_eq!(page(b"\xff", None, 9), [b"\xff\xff".as_slice()]);
    assert_eq!(page(b"", None, 0), [b""; 0]);
    assert_eq!(store.table("nothing", b"", None, 9).unwrap(), vec![]);
    // Set again, removed, removed again.
    done(&*store, vec![put("t", b"a", Some(b"new")), put("t", b"b", None), put("t", b"no", None)]);
    let rows = store.table("t", b"a", None, 1).unwrap();
    assert_eq!(rows, vec![(b"a".to_vec(), b"new".to_vec())]);
    assert_eq!(store.table("t", b"b", None, 9).unwrap(), vec![]);
    let last = vec![put("t", b"x", Some(b"1")), put("t", b"x", None), put("t", b"x", Some(b"2"))];
    done(&*store, last);
    assert_eq!(store.table("t", b"x", None, 9).unwrap()[0].1, b"2");
}

pub(crate) fn a_table_numbers_what_is_appended(make: Make<'_>) {
    let store = make();
    let append = |value: &[u8]| Operation::Append { table: "log", value: value.to_vec() };
    let number = |n: u64| n.to_be_bytes().to_vec();
    done(&*store, vec![append(b"a"), append(b"b")]);
    done(&*store, vec![append(b"c")]);
    let rows = |after: Option<&[u8]>| store.table("log", b"", after, 100).unwrap();
    let all = [(number(1), b"a".to_vec()), (number(2), b"b".to_vec()), (number(3), b"c".to_vec())];
    assert_eq!(rows(None), all);
    assert_eq!(rows(Some(&2_u64.to_be_bytes())), all[2..]);
    // The last one goes: its number does not come back. One that is taken is left alone.
    done(&*store, vec![put("log", &number(3), None), put("log", &number(4), Some(b"x"))]);
    done(&*store, vec![append(b"d")]);
    let keys: Vec<Vec<u8>> = rows(None).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, [number(1), number(2), number(4), number(5)]);
    done(&*store, vec![Operation::Append { table: "other", value: vec![] }]);
    assert_eq!(store.table("other", b"", None, 9).unwrap()[0].0, number(1));
}
