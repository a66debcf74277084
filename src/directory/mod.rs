//! Who exists: users, departments, rooms, pools, with the rules of the town; and how they prove
//! who they are.
//!
//! [`DirectoryService`] keeps the directory in the store and hands out snapshots; editing
//! checks the whole against [`rules`](Problem) first. [`Authenticator`] tells who signs in.
//! Passwords, hashes and random secrets are made and compared in one file, `credentials`.

mod authenticator;
mod credentials;
mod failures;
mod fit;
mod gate;
pub mod grants;
mod look_up;
mod model;
mod policy;
mod removal;
mod rules;
#[cfg(test)]
mod samples;
mod service;
#[cfg(test)]
mod service_tests;
mod town_file;
mod verified;

pub use authenticator::{Authenticator, Denied};
pub use credentials::{
    DevicePassword, NoSecret, PASSWORD_BYTES_MAX, fingerprint, hash_password, password_matches,
    random_password, random_secret,
};
pub use failures::Tries;
pub use fit::{Nearness, Needs};
pub use look_up::{Addresses, PRINCIPALS, Principal};
pub use model::{
    Building, Department, Directory, FreeBusyOfPeople, MeetingPoint, People, Permission, Pool,
    Role, Room, Town, User,
};
pub use policy::{
    Blackout, BookingTitle, ClosureDate, ClosureDay, EndlessSeries, OpeningHours, OpeningSpan,
    Policy, SeriesPastHorizon,
};
pub use rules::{
    BUFFER_MINUTES_MAX, ID_CHARS_MAX, Problem, RESERVED_IDS, TEXT_CHARS_MAX,
    looks_like_a_mail_address,
};
pub use service::{Contents, Difference, DirectoryService, Error, What};
pub use town_file::{Missing, TownFile, write_town_file};
