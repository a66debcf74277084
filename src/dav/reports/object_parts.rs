//! What reports say of calendar objects: the properties asked for, their data among them,
//! always as the asker may see them.

use super::Call;
use super::calendar_data::{self, CALENDAR_DATA};
use crate::calendar::data::{Shape, shaped};
use crate::calendar::time_zone::{with_time_zones, with_time_zones_of};
use crate::calendar::{CalendarObject, Invalid, TimeZones, Zone};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::multistatus::{Part, Propstat};
use crate::dav::properties::{PropertyRequest, Subject, evaluate};
use crate::dav::resource::{CalendarResource, ObjectResource, Resource, Views, etag_of};
use crate::store::{Change, Header, Key};
use crate::xml::Element;
use http::StatusCode;
use std::borrow::Cow;
use std::sync::Arc;

/// Makes the parts of a multistatus that are about calendar objects.
pub(super) struct ObjectParts {
    context: Context,
    asked: PropertyRequest,
    /// The shape in which the data is wanted; `None` when it is not.
    data: Option<Shape>,
    /// The VTIMEZONEs in the data, by whatever its shape leaves (RFC 7809 §3.1.3).
    time_zones: Option<TimeZones>,
    zone: Zone,
    minimal: bool,
    views: Views,
    work_left_bytes: usize,
}

/// An object, and its text where that was read: both of one version.
pub(super) struct Found {
    pub(super) object: ObjectResource,
    text: Option<Vec<u8>>,
}

impl Found {
    fn read(&self, text: &[u8]) -> Result<CalendarObject, Invalid> {
        if self.object.calendar.is_inbox() {
            return CalendarObject::parse_message(text);
        }
        CalendarObject::parse(text)
    }

    /// The object as the asker sees it; `None` when the text was not read or makes no sense.
    pub(super) fn parsed(&self) -> Option<CalendarObject> {
        // What could not be read would have been refused when it was written.
        self.read(self.text.as_deref()?).ok()
    }
}

impl ObjectParts {
    /// Reads what is asked of each object.
    ///
    /// # Errors
    /// As [`calendar_data::parse`]; when the store fails.
    pub(super) fn new(call: &Call<'_>, asked: PropertyRequest) -> Result<Self, Error> {
        let zone = call.context.zone_of(call.resource)?;
        ObjectParts::in_zone(call, asked, zone)
    }

    /// The same with floating times placed in another zone than the calendar's.
    pub(super) fn in_zone(
        call: &Call<'_>,
        mut asked: PropertyRequest,
        zone: Zone,
    ) -> Result<Self, Error> {
        let data = calendar_data::parse(call.body)?;
        let time_zones = match (call.request.time_zones()?, &data) {
            (None, Some(shape)) => shape.takes_time_zones().then_some(TimeZones::All),
            (wanted, _) => wanted,
        };
        if let PropertyRequest::Names(names) | PropertyRequest::All(names) = &mut asked {
            names.retain(|name| *name != CALENDAR_DATA);
        }
        Ok(ObjectParts {
            context: call.context.clone(),
            asked,
            data,
            time_zones,
            zone,
            minimal: call.request.preferences.minimal,
            views: Views::default(),
            work_left_bytes: call.context.limits.work_per_report_bytes_max,
        })
    }

    /// Where floating times are placed.
    pub(super) fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether the text of the objects is needed for the answer.
    pub(super) fn need_text(&self) -> bool {
        self.data.is_some()
    }

    /// Whether this answer has done all that one answer may.
    pub(super) fn are_exhausted(&self) -> bool {
        self.work_left_bytes == 0
    }

    fn count(&mut self, bytes: usize) {
        self.work_left_bytes = self.work_left_bytes.saturating_sub(bytes);
    }

    /// Reads a member of a calendar, with its text or without. `None` when it is not there,
    /// or not for the asker.
    pub(super) fn find(
        &mut self,
        calendar: &Arc<CalendarResource>,
        name: &str,
        with_text: bool,
    ) -> Result<Option<Found>, Error> {
        let key = Key::Name(name);
        if !with_text {
            let header = self.context.delivery.store().header(calendar.id(), key)?;
            return Ok(header.and_then(|header| self.seen(calendar, header)).map(Found::bare));
        }
        let stored = self.context.delivery.store().object(calendar.id(), key)?;
        let Some(stored) = stored else { return Ok(None) };
        let Some(object) = self.seen(calendar, stored.header) else { return Ok(None) };
        let viewer = self.context.viewer();
        let shown = self.context.delivery.seen_as(
            &viewer,
            &calendar.calendar,
            &object.view,
            &stored.body,
        )?;
        let text = match shown {
            Cow::Owned(masked) => masked,
            Cow::Borrowed(_) => stored.body,
        };
        self.count(text.len());
        Ok(Some(Found { object, text: Some(text) }))
    }

