//! What every backend must do, as tests that run on any [`Store`].
//!
//! A backend calls `contract_tests!` in its own tests with a function that makes an empty
//! store.

mod changes;
mod objects;
mod races;
mod random;
mod rows;
mod tables;

pub(crate) use changes::*;
pub(crate) use objects::*;
pub(crate) use races::*;
pub(crate) use random::*;
pub(crate) use rows::*;
pub(crate) use tables::*;

use super::{Batch, CollectionId, Error, Expect, Kind, Operation, Revision, Row, Store, Write};
use crate::time_range::TimeRange;
use chrono::{DateTime, Utc};

/// Makes an empty store.
pub(crate) type Make<'a> = &'a dyn Fn() -> Box<dyn Store>;

/// One test for each function of the suite.
macro_rules! contract_tests {
    ($make:expr) => {
        crate::store::contract::contract_tests! { $make =>
            a_collection_is_made_listed_and_removed
            names_of_collections_are_unique_to_their_owner
            a_removed_collection_is_out_of_reach_and_its_number_is_never_given_again
            an_object_is_written_read_and_removed
            bodies_of_every_length_come_back
            a_uid_belongs_to_one_object_of_a_collection
            headers_come_in_pages
            a_touch_moves_the_revision_and_nothing_else
            only_a_consequential_write_moves_the_schedule_revision
            names_have_a_greatest_length
            what_was_expected_must_hold
            a_batch_happens_whole_or_not_at_all
            each_commit_takes_the_next_revision
            rows_are_found_by_the_time_they_touch
            rows_of_one_object_are_found_by_its_name
            rows_are_replaced_with_their_object
            rows_move_without_a_revision
            blocking_rows_of_a_room_exclude_each_other
            a_batch_does_not_clash_with_what_it_frees
            rows_of_one_batch_clash_with_each_other
            the_log_has_one_entry_for_each_name
            the_log_comes_in_pages_that_never_cut_a_commit
            the_first_reading_of_a_log_lists_what_is_there
            a_log_knows_its_own_revisions_only
            a_touch_of_what_is_not_there_logs_a_deletion
            a_table_keeps_bytes_under_bytes
            a_table_numbers_what_is_appended
            one_slot_goes_to_one_of_many_hands
            one_slot_of_a_room_goes_to_one_of_many_hands
            listings_are_never_torn
            random_batches_do_what_they_do_in_memory
        }
    };
    ($make:expr => $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                crate::store::contract::$name(&$make);
            }
        )*
    };
}
pub(crate) use contract_tests;

/// So many minutes after the start of 2026-03-02.
pub(crate) fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_409_600 + minute * 60, 0).unwrap()
}

pub(crate) fn range(start: i64, end: i64) -> TimeRange {
    TimeRange { start: at(start), end: at(end) }
}

pub(crate) fn row(kind: Kind, start: i64, end: i64) -> Row {
    let range = range(start, end);
    Row { range, blocked: range, kind, floating: false, recurrence_id: None }
}

pub(crate) fn busy(start: i64, end: i64) -> Row {
    row(Kind::Busy, start, end)
}

/// An event that takes the minutes from `start` to `end` for each pair of `times`.
pub(crate) fn event(name: &str, times: &[(i64, i64)]) -> Write {
    Write {
        name: name.to_owned(),
        uid: format!("{name}@example.org"),
        component: "VEVENT".to_owned(),
        author: "user/soziales".to_owned(),
        private: false,
        body: format!("body of {name}").into_bytes(),
        rows: times.iter().map(|(start, end)| busy(*start, *end)).collect(),
        consequential: true,
        now: at(0),
    }
}

pub(crate) fn write(id: CollectionId, event: Write) -> Operation {
    Operation::Write(id, event)
}

pub(crate) fn remove(id: CollectionId, name: &str) -> Operation {
    Operation::Remove(id, name.to_owned())
}

pub(crate) fn touch(id: CollectionId, name: &str) -> Operation {
    Operation::Touch(id, name.to_owned())
}

pub(crate) fn batch(operations: Vec<Operation>) -> Batch {
    Batch { expect: Vec::new(), operations }
}

/// Commits without expecting anything.
pub(crate) fn commit(store: &dyn Store, operations: Vec<Operation>) -> Result<Revision, Error> {
    store.commit(batch(operations))
}

pub(crate) fn done(store: &dyn Store, operations: Vec<Operation>) -> Revision {
    commit(store, operations).unwrap()
}

/// Makes a collection.
pub(crate) fn collection(store: &dyn Store, owner: &str, exclusive: bool) -> CollectionId {
    let create = Operation::CreateCollection {
        owner: owner.to_owned(),
        name: "calendar".to_owned(),
        exclusive,
    };
    done(store, vec![create]);
    let made = store.collections(Some(owner)).unwrap();
    made.iter().find(|made| made.name == "calendar").unwrap().id
}

pub(crate) fn room(store: &dyn Store) -> CollectionId {
    collection(store, "room/jugend-1", true)
}

pub(crate) fn calendar(store: &dyn Store) -> CollectionId {
    collection(store, "user/soziales", false)
}

pub(crate) fn revision_of(store: &dyn Store, id: CollectionId) -> Revision {
    store.collection(id).unwrap().unwrap().revision
}

pub(crate) fn expecting(expect: Expect, operations: Vec<Operation>) -> Batch {
    Batch { expect: vec![expect], operations }
}
