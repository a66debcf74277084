//! Properties: one file per RFC, one entry per property. What `propname` and `allprop` list
//! and what PROPPATCH may change is derived from the entries; a property that no entry
//! answers is 404.
//!
//! # Adding a property
//! Add one [`Property`] to the table of the file named after its RFC. A property that users
//! may set is an entry with [`Access::Writable`]: its value is checked there and kept as XML.

mod calendarserver;
mod evaluate;
mod rfc3744;
mod rfc4791;
mod rfc4918;
mod rfc5397;
mod rfc6578;
mod rfc6638;
mod rfc7809;
mod rfc7953;
mod value;

pub use evaluate::{Computed, PropertyRequest, evaluate};
pub(super) use rfc4791::check_component_set;
pub use rfc4791::{COMPONENTS_OF_ROOMS, COMPONENTS_OF_USERS, component_set};
pub use rfc4918::{GETETAG, content_type, http_date};
pub use rfc6578::{parse_sync_token, sync_token};
pub use rfc6638::{
    SCHEDULE_DEFAULT_CALENDAR_URL, calendar_user_addresses, calendar_user_type,
    calendars_that_count, default_calendar,
};
pub use rfc7809::zone_of;
pub use rfc7953::AVAILABILITY;
pub use value::Value;

use super::context::Context;
use super::error::Error;
use super::resource::{CalendarResource, Kind, Principal, Resource};
use crate::delivery::Scope;
use crate::xml::{self, Element, Name};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// One live property.
pub struct Property {
    /// Its name.
    pub name: Name,
    /// Where it is defined.
    pub section: &'static str,
    /// The kinds of resource that have it.
    pub on: &'static [Kind],
    /// Whether `allprop` names it.
    pub allprop: bool,
    /// Who sets it.
    pub access: Access,
    /// Its value; `None` where this resource has none.
    pub get: fn(&Subject<'_>) -> Result<Option<Value>, Error>,
}

/// Who sets a property.
#[derive(Clone, Copy)]
pub enum Access {
    /// The server alone (RFC 4918 §15).
    Protected,
    /// Users, on these kinds, where the new value passes the check.
    Writable {
        /// The kinds; protected on all others.
        on: &'static [Kind],
        /// Refuses what is no value of this property.
        check: fn(&Element) -> Result<(), Error>,
    },
}

/// The tables, one for each RFC.
const TABLES: &[&[Property]] = &[
    rfc4918::PROPERTIES,
    rfc3744::PROPERTIES,
    rfc4791::PROPERTIES,
    rfc5397::PROPERTIES,
    rfc6578::PROPERTIES,
    rfc6638::PROPERTIES,
    rfc7809::PROPERTIES,
    rfc7953::PROPERTIES,
    calendarserver::PROPERTIES,
];

/// All live properties.
pub fn properties() -> impl Iterator<Item = &'static Property> {
    TABLES.iter().copied().flatten()
}

/// The live property of that name.
pub fn property(name: &Name) -> Option<&'static Property> {
    properties().find(|property| property.name == *name)
}

impl Property {
    /// Whether users may set it on that kind.
    pub fn is_writable_on(&self, kind: Kind) -> bool {
        match self.access {
            Access::Protected => false,
            Access::Writable { on, .. } => on.contains(&kind),
        }
    }
}

/// A resource whose properties are asked for. What the store keeps of them is read once,
/// and only when a property needs it.
pub struct Subject<'a> {
    /// Who asks, and when.
    pub context: &'a Context,
    /// The resource.
    pub resource: &'a Resource,
    stored: OnceCell<BTreeMap<String, String>>,
}

