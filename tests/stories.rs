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
    a_declined_copy_is_seen_by_who_asked_alone,
    a_direct_booking_is_refused_when_the_room_is_taken,
    a_manager_moves_what_they_do_not_see,
    a_moved_meeting_asks_the_room_again,
    a_pool_books_one_of_its_rooms,
    a_pool_leaves_a_meeting_its_room,
    a_room_added_later_to_a_running_series_is_asked,
    a_room_answers_after_the_time_zone_changes,
    a_room_that_comes_to_some_dates_only,
    a_room_that_needs_approval_is_held_until_somebody_approves,
    a_series_ends_earlier_than_its_declined_dates,
    a_series_is_booked_but_for_few_dates,
    a_series_that_changes_keeps_its_answers,
    a_series_that_clashes_too_often_is_declined,
    a_series_that_overlaps_itself_or_never_ends_is_declined,
    a_site_keeps_the_room_until_the_other_accepts,
    all_or_nothing_of_a_series,
    an_all_day_event_takes_the_day_of_the_room,
    an_answer_made_by_hand_survives,
    an_invitation_thrown_away_without_a_reply,
    an_invited_room_answers_in_the_same_request,
    an_organizer_asks_the_room_once_more,
    another_room_instead,
    approval_of_a_series,
    approval_of_what_changes_meanwhile,
    attendees_have_no_say_over_the_room,
    colleagues_are_invited_and_answer,
    from_some_date_on_at_another_time,
    how_a_meeting_is_marked_does_not_matter_to_a_room,
    nobody_crashes_the_party,
    nothing_is_laid_over_the_copy_of_a_meeting,
    one_date_is_turned_down_by_hand,
    ones_own_hold_makes_way,
    opening_hours_hold_for_every_way_in,
    people_are_invited_and_answer,
    requests_written_straight_into_a_room,
    set_up_and_clean_up_keep_others_away,
    the_order_of_versions_never_falls,
    the_room_of_another_organizer_is_never_taken_over,
    two_meetings_change_rooms,
    two_pools_and_a_room_in_one_meeting,
    what_others_see_of_an_invited_room,
    who_may_no_longer_book_keeps_what_is_booked,
}
