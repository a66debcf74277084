//! What is known of citizens goes some days after their appointments: the records with all by
//! which they are found, and their names and words in the stored bookings. Nobody is told, and
//! bookings keep their UIDs and times, so that no client is surprised.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::super::people::{INBOX_ITEMS_MAX, inbox_key};
use super::super::steps::Steps;
use super::super::{Delivery, Error, user_key};
use super::record::{ERASURE_TABLE, Record, due_key};
use super::view::{Citizen, is_citizen};
use crate::calendar::{CalendarObject, CalendarUserAddress, Component, ContentLine, Editor};
use crate::directory::Directory;
use crate::locale;
use crate::scheduling::participation::is_cancelled;
use crate::store::{self, CollectionId, Key, Object, Operation, Row, Write};
use crate::time_range::TimeRange;

/// Most appointments that are erased in one go.
const ERASED_PAGE: usize = 200;

/// What a booking says that may be about its citizen.
const TEXTS: [&str; 6] = ["DESCRIPTION", "COMMENT", "CONTACT", "ATTACH", "URL", "X-ALT-DESC"];

/// What there is of a booking.
struct Versions<'d> {
    /// In which collections.
    list: Vec<(CollectionId, Object)>,
    /// Ids of the people who have it.
    people: BTreeSet<&'d str>,
}

impl Delivery {
    /// Erases what is known of citizens whose time is over; nobody is told. To be called every
    /// hour or so. The answer is how many appointments went.
    pub fn erase_citizens(
        &self,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<usize, Error> {
        let mut erased = 0;
        for (key, id) in self.due_before(ERASURE_TABLE, now, ERASED_PAGE)? {
            let done = self.until_settled(|| self.try_erase(directory, &id, &key, now))?;
            erased += usize::from(done);
        }
        Ok(erased)
    }

    fn try_erase(
        &self,
        directory: &Directory,
        id: &str,
        key: &[u8],
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let mut steps = Steps::default();
        let (table, gone) = (ERASURE_TABLE, key.to_vec());
        steps.push(Operation::Put { table, key: gone, value: None });
        let record = self.record(id)?;
        let due = record.as_ref().and_then(Record::erased_at);
        let is_due = due.is_some_and(|at| at <= now && key.starts_with(&due_key(at)));
        let Some(record) = record.filter(|_| is_due) else {
            self.commit(steps)?;
            return Ok(false);
        };
        Delivery::forget_record(&record, &mut steps);
        let place = (record.collection(), record.name.as_str());
        let others = self.records_of(place.0, place.1)?;
        let alone = others.iter().all(|other| other.appointment.id == id);
        let Versions { list, people } = self.versions_of(directory, &record)?;
        for (collection, stored) in list {
            let name = stored.header.name.clone();
            steps.expect_object(collection, &name, Some(stored.header.revision));
            let rows = self.store.rows(collection, TimeRange::ALWAYS, Some(&name))?;
            let rows: Vec<Row> = rows.into_iter().map(|dated| dated.row).collect();
            let is_over = rows.iter().all(|row| row.range.end <= now);
            let Some(body) = without_citizen(directory, &record, &stored, (alone, is_over)) else {
                continue;
            };
            let header = stored.header;
            let write = Write {
                name: header.name,
                uid: header.uid,
                component: header.component,
                author: header.author,
                private: header.private,
                body: body.into_bytes(),
                rows,
                consequential: true,
                now,
            };
            steps.push(Operation::Write(collection, write));
        }
        if alone {
            self.forget_messages(&people, &record, &mut steps)?;
        }
        self.commit(steps)?;
        Ok(true)
    }

    /// Removes what scheduling has laid into the inboxes of those who took part.
    fn forget_messages(
        &self,
        people: &BTreeSet<&str>,
        record: &Record,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        for user in people {
            for inbox in self.store.collections(Some(&inbox_key(user)))? {
                for header in self.store.headers(inbox.id, None, INBOX_ITEMS_MAX)? {
                    let item = self.store.object(inbox.id, Key::Name(&header.name))?;
                    let is_about = |item: &Object| {
                        let read = CalendarObject::parse_message(&item.body);
                        read.is_ok_and(|read| read.uid() == record.event)
                    };
                    if item.is_some_and(|item| is_about(&item)) {
                        steps.expect_object(inbox.id, &header.name, Some(header.revision));
                        steps.push(Operation::Remove(inbox.id, header.name));
                    }
                }
            }
        }
        Ok(())
    }

    /// The booking, and the copies that people here have of it; and who these people are.
    fn versions_of<'d>(
        &self,
        directory: &'d Directory,
        record: &'d Record,
    ) -> Result<Versions<'d>, Error> {
        let own = (record.collection(), record.booker.as_str());
        let mut places = BTreeSet::from([own]);
        for user in directory.users.keys() {
            let collections = self.store.collections(Some(&user_key(user)))?.into_iter();
            let others = collections.filter(|collection| collection.id != own.0);
            places.extend(others.map(|collection| (collection.id, user.as_str())));
        }
        let (mut versions, mut people) = (Vec::new(), BTreeSet::from([own.1]));
        for (id, user) in places {
            let found = match self.store.object(id, Key::Uid(&record.event)) {
                Err(store::Error::NoCollection) => None,
                found => found?,
            };
            if let Some(found) = found {
                versions.push((id, found));
                people.insert(user);
            }
        }
        Ok(Versions { list: versions, people })
    }
}

/// The booking without the citizen, and, where nobody else from outside takes part, without
/// what is written about them. `None` where nothing of them is there, or it can't be read.
fn without_citizen(
    directory: &Directory,
    record: &Record,
    stored: &Object,
    (alone, is_over): (bool, bool),
) -> Option<String> {
    let object = CalendarObject::parse(&stored.body).ok()?;
    // What goes on without any citizen is somebody else's affair.
    let forgets = alone && (is_over || object.components().all(is_cancelled));
    let citizen = Citizen::of(&record.appointment.citizen);
    let booker = directory.users.get(&record.booker);
    let language = booker.map_or("de", |user| user.language.as_str());
    let title = locale::text(language, "appointment-erased", &[]);
    let mut editor = Editor::new(object.source());
    let is_gone = |address: &CalendarUserAddress| {
        *address == citizen.address || (forgets && is_citizen(directory, address))
    };
    for component in object.components() {
        for attendee in component.all("ATTENDEE") {
            if is_gone(&CalendarUserAddress::of(attendee)) {
                editor.remove(attendee);
            }
        }
        if forgets {
            forget_texts(&mut editor, component, &title);
        }
    }
    if editor.is_empty() {
        return None;
    }
    let text = editor.finish();
    CalendarObject::parse(text.as_bytes()).is_ok().then_some(text)
}

fn forget_texts(editor: &mut Editor<'_>, component: &Component, title: &str) {
    for name in TEXTS {
        editor.remove_all(component, name);
    }
    let of_client = |name: &str| name.starts_with("X-");
    let others = component.properties.iter().filter(|it| of_client(&it.name));
    others.for_each(|property| {
        editor.remove(property);
    });
    for alarm in component.children("VALARM") {
        editor.remove_component(alarm);
    }
    let line = ContentLine::new("SUMMARY").text(title);
    editor.set(component, "SUMMARY", &line);
}
