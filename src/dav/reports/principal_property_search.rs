//! DAV:principal-property-search (RFC 3744 §9.4): people, departments and rooms by what is
//! known of them.
//!
//! Beyond the RFC, as clients send it: `test="anyof"` (Apple), `match-type` on DAV:match
//! (Outlook's plug-in), no condition at all for everybody (python-caldav). A property that
//! nobody can search counts for nothing, as long as another one does.
//!
//! python-caldav (up to 3.6) puts the properties that it wants beside an empty DAV:prop, and
//! takes only principals that have all of them. It gets these.

use super::principals::{self, is_searchable, texts};
use super::{Call, Report};
use crate::dav::error::Error;
use crate::dav::path::PrincipalKind;
use crate::dav::privileges::Privilege;
use crate::dav::properties::{Subject, property};
use crate::dav::resource::{Kind, Resource};
use crate::dav::response::Response;
use crate::xml::{Element, Name};

pub(super) const REPORT: Report = Report {
    name: Name::dav("principal-property-search"),
    section: "RFC 3744 §9.4",
    on: Kind::ALL,
    privilege: Privilege::Read,
    run,
};

const PROP: Name = Name::dav("prop");
/// Most conditions in one request.
const CONDITIONS_MAX: usize = 100;

fn run(call: &Call<'_>) -> Result<Response, Error> {
    call.only_depth_zero()?;
    let search = Search::parse(call.body)?;
    let everywhere = call.body.child(&Name::dav("apply-to-principal-collection-set")).is_some();
    let kinds: &[PrincipalKind] = match call.resource {
        _ if everywhere => &PrincipalKind::ALL,
        Resource::Root { .. } | Resource::Principals(None) => &PrincipalKind::ALL,
        Resource::Principals(Some(kind)) => std::slice::from_ref(kind),
        // No principals lie below anything else.
        _ => &[],
    };
    let candidates = principals::of_kinds(call.context, kinds);
    let Some(body) = with_properties_inside(call.body) else {
        return principals::answer(call, candidates, |subject| search.matches(subject));
    };
    let asked = body.child(&PROP);
    let has_all = |subject: &Subject<'_>| -> Result<bool, Error> {
        for wanted in asked.into_iter().flat_map(Element::elements) {
            if !principals::has(subject, &wanted.name)? {
                return Ok(false);
            }
        }
        search.matches(subject)
    };
    principals::answer(&Call { body: &body, ..*call }, candidates, has_all)
}

/// The body with the properties that stand beside an empty DAV:prop put into it; `None` when
/// there are none.
fn with_properties_inside(body: &Element) -> Option<Element> {
    if body.child(&PROP)?.elements().next().is_some() {
        return None;
    }
    let beside = |element: &&Element| property(&element.name).is_some();
    let properties: Vec<Element> = body.elements().filter(beside).cloned().collect();
    if properties.is_empty() {
        return None;
    }
    let others = body.elements().filter(|element| !beside(element) && !element.is(&PROP));
    let prop = Element::new(PROP).and_all(properties);
    Some(Element { children: Vec::new(), ..body.clone() }.and_all(others.cloned()).and(prop))
}

/// What is looked for.
struct Search {
    /// Whether one condition is enough.
    any: bool,
    /// Whether there was a condition that no principal can meet.
    hopeless: bool,
    conditions: Vec<Condition>,
}

/// All these properties must match.
struct Condition {
    properties: Vec<Name>,
    /// In lower case.
    text: String,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    Equals,
    Contains,
    StartsWith,
    EndsWith,
}

impl Search {
    fn parse(body: &Element) -> Result<Search, Error> {
        let any = match body.attribute("test") {
            None | Some("allof") => false,
            Some("anyof") => true,
            Some(_) => return Err(Error::bad_request("test is anyof or allof")),
        };
        let name = Name::dav("property-search");
        if body.children_named(&name).count() > CONDITIONS_MAX {
            return Err(Error::bad_request("too many property-search elements"));
        }
        let mut conditions = Vec::new();
        for element in body.children_named(&name) {
            conditions.push(Condition::parse(element)?);
        }
        let asked = !conditions.is_empty();
        for condition in &mut conditions {
            condition.properties.retain(is_searchable);
        }
        conditions.retain(|condition| !condition.properties.is_empty());
        Ok(Search { any, hopeless: asked && conditions.is_empty(), conditions })
    }

    fn matches(&self, subject: &Subject<'_>) -> Result<bool, Error> {
        if self.hopeless {
            return Ok(false);
        }
        for condition in &self.conditions {
            if condition.matches(subject)? == self.any {
                return Ok(self.any);
            }
        }
        Ok(!self.any || self.conditions.is_empty())
    }
}

impl Condition {
    fn parse(element: &Element) -> Result<Condition, Error> {
        let properties = element
            .child(&Name::dav("prop"))
            .map(|prop| prop.elements().map(|property| property.name.clone()).collect::<Vec<_>>());
        let wanted = element.child(&Name::dav("match"));
        let (Some(properties), Some(wanted)) = (properties, wanted) else {
            return Err(Error::bad_request("property-search holds prop and match"));
        };
        let place = match wanted.attribute("match-type").unwrap_or("contains") {
            "equals" => Place::Equals,
            "contains" => Place::Contains,
            "starts-with" => Place::StartsWith,
            "ends-with" => Place::EndsWith,
            _ => return Err(Error::bad_request("an unknown match-type")),
        };
        Ok(Condition { properties, text: wanted.text().trim().to_lowercase(), place })
    }

    fn matches(&self, subject: &Subject<'_>) -> Result<bool, Error> {
        for name in &self.properties {
            if !texts(subject, name)?.iter().any(|text| self.fits(text)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Without case, as RFC 3744 §9.4 likes it.
    fn fits(&self, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        match self.place {
            Place::Equals => text == self.text,
            Place::Contains => text.contains(&self.text),
            Place::StartsWith => text.starts_with(&self.text),
            Place::EndsWith => text.ends_with(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits_by_place_and_without_case() {
        for (place, wanted, text, fits) in [
            (Place::Contains, "RAUM", "Beratungsraum 3", true),
            (Place::Contains, "", "Beratungsraum 3", true),
            (Place::Contains, "grün", "Frau GRÜNER", true),
            (Place::StartsWith, "raum", "Beratungsraum 3", false),
            (Place::StartsWith, "berat", "Beratungsraum 3", true),
            (Place::EndsWith, "3", "Beratungsraum 3", true),
            (Place::Equals, "beratungsraum", "Beratungsraum 3", false),
            (Place::Equals, "beratungsraum 3", " Beratungsraum 3", true),
        ] {
            let condition =
                Condition { properties: Vec::new(), text: wanted.to_lowercase(), place };
            assert_eq!(condition.fits(text), fits, "{wanted} {text}");
        }
    }

    #[test]
    fn properties_beside_an_empty_prop_are_asked_for() {
        let name = Name::dav("displayname");
        let search = || Element::new(Name::dav("property-search"));
        let body = |prop: Element| Element::new(REPORT.name.clone()).and(search()).and(prop);
        let beside = body(Element::new(PROP)).and(Element::new(name.clone()));
        let inside = body(Element::new(PROP).and(Element::new(name.clone())));
        assert_eq!(with_properties_inside(&beside), Some(inside.clone()));
        assert_eq!(with_properties_inside(&inside), None);
        assert_eq!(with_properties_inside(&body(Element::new(PROP))), None);
    }
}
