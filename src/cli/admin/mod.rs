//! Administration as data: commands and answers that travel as lines of JSON between the
//! command line and a running server, and their execution, which is the same on both sides.

mod arranging;
mod bookings;
mod closing;
mod delegates;
mod delivering;
mod finding;
mod letters;
mod records;
mod texts;

use super::{Failure, Wired};
use crate::delivery::appointments::AppointmentFault;
use crate::directory::grants::Delegation;
use crate::directory::{self, Contents, DevicePassword, Missing, TownFile, What, write_town_file};
use crate::store::Finding;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use crate::directory::Difference;
pub use arranging::Arrange;
pub use bookings::{AddHold, AnswerRequest};
pub use closing::{AffectedBooking, CloseRoom};
pub use delivering::{Delivered, Fate};
pub use finding::{Explain, Find, Proposed};
pub use letters::LetterCommand;
pub use records::Kind;

/// Longest line of either direction, in bytes.
pub const FRAME_BYTES_MAX: u64 = crate::server::admin::LINE_BYTES_MAX;

/// What an administrator asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum AdminCommand {
    /// All records of a kind, without secrets.
    List {
        /// Which.
        kind: Kind,
    },
    /// One record, without secrets.
    Show {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// Adds a record that is not there.
    Add {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: String,
        /// Its fields.
        fields: Map<String, Value>,
    },
    /// Changes fields of a record that is there.
    Change {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: String,
        /// Fields and what they become.
        fields: Map<String, Value>,
        /// Fields that become as if they had never been set.
        clear: Vec<String>,
    },
    /// Removes a record that nothing needs any more.
    Remove {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// Makes a password for one device of a user.
    AddDevicePassword {
        /// Id of the user.
        user: String,
        /// What the user calls the device.
        label: String,
    },
    /// The delegates of a person, or of everybody.
    Delegates {
        /// Id of the person.
        user: Option<String>,
    },
    /// Makes somebody a delegate of a person, or no longer one.
    ChangeDelegate {
        /// Id of the person.
        user: String,
        /// Id of the delegate.
        delegate: String,
        /// What the delegate does.
        access: Delegation,
        /// Whether they are one from now on.
        is_one: bool,
    },
    /// Takes over a town file.
    Import {
        /// The file.
        text: String,
        /// What happens to records that it does not have.
        missing: Missing,
        /// Only tell what would change.
        dry_run: bool,
    },
    /// Gives the directory as a town file.
    Export {
        /// Whether hashes of passwords are in it.
        with_password_hashes: bool,
    },
    /// Proves the rooms' bookings.
    Check,
    /// Finds free times.
    Find(Find),
    /// Explains a room's answer.
    Explain(Explain),
    /// Closes a room for a time.
    CloseRoom(CloseRoom),
    /// Holds a room.
    AddHold(AddHold),
    /// All holds.
    Holds {
        /// Only those of this room.
        room: Option<String>,
    },
    /// Ends a hold.
    Release {
        /// Slug of the room.
        room: String,
        /// Name of the hold.
        name: String,
    },
    /// What waits for approval.
    Requests {
        /// Only what waits in this room.
        room: Option<String>,
    },
    /// Answers a request.
    Answer(AnswerRequest),
    /// Books a room for an appointment and invites the citizen.
    Arrange(Arrange),
    /// Appointments of citizens.
    Appointments {
        /// Only those with this number.
        number: Option<String>,
    },
    /// Calls an appointment off, as its citizen would.
    CancelAppointment {
        /// Its id.
        id: String,
    },
    /// Takes a message that came by mail.
    Deliver {
        /// To whom; empty: to those whom its head names.
        recipients: Vec<String>,
        /// Its bytes, in base64.
        message: String,
    },
    /// About letters.
    Mail(LetterCommand),
    /// The texts that a department can word itself, with those that it does.
    Texts {
        /// Id of the department.
        department: String,
    },
    /// Sets (`Some`) or takes back (`None`) a text of a department.
    SetText {
        /// Id of the department.
        department: String,
        /// Language.
        language: String,
        /// Key of the text.
        key: String,
        /// Its pattern.
        pattern: Option<String>,
    },
    /// Moves the clock of a demo town on.
    AdvanceClock {
        /// By how much.
        seconds: u32,
    },
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum AdminAnswer {
    /// It was done, or would be.
    Done {
        /// What became different.
        differences: Vec<Difference>,
    },
    /// Records.
    Records {
        /// In order of id.
        records: Vec<Value>,
    },
    /// A record.
    Record {
        /// Its fields.
        record: Value,
    },
    /// How many it were.
    Counted {
        /// The number.
        count: usize,
    },
    /// What became of a message.
    Delivered {
        /// For each recipient, in order.
        outcomes: Vec<Delivered>,
    },
    /// A letter to look at.
    Letter {
        /// Its subject.
        subject: String,
        /// Its plain text.
        plain: String,
        /// Its HTML.
        html: String,
        /// The whole message.
        message: String,
    },
    /// A text.
    Text {
        /// The text.
        text: String,
    },
    /// A device password, shown this one time.
    DevicePassword {
        /// Id to name it by.
        id: String,
        /// The password.
        password: String,
    },
    /// The proof.
    Findings {
        /// What is wrong.
        findings: Vec<Fault>,
        /// How many rooms were looked at.
        rooms: usize,
    },
    /// Free times.
    Proposals {
        /// The best first.
        proposals: Vec<Proposed>,
    },
    /// A room's answer.
    Explained {
        /// `accepted`, `awaiting-approval` or `declined`.
        verdict: String,
        /// Short names of the rules that stand against it, the one that decides first.
        rules: Vec<String>,
        /// All of it in words.
        lines: Vec<String>,
    },
    /// A room that is closed, or would be.
    Closed {
        /// The bookings that it meets, in order of time.
        affected: Vec<AffectedBooking>,
    },
    /// What the clock shows.
    Clock {
        /// The time.
        now: DateTime<Utc>,
    },
    /// It was not done.
    Refused {
        /// Why.
        text: String,
    },
}

/// Executes a line of JSON; the answer is one too, without its end.
pub fn execute_frame(wired: &Wired, frame: &str, now: DateTime<Utc>) -> String {
    let answer = match serde_json::from_str(frame) {
        Ok(command) => execute(wired, command, now),
        Err(fault) => AdminAnswer::Refused { text: format!("no such command: {fault}") },
    };
    serde_json::to_string(&answer)
        .unwrap_or_else(|_| r#"{"answer":"refused","text":"no answer"}"#.to_owned())
}

/// Executes a command on an open town.
pub fn execute(wired: &Wired, command: AdminCommand, now: DateTime<Utc>) -> AdminAnswer {
    match attempt(wired, command, now) {
        Ok(answer) => answer,
        Err(failure) => AdminAnswer::Refused { text: failure.to_string() },
    }
}

fn attempt(
    wired: &Wired,
    command: AdminCommand,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let edit = |change: Change<'_>| {
        let ((), differences) = wired.directory.edit(now, change)?;
        Ok(AdminAnswer::Done { differences })
    };
    match command {
        AdminCommand::List { kind } => {
            let records = records::all(&*wired.directory.contents()?, kind)?;
            Ok(AdminAnswer::Records { records })
        }
        AdminCommand::Show { kind, id } => {
            let record = records::one(&*wired.directory.contents()?, kind, &id)?;
            Ok(AdminAnswer::Record { record })
        }
        AdminCommand::Add { kind, id, fields } => {
            edit(&|contents| records::add(contents, kind, &id, &fields))
        }
        AdminCommand::Change { kind, id, fields, clear } => {
            edit(&|contents| records::change(contents, kind, &id, &fields, &clear))
        }
        AdminCommand::Remove { kind, id } => {
            let remove = |contents: &mut Contents| records::remove(contents, kind, &id);
            call_off(wired, &remove, now)?;
            edit(&remove)
        }
        AdminCommand::AddDevicePassword { user, label } => {
            add_device_password(wired, &user, &label, now)
        }
        AdminCommand::Delegates { user } => delegates::list(wired, user.as_deref()),
        AdminCommand::ChangeDelegate { user, delegate, access, is_one } => {
            delegates::change(wired, &user, &delegate, access, is_one)
        }
        AdminCommand::Import { text, missing, dry_run } => {
            import(wired, &text, missing, dry_run, now)
        }
        AdminCommand::Export { with_password_hashes } => {
            let text = write_town_file(&*wired.directory.contents()?, with_password_hashes)?;
            Ok(AdminAnswer::Text { text })
        }
        AdminCommand::Check => check(wired),
        AdminCommand::Find(find) => finding::find(wired, &find, now),
        AdminCommand::Explain(explain) => finding::explain(wired, &explain, now),
        AdminCommand::CloseRoom(close) => closing::close(wired, &close, now),
        AdminCommand::AddHold(add) => bookings::add_hold(wired, &add, now),
        AdminCommand::Holds { room } => bookings::holds(wired, room.as_deref(), now),
        AdminCommand::Release { room, name } => bookings::release(wired, &room, &name, now),
        AdminCommand::Requests { room } => bookings::requests(wired, room.as_deref(), now),
        AdminCommand::Answer(answer) => bookings::answer(wired, &answer, now),
        AdminCommand::Arrange(arrange) => arranging::arrange(wired, &arrange, now),
        AdminCommand::Appointments { number } => arranging::list(wired, number.as_deref(), now),
        AdminCommand::CancelAppointment { id } => arranging::cancel(wired, &id, now),
        AdminCommand::Deliver { recipients, message } => {
            delivering::deliver(wired, recipients, &message, now)
        }
        AdminCommand::Mail(command) => letters::execute(wired, &command, now),
        AdminCommand::Texts { department } => texts::list(wired, &department),
        AdminCommand::SetText { department, language, key, pattern } => {
            edit(&|contents| texts::set(contents, &department, &language, &key, pattern.as_ref()))
        }
        AdminCommand::AdvanceClock { seconds } => advance_clock(wired, seconds),
    }
}

/// What a command makes of the directory.
type Change<'a> = &'a dyn Fn(&mut Contents) -> Result<(), directory::Error>;

/// Calls off the meetings to come of the people who go with a change, unless something stands
/// in its way.
fn call_off(wired: &Wired, change: Change<'_>, now: DateTime<Utc>) -> Result<(), Failure> {
    let ((), differences) = wired.directory.rehearse(now, change)?;
    let directory = wired.directory.snapshot()?;
    for difference in differences.iter().filter(|it| it.what == What::Removed) {
        if let Some(user) = difference.record.strip_prefix("user/") {
            wired.delivery.call_off_meetings_of(&directory, user, now)?;
        }
    }
    Ok(())
}

/// Something that a check has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What is kept wrong: `time-index`, `body`, `booking`.
    pub part: String,
    /// All of it in one sentence.
    pub text: String,
    /// Whether it can be made again from what is left.
    pub can_be_rebuilt: bool,
}

impl From<Finding> for Fault {
    fn from(finding: Finding) -> Fault {
        Fault {
            part: finding.part.word().to_owned(),
            can_be_rebuilt: finding.part.can_be_rebuilt(),
            text: finding.to_string(),
        }
    }
}

impl Fault {
    /// What is wrong between a room and its bookings.
    fn of_booking(text: String) -> Fault {
        Fault { part: "booking".to_owned(), text, can_be_rebuilt: false }
    }

    /// What is wrong with what is kept of appointments.
    fn of_appointment(fault: AppointmentFault) -> Fault {
        let AppointmentFault { text, can_be_rebuilt } = fault;
        Fault { part: "appointment".to_owned(), text, can_be_rebuilt }
    }
}

fn check(wired: &Wired) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let mut findings: Vec<Fault> = (wired.verify)()?.into_iter().map(Fault::from).collect();
    findings.extend(wired.delivery.check(&directory)?.into_iter().map(Fault::of_booking));
    findings.extend(wired.delivery.check_appointments()?.into_iter().map(Fault::of_appointment));
    Ok(AdminAnswer::Findings { findings, rooms: directory.rooms.len() })
}

