//! RFC 6578: from where a client goes on.

use super::value::Value;
use super::{Access, Property};
use crate::dav::resource::{Kind, Resource};
use crate::store::{Collection, CollectionId, Revision};
use crate::xml::Name;

/// What a sync token begins with: a URI that leads nowhere (RFC 6578 §4).
const TOKEN_PREFIX: &str = "urn:terminraum:sync:";

pub(super) const PROPERTIES: &[Property] = &[Property {
    name: Name::dav("sync-token"),
    section: "RFC 6578 §4",
    on: &[Kind::Calendar, Kind::Inbox],
    allprop: false,
    access: Access::Protected,
    get: |subject| match subject.resource {
        Resource::Calendar(found) => {
            let Collection { id, revision, .. } = found.calendar.collection;
            Ok(Some(Value::text(sync_token(id, revision))))
        }
        _ => Ok(None),
    },
}];

/// The token for a collection as of a revision. It names the collection, whose number is
/// never given again: so a token of another one, also of the same name, is not mistaken.
pub fn sync_token(id: CollectionId, revision: Revision) -> String {
    format!("{TOKEN_PREFIX}{}:{}", id.0, revision.0)
}

/// The revision that a token of this collection stands for; `None` for every other text.
pub fn parse_sync_token(token: &str, id: CollectionId) -> Option<Revision> {
    let (number, revision) = token.trim().strip_prefix(TOKEN_PREFIX)?.split_once(':')?;
    let revision = Revision(revision.parse().ok()?);
    (number.parse() == Ok(id.0) && token.trim() == sync_token(id, revision)).then_some(revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_given_out_for_this_collection_are_read() {
        let id = CollectionId(7);
        let token = sync_token(id, Revision(42));
        assert_eq!(parse_sync_token(&token, id), Some(Revision(42)));
        assert_eq!(parse_sync_token(&token, CollectionId(8)), None);
        for text in [
            "",
            "42",
            "urn:terminraum:sync:7",
            "urn:terminraum:sync:7:",
            "urn:terminraum:sync:7:-1",
            "urn:terminraum:sync:7:+42",
            "urn:terminraum:sync:7:042",
            "urn:terminraum:sync:7:99999999999999999999",
        ] {
            assert_eq!(parse_sync_token(text, id), None, "{text}");
        }
    }
}
