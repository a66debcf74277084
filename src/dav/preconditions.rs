//! Conditions of a request: RFC 9110 §13, `If` of RFC 4918 §10.4, and
//! `If-Schedule-Tag-Match` of RFC 6638 §8.3.
//!
//! They are read once and evaluated against the very state that a write is based on.

use super::context::Context;
use super::error::Error;
use super::path::ResourcePath;
use super::properties::sync_token;
use super::request::Request;
use super::resource::{Resource, Target, etag, resolve};
use super::schedule_tag::tag_of;
use crate::scheduling::View;
use crate::store::Header;
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use http::header::{self, HeaderName};

/// The header of the same name (RFC 4918 §10.4).
const IF: HeaderName = HeaderName::from_static("if");
/// The header of the same name (RFC 6638 §8.3).
const IF_SCHEDULE_TAG_MATCH: HeaderName = HeaderName::from_static("if-schedule-tag-match");

/// Most conditions in an `If` header.
const IF_CONDITIONS_MAX: usize = 100;

/// What a request makes its effect depend on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
    if_modified_since: Option<DateTime<Utc>>,
    if_schedule_tag_match: Option<Tags>,
    /// At least one list must hold, where there are any.
    lists: Vec<List>,
}

#[derive(Clone, Debug, PartialEq)]
enum Tags {
    Any,
    /// As they came, quotes included.
    These(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
struct List {
    /// Which resource it is about; `None`: the target. A path that leads nowhere here is
    /// `Some(None)`.
    about: Option<Option<ResourcePath>>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq)]
struct Condition {
    negated: bool,
    what: State,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Etag(String),
    /// A token of a lock, of which there are none, or of a sync (RFC 6578 §5).
    Token(String),
}

/// What conditions are compared with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Current {
    /// The entity tag, quotes included; `None` for what exists without one.
    pub etag: Option<String>,
    /// The Schedule-Tag, quotes included.
    pub schedule_tag: Option<String>,
    /// The sync token of a calendar.
    pub sync_token: Option<String>,
    /// When it was last modified.
    pub modified: Option<DateTime<Utc>>,
}

impl Current {
    /// An object with this header, seen so.
    pub fn of_object(header: &Header, view: &View) -> Current {
        Current {
            etag: Some(etag(header, view)),
            schedule_tag: Some(tag_of(header)),
            sync_token: None,
            modified: view.is_full().then_some(header.modified),
        }
    }

    /// A resource.
    pub fn of(resource: &Resource) -> Current {
        match resource {
            Resource::Object(found) => Current::of_object(&found.header, &found.view),
            Resource::Calendar(found) => {
                let collection = &found.calendar.collection;
                let token = sync_token(collection.id, collection.revision);
                Current { sync_token: Some(token), ..Current::default() }
            }
            _ => Current::default(),
        }
    }
}

impl Conditions {
    /// Reads the headers.
    ///
    /// # Errors
    /// 400 when `If` breaks its grammar.
    pub fn parse(request: &Request) -> Result<Conditions, Error> {
        let tags = |name: HeaderName| -> Option<Tags> {
            let values = request.headers.get_all(name);
            let values: Vec<&str> = values.iter().filter_map(|value| value.to_str().ok()).collect();
            (!values.is_empty()).then(|| Tags::parse(&values.join(",")))
        };
        let since = request.header(&header::IF_MODIFIED_SINCE).ok().flatten();
        Ok(Conditions {
            if_match: tags(header::IF_MATCH),
            if_none_match: tags(header::IF_NONE_MATCH),
            if_modified_since: since.and_then(parse_http_date),
            if_schedule_tag_match: tags(IF_SCHEDULE_TAG_MATCH),
            lists: match request.header(&IF)? {
                Some(text) => parse_if(text, request)?,
                None => Vec::new(),
            },
        })
    }

    /// Whether the conditions for a change hold: `current` is the target as it is, `None`
    /// when there is nothing.
    pub fn hold(&self, context: &Context, current: Option<&Current>) -> bool {
        let etag = |current: &Current| current.etag.clone();
        let schedule_tag = |current: &Current| current.schedule_tag.clone();
        let matches = self.if_match.as_ref().is_none_or(|tags| tags.match_strongly(current, etag));
        let other = self.if_none_match.as_ref().is_none_or(|tags| !tags.match_weakly(current));
        let scheduled = self
            .if_schedule_tag_match
            .as_ref()
            .is_none_or(|tags| tags.match_strongly(current, schedule_tag));
        matches && other && scheduled && self.some_list_holds(context, current)
    }

    /// 412 unless the conditions hold for what a request found.
    pub fn require(&self, context: &Context, target: &Target) -> Result<(), Error> {
        let current = match target {
            Target::Found(resource) => Some(Current::of(resource)),
            Target::Absent { .. } => None,
        };
        if self.hold(context, current.as_ref()) {
            return Ok(());
        }
        Err(Error::precondition_failed())
    }