impl<'a> Subject<'a> {
    /// The resource as the user of the context sees it.
    pub fn new(context: &'a Context, resource: &'a Resource) -> Subject<'a> {
        Subject { context, resource, stored: OnceCell::new() }
    }

    /// What the owner of somebody else's calendar has set as this property.
    pub fn set_by_owner(&self, name: &Name) -> Result<Option<Element>, Error> {
        let Some(scope) = scope_of_owner(self.context, self.resource) else { return Ok(None) };
        let set = self.context.delivery.properties(&scope)?;
        Ok(set.get(&name.to_string()).and_then(|text| xml::parse(text.as_bytes()).ok()))
    }

    /// Everything that users have set here: name in Clark notation to canonical XML. What is
    /// somebody else's has what makes it work from its owner, who keeps their notes on it and
    /// their name for it to themselves.
    pub fn all_stored(&self) -> Result<&BTreeMap<String, String>, Error> {
        if self.stored.get().is_none() {
            let mut stored = match scope_of_owner(self.context, self.resource) {
                Some(scope) => self.context.delivery.properties(&scope)?,
                None => BTreeMap::new(),
            };
            let works = |name: &Name| *name != Name::dav("displayname") && property(name).is_some();
            stored.retain(|name, _| Name::from_clark(name).is_some_and(|name| works(&name)));
            if let Some(scope) = scope(self.context, self.resource) {
                stored.extend(self.context.delivery.properties(&scope)?);
            }
            // Nobody else can have set the cell meanwhile: it is not shared.
            let _ = self.stored.set(stored);
        }
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        Ok(self.stored.get().unwrap_or(&NONE))
    }

    /// What users have set as this property.
    pub fn stored(&self, name: &Name) -> Result<Option<Element>, Error> {
        let Some(text) = self.all_stored()?.get(&name.to_string()) else { return Ok(None) };
        // Only what was parsed is ever stored.
        Ok(xml::parse(text.as_bytes()).ok())
    }

    /// The value of a property that users have set, and nothing else.
    pub fn stored_value(&self, name: &Name) -> Result<Option<Value>, Error> {
        Ok(self.stored(name)?.map(Value::Whole))
    }
}

/// Where the properties that users set on a resource are kept; `None` where none can be set.
/// On what is not theirs, a room's calendar or another person's, they are the user's own.
pub fn scope(context: &Context, resource: &Resource) -> Option<Scope> {
    let user = &context.user.id;
    let is_own = |calendar: &CalendarResource| calendar.owner() == Some(user);
    match resource {
        Resource::Principal(principal) => match principal.as_ref() {
            Principal::User(found) if found.id == *user => Some(Scope::principal(user)),
            _ => None,
        },
        // What a room's inbox tells follows from the room.
        Resource::Calendar(found) if found.is_inbox() => {
            is_own(found).then(|| Scope::calendar(&found.calendar.collection))
        }
        Resource::Calendar(found) => Some(match is_own(found) {
            true => Scope::calendar(&found.calendar.collection),
            false => Scope::alias(user, &found.calendar.collection),
        }),
        Resource::Object(found) => {
            let viewer = (!is_own(&found.calendar)).then_some(user.as_str());
            Some(Scope::object(&found.calendar.calendar.collection, &found.header.name, viewer))
        }
        _ => None,
    }
}

/// Where the owner of somebody else's calendar keeps what they set on it.
fn scope_of_owner(context: &Context, resource: &Resource) -> Option<Scope> {
    let Resource::Calendar(found) = resource else { return None };
    let is_others = found.owner().is_some_and(|owner| owner != context.user.id);
    (is_others && !found.is_inbox()).then(|| Scope::calendar(&found.calendar.collection))
}

/// Whether users may set properties on this resource at all.
pub fn takes_properties(context: &Context, resource: &Resource) -> bool {
    scope(context, resource).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_property_has_one_entry_and_a_section() {
        let mut names = BTreeSet::new();
        for property in properties() {
            assert!(names.insert(property.name.clone()), "{} is there twice", property.name);
            assert!(property.section.contains('§') || property.section.contains("ctag"));
            assert!(!property.on.is_empty(), "{}", property.name);
            if let Access::Writable { on, .. } = property.access {
                assert!(on.iter().all(|kind| property.on.contains(kind)), "{}", property.name);
            }
        }
        assert!(names.len() > 40);
    }
}
