//! Who may do what with calendars that are somebody else's own. Rooms have nothing of this: what
//! one may do there follows from the directory.
//!
//! There are two ways to a right: a grant on one calendar, inbox or outbox (an ACL, RFC 3744), and
//! being a delegate for all that a person has (a group of caldav-proxy). Neither lets anybody see
//! more of an object that is not public than its times, nor change it.
//!
//! Delegates are not substitutes (Vertretung): those stand in the directory, are named by the
//! administration, and change a person's bookings in rooms. Delegates are named by the person,
//! and have nothing to do with rooms. Whoever shall do both is named in both places.

use super::{Calendar, Delivery, Error, Place, Viewer};
use crate::directory::grants::{self, Delegation, Grant, Grantee, Place as On, Right};
use std::collections::{BTreeMap, BTreeSet};

pub use crate::directory::grants::GRANTS_PER_PLACE_MAX;

/// What somebody may do with what belongs to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rights {
    /// Everything, the granting of rights included: it is their own.
    Own,
    /// Nothing at all.
    #[default]
    None,
    /// This; never empty.
    Some(BTreeSet<Right>),
}

impl Rights {
    /// These, with what follows from them: whoever reads also sees when it is busy.
    fn of(mut rights: BTreeSet<Right>) -> Rights {
        if rights.contains(&Right::Read) {
            rights.insert(Right::ReadFreeBusy);
        }
        if rights.is_empty() { Rights::None } else { Rights::Some(rights) }
    }

    /// Whether this may be done.
    pub fn include(&self, right: Right) -> bool {
        match self {
            Rights::Own => true,
            Rights::None => false,
            Rights::Some(rights) => rights.contains(&right),
        }
    }
}

/// What delegates may do there.
pub fn rights_of_delegates(delegation: Delegation, on: &On) -> BTreeSet<Right> {
    let rights: &[Right] = match (delegation, on) {
        (Delegation::Read, On::Calendar(_)) => &[Right::Read],
        (Delegation::Write, On::Calendar(_)) => &[Right::Read, Right::Write],
        (Delegation::Write, On::Inbox) => {
            &[Right::Read, Right::Write, Right::ScheduleQueryFreeBusy]
        }
        (Delegation::Write, On::Outbox) => &[Right::Read, Right::ScheduleSend],
        (Delegation::Read, On::Inbox) => &[Right::ScheduleQueryFreeBusy],
        (Delegation::Read, On::Outbox) | (_, On::Everything(_)) => &[],
    };
    rights.iter().copied().collect()
}

impl Delivery {
    /// What the viewer may do with something of the person with the id `owner`.
    pub fn rights_on(&self, viewer: &Viewer<'_>, owner: &str, on: &On) -> Result<Rights, Error> {
        if *owner == viewer.user.id {
            return Ok(Rights::Own);
        }
        let mut rights = BTreeSet::new();
        for grant in grants::grants_on(self.store(), owner, on)? {
            if grant.who.includes(viewer.user) {
                rights.extend(grant.rights);
            }
        }
        for delegation in Delegation::ALL {
            let delegates = grants::grants_on(self.store(), owner, &On::Everything(delegation))?;
            if delegates.iter().any(|grant| grant.who.includes(viewer.user)) {
                rights.extend(rights_of_delegates(delegation, on));
            }
        }
        Ok(Rights::of(rights))
    }

    /// What the viewer may do with a person's calendar or inbox. A store that fails grants
    /// nothing, and neither does a room: there other rules say who may do what.
    pub fn rights(&self, viewer: &Viewer<'_>, calendar: &Calendar) -> Rights {
        let (owner, on) = match &calendar.place {
            Place::Own { user } => (user, On::Calendar(calendar.collection.name.clone())),
            Place::Inbox { user } => (user, On::Inbox),
            Place::Room(_) | Place::RoomInbox(_) => return Rights::None,
        };
        self.rights_on(viewer, owner, &on).unwrap_or_default()
    }

