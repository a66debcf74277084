//! The conversations of `fixtures/conversations`, folder by folder.

#![allow(clippy::unwrap_used)] // What cannot be read has failed.

mod support;

use std::collections::BTreeSet;
use std::fs;
use support::conversation;

/// One test for each folder, named like it.
macro_rules! folders {
    ($($test:ident: $folder:literal,)*) => {
        $(
            #[test]
            fn $test() {
                conversation::run_folder($folder);
            }
        )*

        #[test]
        fn no_folder_is_forgotten() {
            let tested = BTreeSet::from([$($folder.to_owned()),*]);
            let there: BTreeSet<String> = fs::read_dir(conversation::root())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            assert_eq!(tested, there);
        }
    };
}

folders! {
    rfc3253_reports_on_versions: "rfc3253",
    rfc3744_access_control: "rfc3744",
    rfc4791_caldav: "rfc4791",
    rfc4918_webdav: "rfc4918",
    rfc5397_who_am_i: "rfc5397",
    rfc5689_extended_mkcol: "rfc5689",
    rfc6578_sync: "rfc6578",
    rfc6638_scheduling: "rfc6638",
    rfc6764_discovery: "rfc6764",
    rfc7809_time_zones_by_reference: "rfc7809",
    rfc7953_availability: "rfc7953",
    rfc8144_preferences: "rfc8144",
    rooms_answer: "rooms",
    clients_as_seen: "clients",
}
