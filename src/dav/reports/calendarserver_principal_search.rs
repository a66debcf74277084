//! CS:calendarserver-principal-search, as Apple's calendar asks while somebody types: every
//! word must begin a word of the name or an address, and the field being filled tells which
//! kind of principal fits.

use super::principals::{self, texts};
use super::{Call, Report};
use crate::dav::error::Error;
use crate::dav::path::PrincipalKind;
use crate::dav::privileges::Privilege;
use crate::dav::properties::Subject;
use crate::dav::resource::Kind;
use crate::dav::response::Response;
use crate::xml::Name;

pub(super) const REPORT: Report = Report {
    name: Name::calserver("calendarserver-principal-search"),
    section: "calendarserver-principal-search §report",
    on: &[Kind::Root, Kind::Collection, Kind::Principal],
    privilege: Privilege::Read,
    run,
};

/// Most words in one request.
const WORDS_MAX: usize = 20;

fn run(call: &Call<'_>) -> Result<Response, Error> {
    call.only_depth_zero()?;
    let kinds = kinds(call.body.attribute("context"))?;
    let name = Name::calserver("search-token");
    let words: Vec<String> = call
        .body
        .children_named(&name)
        .map(|word| word.text().trim().to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() || words.len() > WORDS_MAX {
        return Err(Error::bad_request("between 1 and 20 search-token elements"));
    }
    let candidates = principals::of_kinds(call.context, kinds);
    principals::answer(call, candidates, |subject| {
        let known = known_words(subject)?;
        Ok(words.iter().all(|word| known.iter().any(|known| known.starts_with(word))))
    })
}

/// Who fits the field that is being filled. The phone looks for rooms among the attendees;
/// departments have no address, so nobody can invite them.
fn kinds(context: Option<&str>) -> Result<&'static [PrincipalKind], Error> {
    match context {
        Some("location" | "resource") => Ok(&[PrincipalKind::Room, PrincipalKind::Pool]),
        Some("user") => Ok(&[PrincipalKind::User]),
        Some("group") => Ok(&[PrincipalKind::Department]),
        Some("attendee") => Ok(&[PrincipalKind::User, PrincipalKind::Room, PrincipalKind::Pool]),
        None => Ok(&PrincipalKind::ALL),
        Some(_) => Err(Error::bad_request("an unknown context")),
    }
}

/// The words of a principal's name, and the addresses as a whole, in lower case.
fn known_words(subject: &Subject<'_>) -> Result<Vec<String>, Error> {
    let mut known = texts(subject, &Name::calserver("email-address-set"))?;
    for name in texts(subject, &Name::dav("displayname"))? {
        known.extend(name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        known.push(name);
    }
    Ok(known.iter().map(|word| word.to_lowercase()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_found_wherever_a_client_looks_for_them() {
        for (context, finds_rooms, finds_people) in [
            (Some("location"), true, false),
            (Some("resource"), true, false),
            (Some("attendee"), true, true),
            (None, true, true),
            (Some("user"), false, true),
            (Some("group"), false, false),
        ] {
            let kinds = kinds(context).unwrap();
            assert_eq!(kinds.contains(&PrincipalKind::Room), finds_rooms, "{context:?}");
            assert_eq!(kinds.contains(&PrincipalKind::Pool), finds_rooms, "{context:?}");
            assert_eq!(kinds.contains(&PrincipalKind::User), finds_people, "{context:?}");
        }
        assert!(kinds(Some("moon")).is_err());
    }
}
