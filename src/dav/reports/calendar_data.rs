//! CALDAV:calendar-data in a request (RFC 4791 §9.6): which shape of the objects is wanted.

use super::time_range;
use crate::calendar::data::{RecurrenceShape, SelectedProperty, Selection, Shape};
use crate::dav::error::Error;
use crate::time_range::TimeRange;
use crate::xml::{CALDAV, Element, Name};

/// The element, in requests and answers.
pub(super) const CALENDAR_DATA: Name = Name::caldav("calendar-data");

/// Reads what `DAV:prop` asks of the data; `None` when it does not ask for data.
///
/// # Errors
/// 403 CALDAV:supported-calendar-data for a media type other than iCalendar (RFC 4791 §7.8),
/// 400 for what §9.6 does not allow.
pub(super) fn parse(report: &Element) -> Result<Option<Shape>, Error> {
    let asking = [Name::dav("prop"), Name::dav("include")];
    let mut found = report.elements().filter(|element| asking.contains(&element.name));
    let Some(wanted) = found.find_map(|prop| prop.child(&CALENDAR_DATA)) else { return Ok(None) };
    check_media_type(wanted)?;
    let mut shape = Shape::default();
    let mut recurrences = Vec::new();
    for child in wanted.elements() {
        match child.name.parts() {
            (CALDAV, "comp") => shape.selection = Some(comp(child)?),
            (CALDAV, "expand") => recurrences.push(RecurrenceShape::Expand(range(child)?)),
            (CALDAV, "limit-recurrence-set") => {
                recurrences.push(RecurrenceShape::Limit(range(child)?));
            }
            (CALDAV, "limit-freebusy-set") => shape.free_busy = Some(range(child)?),
            _ => {}
        }
    }
    match recurrences.as_slice() {
        [] => {}
        [one] => shape.recurrence = *one,
        _ => return Err(Error::bad_request("one of expand and limit-recurrence-set")),
    }
    if shape.selection.as_ref().is_some_and(|outer| !outer.name.eq_ignore_ascii_case("VCALENDAR")) {
        return Err(Error::bad_request("the outer comp is VCALENDAR"));
    }
    Ok(Some(shape))
}

fn check_media_type(wanted: &Element) -> Result<(), Error> {
    let media_type = wanted.attribute("content-type").unwrap_or("text/calendar");
    let version = wanted.attribute("version").unwrap_or("2.0");
    let is_calendar = media_type
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("text/calendar"));
    if is_calendar && version.trim() == "2.0" {
        return Ok(());
    }
    Err(Error::precondition(Name::caldav("supported-calendar-data")))
}

/// These times always have both sides (RFC 4791 §9.6.5 to §9.6.7).
fn range(element: &Element) -> Result<TimeRange, Error> {
    time_range::closed(element).map_err(|fault| Error::bad_request(fault.reason()))
}

fn comp(element: &Element) -> Result<Selection, Error> {
    let (mut all_properties, mut properties) = (false, Vec::new());
    let (mut all_components, mut components) = (false, Vec::new());
    for child in element.elements() {
        match child.name.parts() {
            (CALDAV, "allprop") => all_properties = true,
            (CALDAV, "allcomp") => all_components = true,
            (CALDAV, "prop") => properties.push(SelectedProperty {
                name: name(child)?,
                no_value: child.attribute("novalue") == Some("yes"),
            }),
            (CALDAV, "comp") => components.push(comp(child)?),
            _ => {}
        }
    }
    Ok(Selection::new(name(element)?, (all_properties, properties), (all_components, components)))
}

fn name(element: &Element) -> Result<String, Error> {
    match element.attribute("name") {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(Error::bad_request("comp and prop have a name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    fn shape(data: &str) -> Result<Option<Shape>, u16> {
        let text = format!(
            "<D:x xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:prop>{data}\
             </D:prop></D:x>"
        );
        parse(&xml::parse(text.as_bytes()).unwrap()).map_err(|error| error.http_status().as_u16())
    }

    #[test]
    fn plain_data_is_the_stored_text() {
        assert_eq!(shape("<D:getetag/>"), Ok(None));
        assert_eq!(shape("<C:calendar-data/>"), Ok(Some(Shape::default())));
        let spelt =
            "<C:calendar-data content-type=\"Text/Calendar; charset=utf-8\" version=\"2.0\"/>";
        assert_eq!(shape(spelt), Ok(Some(Shape::default())));
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let expand = "<C:expand start=\"20260302T000000Z\" end=\"20260303T000000Z\"/>";
        let limit = expand.replace("expand", "limit-recurrence-set");
        for (children, status) in [
            ("<C:expand start=\"20260302T000000Z\"/>", 400),
            ("<C:expand start=\"20260303T000000Z\" end=\"20260302T000000Z\"/>", 400),
            ("<C:limit-freebusy-set/>", 400),
            (&[expand, &limit].concat(), 400),
            ("<C:comp name=\"VEVENT\"/>", 400),
            ("<C:comp/>", 400),
            ("<C:comp name=\"VCALENDAR\"><C:prop/></C:comp>", 400),
        ] {
            let data = format!("<C:calendar-data>{children}</C:calendar-data>");
            assert_eq!(shape(&data), Err(status), "{children}");
        }
        assert_eq!(shape("<C:calendar-data content-type=\"text/vcard\"/>"), Err(403));
        assert_eq!(shape("<C:calendar-data version=\"1.0\"/>"), Err(403));
    }
}
