//! Who is in a group of delegates (caldav-proxy §4.2): set by the person whose delegates they are,
//! as DAV:group-member-set.

use super::proppatch::Change;
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::path::{PrincipalKind, ResourcePath};
use crate::dav::resource::{Principal, Proxy, principal};
use crate::delivery::GRANTS_PER_PLACE_MAX;
use crate::xml::{Element, Name};
use std::collections::BTreeSet;

const GROUP_MEMBER_SET: Name = Name::dav("group-member-set");

/// Makes the changes, if all of them can be made; what can be said of each.
///
/// # Errors
/// When the store fails.
pub(super) fn change(
    context: &Context,
    proxy: &Proxy,
    changes: &[Change],
) -> Result<Vec<Result<(), Error>>, Error> {
    let mut members = BTreeSet::new();
    let verdicts: Vec<Result<(), Error>> = changes
        .iter()
        .map(|change| match change {
            Change::Set(value) if value.is(&GROUP_MEMBER_SET) => {
                members = read(context, proxy, value)?;
                Ok(())
            }
            Change::Remove(name) if *name == GROUP_MEMBER_SET => {
                members.clear();
                Ok(())
            }
            _ => Err(Error::precondition(Name::dav("cannot-modify-protected-property"))),
        })
        .collect();
    if verdicts.iter().all(Result::is_ok) {
        context.delivery.set_delegates(&proxy.owner.id, proxy.delegation, &members)?;
    }
    Ok(verdicts)
}

fn read(context: &Context, proxy: &Proxy, value: &Element) -> Result<BTreeSet<String>, Error> {
    let mut members = BTreeSet::new();
    for href in value.children_named(&Name::dav("href")) {
        let path = ResourcePath::from_href(&href.text()).map(|(path, _)| path);
        let found = match path {
            Ok(ResourcePath::Principal(kind @ PrincipalKind::User, id)) => {
                principal(context, kind, &id)
            }
            Ok(ResourcePath::Principal(..) | ResourcePath::Proxy(..)) => {
                return Err(Error::precondition(Name::dav("allowed-principal"))
                    .because("delegates are people"));
            }
            _ => None,
        };
        let Some(Principal::User(user)) = found else {
            return Err(Error::precondition(Name::dav("recognized-principal")));
        };
        // Who has everything already is not told so by an error: clients send it.
        if user.id != proxy.owner.id {
            members.insert(user.id);
        }
    }
    if members.len() > GRANTS_PER_PLACE_MAX {
        return Err(Error::too_much("delegates"));
    }
    Ok(members)
}
