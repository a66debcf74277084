//! RFC 5397: who is signed in.

use super::value::Value;
use super::{Access, Property};
use crate::dav::path::ResourcePath;
use crate::dav::resource::Kind;
use crate::xml::Name;

pub(super) const PROPERTIES: &[Property] = &[Property {
    name: Name::dav("current-user-principal"),
    section: "RFC 5397 §3",
    on: Kind::ALL,
    allprop: false,
    access: Access::Protected,
    get: |subject| Ok(Some(Value::hrefs([ResourcePath::user(&subject.context.user.id).href()]))),
}];