fn advance_clock(wired: &Wired, seconds: u32) -> Result<AdminAnswer, Failure> {
    if !wired.demo {
        return Err(Failure::new(
            "only the clock of a server started by `terminraum demo` can be moved",
        ));
    }
    let now = wired.clock.advance(TimeDelta::seconds(i64::from(seconds)));
    let directory = wired.directory.snapshot()?;
    wired.delivery.extend_horizon(&directory, now)?;
    wired.delivery.expire(&directory, now)?;
    wired.delivery.send_reminders(&directory, now)?;
    wired.delivery.erase_citizens(&directory, now)?;
    Ok(AdminAnswer::Clock { now })
}

fn add_device_password(
    wired: &Wired,
    user: &str,
    label: &str,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let (device, password) =
        DevicePassword::generate(user, label, now).map_err(directory::Error::from)?;
    wired.directory.edit(now, |contents| {
        if !contents.directory.users.contains_key(user) {
            return Err(directory::Error::NotFound(format!("user {user}")));
        }
        contents.devices.insert((user.to_owned(), device.id.clone()), device.clone());
        Ok(())
    })?;
    Ok(AdminAnswer::DevicePassword { id: device.id, password })
}

fn import(
    wired: &Wired,
    text: &str,
    missing: Missing,
    dry_run: bool,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let file = TownFile::read(text)?;
    let change = |contents: &mut Contents| {
        file.import_into(contents, missing);
        Ok(())
    };
    let ((), differences) = if dry_run {
        wired.directory.rehearse(now, change)?
    } else {
        call_off(wired, &change, now)?;
        wired.directory.edit(now, change)?
    };
    Ok(AdminAnswer::Done { differences })
}

#[cfg(test)]
mod tests;
