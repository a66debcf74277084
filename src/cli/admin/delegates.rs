//! Delegates: who reads or keeps the own calendars of a person.

use super::{AdminAnswer, Failure, Wired};
use crate::directory::grants::Delegation;
use crate::directory::{Difference, What};
use serde_json::json;

/// The delegates of a person, or (`None`) of everybody.
pub(super) fn list(wired: &Wired, user: Option<&str>) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    if let Some(user) = user {
        known(wired, user)?;
    }
    let mut records = Vec::new();
    let named = |id: &&String| user.is_none_or(|user| user == *id);
    for owner in directory.users.keys().filter(named) {
        for delegation in Delegation::ALL {
            for delegate in wired.delivery.delegates_of(owner, delegation)? {
                let name = directory.users.get(&delegate).map(|user| user.name.as_str());
                records.push(json!({
                    "user": owner, "delegate": delegate, "name": name, "access": delegation,
                }));
            }
        }
    }
    Ok(AdminAnswer::Records { records })
}

/// Makes somebody a delegate of a person, or no longer one.
pub(super) fn change(
    wired: &Wired,
    user: &str,
    delegate: &str,
    access: Delegation,
    is_one: bool,
) -> Result<AdminAnswer, Failure> {
    known(wired, user)?;
    known(wired, delegate)?;
    if user == delegate {
        return Err(Failure::new("nobody is a delegate of themselves"));
    }
    let was_one = wired.delivery.delegates_of(user, access)?.contains(delegate);
    if was_one == is_one {
        return Ok(AdminAnswer::Done { differences: Vec::new() });
    }
    wired.delivery.change_delegate(user, access, delegate, is_one)?;
    let field = match access {
        Delegation::Read => "delegates who read",
        Delegation::Write => "delegates who write",
    };
    let record = format!("user/{user}");
    let changed = Difference { record, what: What::Changed, fields: vec![field.to_owned()] };
    Ok(AdminAnswer::Done { differences: vec![changed] })
}

fn known(wired: &Wired, user: &str) -> Result<(), Failure> {
    match wired.directory.snapshot()?.users.contains_key(user) {
        true => Ok(()),
        false => Err(Failure::new(format!("there is no user {user}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::AdminCommand;
    use super::super::tests::{ask, refusal, town};
    use super::*;

    #[test]
    fn delegates_are_named_listed_and_dismissed() {
        let wired = town();
        let change = |user: &str, delegate: &str, access, is_one| {
            let (user, delegate) = (user.to_owned(), delegate.to_owned());
            ask(&wired, AdminCommand::ChangeDelegate { user, delegate, access, is_one })
        };
        let changed = |answer: AdminAnswer| match answer {
            AdminAnswer::Done { differences } => !differences.is_empty(),
            other => panic!("{other:?}"),
        };
        let listed = |user: Option<&str>| -> Vec<String> {
            let command = AdminCommand::Delegates { user: user.map(str::to_owned) };
            let AdminAnswer::Records { records } = ask(&wired, command) else { panic!() };
            let text = |record: &serde_json::Value, field: &str| {
                record[field].as_str().unwrap().to_owned()
            };
            let line =
                |record| ["user", "access", "delegate"].map(|field| text(record, field)).join(" ");
            records.iter().map(line).collect()
        };
        assert!(changed(change("soziales", "jugend", Delegation::Write, true)));
        assert!(changed(change("soziales", "bauen", Delegation::Read, true)));
        assert!(changed(change("admin", "bauen", Delegation::Read, true)));
        assert!(!changed(change("soziales", "bauen", Delegation::Read, true)), "is one already");
        assert_eq!(listed(Some("soziales")), ["soziales read bauen", "soziales write jugend"]);
        assert_eq!(listed(None).len(), 3);
        assert!(changed(change("soziales", "bauen", Delegation::Read, false)));
        assert_eq!(listed(Some("soziales")), ["soziales write jugend"]);
        assert!(refusal(change("soziales", "niemand", Delegation::Read, true)).contains("niemand"));
        assert!(refusal(change("niemand", "bauen", Delegation::Read, true)).contains("niemand"));
        assert!(refusal(change("bauen", "bauen", Delegation::Read, true)).contains("themselves"));
    }
}
