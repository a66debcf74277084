//! What a check finds of appointments that are kept wrong, and how it is mended.

use super::support::*;
use crate::store::{Batch, Operation};

fn change(town: &Town, table: &'static str, key: Vec<u8>, value: Option<Vec<u8>>) {
    let operations = vec![Operation::Put { table, key, value }];
    town.delivery.store().commit(Batch { expect: Vec::new(), operations }).unwrap();
}

#[test]
fn what_an_appointment_is_found_by_is_checked_and_made_again() {
    let town = town();
    put(&town, &town.own("amsel"), "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA]));
    let delivery = &town.delivery;
    assert_eq!(delivery.check_appointments().unwrap(), []);
    assert_eq!(delivery.rebuild_appointment_indexes().unwrap(), 0);

    let letters = letters(&town);
    let told = appointment(&letters[0]);
    let id = told.appointment.id.clone();
    let secrets = delivery.store().table("appointment-secret", &[], None, 9).unwrap();
    let numbers = delivery.store().table("appointment-number", &[], None, 9).unwrap();
    assert_eq!((secrets.len(), numbers.len()), (2, 1));
    change(&town, "appointment-secret", secrets[0].0.clone(), None);
    change(&town, "appointment-number", numbers[0].0.clone(), Some(b"never".to_vec()));
    change(&town, "appointment-reminder", [&[0; 8], id.as_bytes()].concat(), Some(vec![1]));
    let texts: Vec<String> = delivery
        .check_appointments()
        .unwrap()
        .into_iter()
        .map(|fault| {
            assert!(fault.can_be_rebuilt, "{}", fault.text);
            fault.text
        })
        .collect();
    assert_eq!(
        texts,
        [
            format!("appointment {id}: the index appointment-number misses the right entry"),
            format!("appointment {id}: the index appointment-reminder has one too many"),
            format!("appointment {id}: the index appointment-secret misses the right entry"),
        ]
    );
    assert_eq!(delivery.rebuild_appointment_indexes().unwrap(), 3);
    assert_eq!(delivery.check_appointments().unwrap(), []);
    assert_eq!(delivery.store().table("appointment-secret", &[], None, 9).unwrap(), secrets);
}

#[test]
fn what_belongs_to_a_record_that_cannot_be_read_stays() {
    let town = town();
    put(&town, &town.own("amsel"), "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA]));
    let id = appointment(&letters(&town)[0]).appointment.id.clone();
    change(&town, "appointment", id.clone().into_bytes(), Some(b"{".to_vec()));
    let faults = town.delivery.check_appointments().unwrap();
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!(fault.text, format!("appointment {id}: its record cannot be read"));
    assert!(!fault.can_be_rebuilt);
    assert_eq!(town.delivery.rebuild_appointment_indexes().unwrap(), 0);
}
