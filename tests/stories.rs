//! The stories of `fixtures/itip`: who invites whom, what rooms answer, and what everybody sees.

#![allow(clippy::unwrap_used)] // What cannot be read has failed.

mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;
use support::story;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/itip")
}

/// One test for each story, named like it.
macro_rules! stories {
    ($($test:ident,)*) => {
        $(
            #[test]
            fn $test() {
                story::run(&folder().join(concat!(stringify!($test), ".txt")));
            }
        )*

        #[test]
        fn no_story_is_forgotten() {
            let told = BTreeSet::from([$(format!("{}.txt", stringify!($test))),*]);
            let there: BTreeSet<String> = std::fs::read_dir(folder())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            assert_eq!(told, there);
        }
    };
}

stories! {
    a_direct_booking_is_refused_when_the_room_is_taken,
}
