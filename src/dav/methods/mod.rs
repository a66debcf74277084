//! One file per method, and the table of them: dispatch and `Allow` are derived from it.

mod acl;
mod copy_move;
mod delegates;
mod delete;
mod get;
mod mkcol;
mod options;
mod post;
mod propfind;
mod proppatch;
mod put;
mod report;

pub use options::options;

use super::context::Context;
use super::error::Error;
use super::path::ResourcePath;
use super::privileges::Privilege;
use super::request::Request;
use super::resource::{Kind, Target};
use super::response::Response;

/// What a method does with a target.
pub type Run = fn(&Context, Target, &Request) -> Result<Response, Error>;

/// One method.
pub struct MethodEntry {
    /// Its name in the request line.
    pub name: &'static str,
    /// The kinds of resource that have it.
    pub on: &'static [Kind],
    /// Whether it can be used where nothing is: it then makes something, or says why not.
    pub on_nothing: bool,
    /// What the user needs on the target; `None` where that depends on the request.
    pub privilege: Option<Privilege>,
    /// What it does.
    pub run: Run,
}

/// All methods but OPTIONS, which needs no one to be signed in.
pub const METHODS: &[MethodEntry] = &[
    MethodEntry {
        name: "GET",
        on: &[Kind::Object],
        on_nothing: false,
        privilege: Some(Privilege::Read),
        run: get::get,
    },
    MethodEntry {
        name: "HEAD",
        on: &[Kind::Object],
        on_nothing: false,
        privilege: Some(Privilege::Read),
        run: get::head,
    },
    MethodEntry {
        name: "PUT",
        on: &[Kind::Object],
        on_nothing: true,
        privilege: None,
        run: put::put,
    },
    MethodEntry {
        name: "DELETE",
        on: &[Kind::Calendar, Kind::Object],
        on_nothing: false,
        privilege: None,
        run: delete::delete,
    },
    MethodEntry {
        name: "PROPFIND",
        on: Kind::ALL,
        on_nothing: false,
        privilege: Some(Privilege::Read),
        run: propfind::propfind,
    },
    MethodEntry {
        name: "PROPPATCH",
        on: Kind::ALL,
        on_nothing: false,
        privilege: None,
        run: proppatch::proppatch,
    },
    MethodEntry {
        name: "MKCALENDAR",
        on: Kind::ALL,
        on_nothing: true,
        privilege: None,
        run: mkcol::mkcalendar,
    },
    MethodEntry { name: "MKCOL", on: &[], on_nothing: true, privilege: None, run: mkcol::mkcol },
    MethodEntry {
        name: "COPY",
        on: &[Kind::Calendar, Kind::Object],
        on_nothing: false,
        privilege: None,
        run: copy_move::copy,
    },
    MethodEntry {
        name: "MOVE",
        on: &[Kind::Calendar, Kind::Object],
        on_nothing: false,
        privilege: None,
        run: copy_move::r#move,
    },
    MethodEntry {
        name: "REPORT",
        on: Kind::ALL,
        on_nothing: false,
        privilege: None,
        run: report::report,
    },
    MethodEntry {
        name: "ACL",
        on: Kind::ALL,
        on_nothing: false,
        privilege: Some(Privilege::WriteAcl),
        run: acl::acl,
    },
    MethodEntry {
        name: "POST",
        on: &[Kind::Outbox],
        on_nothing: false,
        privilege: Some(Privilege::ScheduleSendFreeBusy),
        run: post::post,
    },
];

/// Methods that exist elsewhere: refused by 405, where one that nobody knows is 501.
const KNOWN_ELSEWHERE: &[&str] = &[
    "PATCH",
    "TRACE",
    "CONNECT",
    "LOCK",
    "UNLOCK",
    "BIND",
    "UNBIND",
    "REBIND",
    "SEARCH",
    "VERSION-CONTROL",
    "CHECKIN",
    "CHECKOUT",
    "UNCHECKOUT",
    "UPDATE",
    "LABEL",
    "MERGE",
    "ORDERPATCH",
    "MKWORKSPACE",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "LINK",
    "UNLINK",
    "MKREDIRECTREF",
    "UPDATEREDIRECTREF",
    "QUERY",
];

/// The value of `Allow` for what has one of these kinds, or is not there (`None`).
pub fn allow(kinds: &[Option<Kind>]) -> String {
    let has = |entry: &&MethodEntry| {
        kinds.iter().any(|kind| kind.map_or(entry.on_nothing, |kind| entry.on.contains(&kind)))
    };
    let names = METHODS.iter().filter(has).map(|entry| entry.name);
    std::iter::once("OPTIONS").chain(names).collect::<Vec<_>>().join(", ")
}

/// Whether a method of this name makes something where nothing is.
pub fn makes(name: &str) -> bool {
    METHODS.iter().any(|entry| entry.name == name && entry.on_nothing)
}

/// The entry of a method.
///
/// # Errors
/// 405 for what is known elsewhere, 501 for what is not.
pub fn find(name: &str, path: &ResourcePath) -> Result<&'static MethodEntry, Error> {
    if let Some(entry) = METHODS.iter().find(|entry| entry.name == name) {
        return Ok(entry);
    }
    if KNOWN_ELSEWHERE.contains(&name) {
        return Err(Error::method_not_allowed(&options::allow_at(path)));
    }
    Err(Error::not_implemented())
}

/// Does what the request asks for.
///
/// # Errors
/// 405 and 403 before the method begins, then what the method says.
pub fn run(
    entry: &MethodEntry,
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    match &target {
        Target::Found(resource) if !entry.on.contains(&resource.kind()) => {
            return Err(Error::method_not_allowed(&allow(&[Some(resource.kind())])));
        }
        Target::Absent { .. } if !entry.on_nothing => return Err(Error::not_found()),
        Target::Found(resource) => {
            if let Some(privilege) = entry.privilege {
                context.require(resource, privilege)?;
            }
        }
        Target::Absent { .. } => {}
    }
    (entry.run)(context, target, request)
}
