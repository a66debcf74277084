//! What an answer is made from, apart from the request: who asks, what exists, and when.

use super::conflict_policy::ConflictPolicy;
use super::error::{Audience, Error};
use super::path::HomePath;
use super::privileges::{Access, Privilege, Privileges, of_rights, privileges};
use super::resource::{Principal, Resource};
use crate::calendar::object::{ATTENDEES_PER_INSTANCE_MAX, max_date_time, min_date_time};
use crate::calendar::{Zone, text};
use crate::delivery::{Delivery, Rights, Viewer};
use crate::directory::grants::{Delegation, Place, Right};
use crate::directory::{Directory, User};
use crate::scheduling::booking_policy::INSTANCES_PER_BOOKING_MAX;
use crate::store::Header;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the server takes. What it announces is what it holds clients to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest calendar object, in bytes.
    pub calendar_body_bytes_max: usize,
    /// Most instances of a series in a room.
    pub instances_per_booking_max: usize,
    /// Most attendees of one instance.
    pub attendees_per_instance_max: usize,
    /// The earliest time in a calendar object.
    pub time_min: DateTime<Utc>,
    /// The latest time in a calendar object.
    pub time_max: DateTime<Utc>,
    /// Most calendars of one's own.
    pub calendars_per_user_max: usize,
    /// Most hrefs in one `calendar-multiget`.
    pub multiget_hrefs_max: usize,
    /// Most changes in one answer to `sync-collection`.
    pub changes_per_sync_max: usize,
    /// Most text of calendar objects that one answer reads and writes, in bytes.
    pub work_per_report_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            calendar_body_bytes_max: text::BODY_BYTES_MAX,
            instances_per_booking_max: INSTANCES_PER_BOOKING_MAX,
            attendees_per_instance_max: ATTENDEES_PER_INSTANCE_MAX,
            time_min: min_date_time(),
            time_max: max_date_time(),
            calendars_per_user_max: CALENDARS_PER_USER_MAX,
            multiget_hrefs_max: MULTIGET_HREFS_MAX,
            changes_per_sync_max: CHANGES_PER_SYNC_MAX,
            work_per_report_bytes_max: WORK_PER_REPORT_BYTES_MAX,
        }
    }
}

/// Most calendars of one's own: every client polls every one of them.
pub const CALENDARS_PER_USER_MAX: usize = 200;
/// Most hrefs in one `calendar-multiget`. vdirsyncer asks for all that it lacks at once; a body
/// has room for hardly more (two nodes each).
pub const MULTIGET_HREFS_MAX: usize = 4_000;
/// Most changes in one answer to `sync-collection`; the client goes on from there.
pub const CHANGES_PER_SYNC_MAX: usize = 100_000;
/// Most text of calendar objects that one answer reads and writes, in bytes: some 200,000
/// usual events.
pub const WORK_PER_REPORT_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Who asks, what exists, and when; cheap to clone, so that a streamed answer can keep it.
#[derive(Clone)]
pub struct Context {
    /// Where rules meet the store.
    pub delivery: Delivery,
    /// Everybody and every room, as of the start of the request.
    pub directory: Arc<Directory>,
    /// Who signed in.
    pub user: Arc<User>,
    /// What the server takes.
    pub limits: Limits,
    /// What becomes of refused bookings.
    pub conflict_policy: Arc<ConflictPolicy>,
    /// The moment of the request.
    pub now: DateTime<Utc>,
}

impl Context {
    /// The user, as `delivery` wants to know.
    pub fn viewer(&self) -> Viewer<'_> {
        Viewer { user: &self.user, directory: &self.directory }
    }

    /// To whom errors are explained.
    pub fn audience(&self) -> Audience<'_> {
        Audience { language: &self.user.language, directory: Some(&self.directory) }
    }

    /// What the user may do with a resource.
    pub fn privileges(&self, resource: &Resource) -> Privileges {
        match self.granted(resource) {
            Some(rights) => of_rights(resource.kind(), &rights),
            None => privileges(resource.kind(), self.access(resource)),
        }
    }

    /// What somebody else has granted the user there; `None` where nobody could have.
    fn granted(&self, resource: &Resource) -> Option<Rights> {
        let just_read = Rights::Some(BTreeSet::from([Right::Read]));
        let viewer = self.viewer();
        let rights = match resource {
            // One is found only where something in it was granted.
            Resource::Home(HomePath::User(owner)) if *owner != self.user.id => just_read,
            Resource::Outbox(owner) => {
                self.delivery.rights_on(&viewer, owner, &Place::Outbox).unwrap_or_default()
            }
            Resource::Calendar(found) if found.owner().is_some() => {
                self.delivery.rights(&viewer, &found.calendar)
            }
            Resource::Object(found) if found.calendar.owner().is_some() => {
                match self.delivery.rights(&viewer, &found.calendar.calendar) {
                    Rights::Some(_) if found.header.private => just_read,
                    rights => rights,
                }
            }
            _ => return None,
        };
        (rights != Rights::Own).then_some(rights)
    }

    /// For whom the user is a delegate, and of which kinds: people who are here, by id.
    ///
    /// # Errors
    /// When the store fails.
    pub fn delegated(&self) -> Result<BTreeMap<String, BTreeSet<Delegation>>, Error> {
        let mut found = self.delivery.delegated_to(&self.user.id)?;
        let users = &self.directory.users;
        found.retain(|owner, _| users.get(owner).is_some_and(|owner| !owner.disabled));
        Ok(found)
    }

    /// 403 when the user lacks a privilege on a resource.
    pub fn require(&self, resource: &Resource, privilege: Privilege) -> Result<(), Error> {
        if self.privileges(resource).hold(privilege) {
            return Ok(());
        }
        Err(Error::need_privileges(&resource.href(), privilege))
    }

    fn access(&self, resource: &Resource) -> Access {
        let viewer = self.viewer();
        let writable = match resource {
            // What others have granted is not asked about here.
            Resource::Home(HomePath::User(_)) | Resource::Outbox(_) => return Access::Own,
            Resource::Calendar(found) if found.owner().is_some() => return Access::Own,
            // A message is read and removed; nobody changes it.
            Resource::Object(found) if found.calendar.is_inbox() => false,
            Resource::Proxy(proxy) => proxy.owner.id == self.user.id,
            Resource::Principal(principal) => match principal.as_ref() {
                Principal::User(user) => user.id == self.user.id,
                Principal::Department(_) | Principal::Room(_) | Principal::Pool(_) => false,
            },
            Resource::Calendar(found) => self.delivery.may_add(&viewer, &found.calendar),
            Resource::Object(found) => {
                let Header { author, private, .. } = &found.header;
                self.delivery.may_change(&viewer, &found.calendar.calendar, author, *private)
            }
            _ => false,
        };
        if writable { Access::Write } else { Access::Look }
    }

    /// The zone in which floating times and days of a calendar are meant, unless the request
    /// says otherwise (RFC 4791 §9.9).
    pub fn zone_of(&self, resource: &Resource) -> Result<Zone, Error> {
        super::properties::zone_of(self, resource)
    }
}