    fn seen(&mut self, calendar: &Arc<CalendarResource>, header: Header) -> Option<ObjectResource> {
        let view = self.views.of(&self.context, calendar, &header.author, header.private)?;
        Some(ObjectResource { calendar: Arc::clone(calendar), header, view })
    }

    /// What is said of a member of that name; `None` when it is not there.
    pub(super) fn of_name(
        &mut self,
        calendar: &Arc<CalendarResource>,
        name: &str,
    ) -> Result<Option<Part>, Error> {
        match self.find(calendar, name, self.need_text())? {
            Some(found) => self.of(found, None).map(Some),
            None => Ok(None),
        }
    }

    /// What is said of a member that is there and has changed; `None` when it is not there any
    /// more, or not for the asker. Where nothing but the entity tag is asked for, the change
    /// tells it.
    pub(super) fn of_change(
        &mut self,
        calendar: &Arc<CalendarResource>,
        change: &Change,
    ) -> Result<Option<Part>, Error> {
        if !self.asked.is_etag_alone() || self.data.is_some() {
            return self.of_name(calendar, &change.name);
        }
        let view = self.views.of(&self.context, calendar, &change.author, change.private);
        Ok(view.map(|view| {
            let (href, data) = (calendar.member_href(&change.name), None);
            Part::Object { href, etag: etag_of(change.revision, &view), data }
        }))
    }

    /// What is said of an object. `parsed` is its text, where somebody has read it already.
    pub(super) fn of(
        &mut self,
        mut found: Found,
        parsed: Option<&CalendarObject>,
    ) -> Result<Part, Error> {
        let text = found.text.take().unwrap_or_default();
        let data = self.data.as_ref().map(|shape| self.shaped(shape, &found, text, parsed));
        let data = match data {
            Some(Ok(text)) if self.asked.is_etag_alone() => {
                self.count(text.len());
                let href = found.object.calendar.member_href(&found.object.header.name);
                return Ok(Part::Object { href, etag: found.object.etag(), data: Some(text) });
            }
            other => other,
        };
        let resource = Resource::Object(Box::new(found.object));
        let subject = Subject::new(&self.context, &resource);
        let mut propstats = evaluate(&self.asked, &subject, &|_| Ok(None), self.minimal)?;
        match data {
            Some(Ok(text)) => {
                self.count(text.len());
                let element = Element::with_text(CALENDAR_DATA, text);
                match propstats.iter_mut().find(|propstat| propstat.status == StatusCode::OK) {
                    Some(propstat) => propstat.properties.push(element),
                    None => propstats.push(Propstat::new(StatusCode::OK, vec![element])),
                }
            }
            Some(Err(invalid)) => {
                propstats.retain(|propstat| !propstat.properties.is_empty());
                let condition = Error::from(invalid).conditions().first().cloned();
                let data = vec![Element::new(CALENDAR_DATA)];
                let refused = Propstat::new(StatusCode::FORBIDDEN, data);
                propstats.push(Propstat { condition, ..refused });
            }
            None => {}
        }
        Ok(Part::Properties { href: resource.href(), propstats })
    }

    /// The data as it is wanted: its shape first, then the VTIMEZONEs that what is left
    /// refers to.
    fn shaped(
        &self,
        shape: &Shape,
        found: &Found,
        text: Vec<u8>,
        parsed: Option<&CalendarObject>,
    ) -> Result<String, Invalid> {
        let text = String::from_utf8(text)
            .unwrap_or_else(|other| String::from_utf8_lossy(other.as_bytes()).into_owned());
        if shape.is_whole() {
            let sent = match (self.time_zones, parsed) {
                (None, _) => return Ok(text),
                (Some(wanted), None) => with_time_zones(&text, wanted),
                (Some(wanted), Some(object)) => with_time_zones_of(&text, object.root(), wanted),
            };
            return Ok(match sent {
                Cow::Owned(changed) => changed,
                Cow::Borrowed(_) => text,
            });
        }
        let own;
        let object = match parsed {
            Some(parsed) => parsed,
            None => {
                own = found.read(text.as_bytes())?;
                &own
            }
        };
        let shaped = shaped(object, shape, &self.zone)?;
        Ok(match self.time_zones {
            Some(wanted) => with_time_zones(&shaped, wanted).into_owned(),
            None => shaped.into_owned(),
        })
    }
}

impl Found {
    /// An object of which nothing but the header is known.
    pub(super) fn bare(object: ObjectResource) -> Found {
        Found { object, text: None }
    }
}