    /// Whether a GET is answered with 304: `Ok(true)`, or 412.
    pub fn not_modified(&self, context: &Context, current: &Current) -> Result<bool, Error> {
        let without = Conditions { if_none_match: None, ..self.clone() };
        if !without.hold(context, Some(current)) {
            return Err(Error::precondition_failed());
        }
        Ok(match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => tags.match_weakly(Some(current)),
            (None, Some(since)) => {
                current.modified.is_some_and(|modified| modified.trunc_subsecs(0) <= since)
            }
            (None, None) => false,
        })
    }

    /// Whether the client has this state already (RFC 9110 §13.1.2).
    pub fn is_known(&self, current: &Current) -> bool {
        self.if_none_match.as_ref().is_some_and(|tags| tags.match_weakly(Some(current)))
    }

    fn some_list_holds(&self, context: &Context, current: Option<&Current>) -> bool {
        let holds = |list: &List| match &list.about {
            None => list.holds(current),
            Some(None) => list.holds(None),
            Some(Some(path)) => {
                let other = resolve(context, path.clone()).and_then(Target::found).ok();
                list.holds(other.as_ref().map(Current::of).as_ref())
            }
        };
        self.lists.is_empty() || self.lists.iter().any(holds)
    }
}

impl List {
    fn holds(&self, current: Option<&Current>) -> bool {
        self.conditions.iter().all(|condition| {
            let holds = current.is_some_and(|current| match &condition.what {
                State::Etag(tag) => current.etag.as_ref() == Some(tag),
                State::Token(token) => current.sync_token.as_ref() == Some(token),
            });
            holds != condition.negated
        })
    }
}

impl Tags {
    fn parse(text: &str) -> Tags {
        if text.trim() == "*" {
            return Tags::Any;
        }
        // Our tags hold neither commas nor quotes, so a careless cut harms none of them.
        Tags::These(text.split(',').map(|tag| tag.trim().to_owned()).collect())
    }

    fn match_strongly(
        &self,
        current: Option<&Current>,
        tag_of: fn(&Current) -> Option<String>,
    ) -> bool {
        let Some(current) = current else { return false };
        match (self, tag_of(current)) {
            (Tags::Any, _) => true,
            (Tags::These(tags), Some(tag)) => tags.iter().any(|given| same(given, &tag)),
            (Tags::These(_), None) => false,
        }
    }

    fn match_weakly(&self, current: Option<&Current>) -> bool {
        match (self, current) {
            (_, None) => false,
            (Tags::Any, Some(_)) => true,
            (Tags::These(tags), Some(current)) => current.etag.as_ref().is_some_and(|etag| {
                tags.iter().any(|given| same(given.strip_prefix("W/").unwrap_or(given), etag))
            }),
        }
    }
}

/// Some clients lose the quotes.
fn same(given: &str, tag: &str) -> bool {
    given == tag || (!given.contains('"') && given == tag.trim_matches('"'))
}

fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text.trim(), "%a, %d %b %Y %H:%M:%S GMT")
        .ok()
        .map(|time| time.and_utc())
}

/// `If = 1*( 1*(Resource-Tag 1*List) | 1*List )`
fn parse_if(text: &str, request: &Request) -> Result<Vec<List>, Error> {
    let broken = || Error::bad_request("the If header breaks its grammar");
    let mut lists = Vec::new();
    let mut about = None;
    let mut conditions = 0_usize;
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some((url, after)) = enclosed(rest, '<', '>') {
            let path = ResourcePath::from_href(url).ok();
            let here = path.filter(|(_, host)| host.is_none_or(|host| request.is_for(host)));
            about = Some(here.map(|(path, _)| path));
            rest = after.trim_start();
            if !rest.starts_with('(') {
                return Err(broken());
            }
        }
        let (list, after) = parse_list(rest).ok_or_else(broken)?;
        conditions += list.len();
        if conditions > IF_CONDITIONS_MAX {
            return Err(Error::bad_request("the If header has too many conditions"));
        }
        lists.push(List { about: about.clone(), conditions: list });
        rest = after.trim_start();
    }
    if lists.is_empty() { Err(broken()) } else { Ok(lists) }
}

/// `List = "(" 1*Condition ")"`, and what follows it.
fn parse_list(text: &str) -> Option<(Vec<Condition>, &str)> {
    let mut rest = text.strip_prefix('(')?.trim_start();
    let mut conditions = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(')') {
            return (!conditions.is_empty()).then_some((conditions, after));
        }
        let not = rest.get(..3).filter(|word| word.eq_ignore_ascii_case("not"));
        let negated = not.is_some();
        if negated {
            rest = rest.get(3..)?.trim_start();
        }
        let (what, after) = match enclosed(rest, '<', '>') {
            Some((token, after)) => (State::Token(token.to_owned()), after),
            None => {
                let (tag, after) = enclosed(rest, '[', ']')?;
                (State::Etag(tag.trim().to_owned()), after)
            }
        };
        conditions.push(Condition { negated, what });
        rest = after.trim_start();
    }
}

/// What stands between two marks at the start of a text, and what follows.
fn enclosed(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    text.strip_prefix(open)?.split_once(close)
}