    /// The own calendars of a person that the viewer may know of: all of one's own, of others
    /// those that one may read.
    pub fn calendars_open_to(
        &self,
        viewer: &Viewer<'_>,
        owner: &str,
    ) -> Result<Vec<Calendar>, Error> {
        if *owner != viewer.user.id && grants::grants_of(self.store(), owner)?.is_empty() {
            // Before a calendar is made for somebody who has none yet.
            return Ok(Vec::new());
        }
        let mut calendars = self.calendars_of(owner)?;
        calendars.retain(|calendar| self.rights(viewer, calendar).include(Right::Read));
        Ok(calendars)
    }

    /// The grants on one place of a person.
    pub fn grants_on(&self, owner: &str, on: &On) -> Result<Vec<Grant>, Error> {
        Ok(grants::grants_on(self.store(), owner, on)?)
    }

    /// Puts these grants in the place of those before, durably.
    ///
    /// # Errors
    /// [`Error::TooMany`] beyond [`GRANTS_PER_PLACE_MAX`]; [`Error::NotFound`] when somebody who
    /// is named does not exist.
    pub fn set_grants(&self, owner: &str, on: &On, grants: &[Grant]) -> Result<(), Error> {
        self.change_grants(owner, on, |_| grants.to_vec())
    }

    fn change_grants(
        &self,
        owner: &str,
        on: &On,
        change: impl Fn(Vec<Grant>) -> Vec<Grant>,
    ) -> Result<(), Error> {
        self.until_settled(|| {
            let bounded = |grants| {
                let grants = change(grants);
                let fits = grants.len() <= GRANTS_PER_PLACE_MAX;
                fits.then_some(grants).ok_or(Error::TooMany)
            };
            let changed = grants::changed(self.store(), owner, on, bounded)?;
            self.store.commit(changed.ok_or(Error::NotFound)?)?;
            Ok(())
        })
    }

    /// The ids of a person's delegates of one kind.
    pub fn delegates_of(
        &self,
        owner: &str,
        delegation: Delegation,
    ) -> Result<BTreeSet<String>, Error> {
        let grants = self.grants_on(owner, &On::Everything(delegation))?;
        Ok(grants.into_iter().filter_map(|grant| user(grant.who)).collect())
    }

    /// Puts these delegates in the place of those before.
    ///
    /// # Errors
    /// As for [`Delivery::set_grants`].
    pub fn set_delegates(
        &self,
        owner: &str,
        delegation: Delegation,
        delegates: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let grants: Vec<Grant> = delegates.iter().map(|id| delegate(id, delegation)).collect();
        self.set_grants(owner, &On::Everything(delegation), &grants)
    }

    /// Makes somebody a delegate of a person, or no longer one.
    ///
    /// # Errors
    /// As for [`Delivery::set_grants`].
    pub fn change_delegate(
        &self,
        owner: &str,
        delegation: Delegation,
        who: &str,
        is_one: bool,
    ) -> Result<(), Error> {
        self.change_grants(owner, &On::Everything(delegation), |mut grants| {
            grants.retain(|grant| grant.who != Grantee::User(who.to_owned()));
            grants.extend(is_one.then(|| delegate(who, delegation)));
            grants
        })
    }

    /// The ids of the people for whom a user is a delegate, and of which kinds.
    pub fn delegated_to(
        &self,
        user: &str,
    ) -> Result<BTreeMap<String, BTreeSet<Delegation>>, Error> {
        let mut found: BTreeMap<String, BTreeSet<Delegation>> = BTreeMap::new();
        for owner in grants::may_have_named(self.store(), user)? {
            for delegation in Delegation::ALL {
                if self.delegates_of(&owner, delegation)?.contains(user) {
                    found.entry(owner.clone()).or_default().insert(delegation);
                }
            }
        }
        Ok(found)
    }
}

fn delegate(id: &str, delegation: Delegation) -> Grant {
    let rights: &[Right] = match delegation {
        Delegation::Read => &[Right::Read],
        Delegation::Write => &[Right::Read, Right::Write],
    };
    let rights = rights.iter().copied().collect();
    Grant { who: Grantee::User(id.to_owned()), rights }
}

fn user(grantee: Grantee) -> Option<String> {
    match grantee {
        Grantee::User(id) => Some(id),
        Grantee::Everyone | Grantee::Department(_) => None,
    }
}
