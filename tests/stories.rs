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
    a_cancelled_meeting_frees_the_room,
    a_client_that_answers_for_the_room_is_not_believed,
    a_direct_booking_is_refused_when_the_room_is_taken,
    a_moved_meeting_asks_the_room_again,
    a_pool_books_one_of_its_rooms,
    a_room_added_later_to_a_running_series_is_asked,
    a_room_answers_after_the_time_zone_changes,
    a_room_that_needs_approval_is_held_until_somebody_approves,
    a_series_is_booked_but_for_few_dates,
    a_series_that_clashes_too_often_is_declined,
    a_series_that_overlaps_itself_or_never_ends_is_declined,
    an_all_day_event_takes_the_day_of_the_room,
    an_answer_made_by_hand_survives,
    an_invited_room_answers_in_the_same_request,
    an_invitation_thrown_away_without_a_reply,
    another_room_instead,
    colleagues_are_invited_and_answer,
    nobody_crashes_the_party,
    opening_hours_hold_for_every_way_in,
    people_are_invited_and_answer,
    the_room_of_another_organizer_is_never_taken_over,
}
