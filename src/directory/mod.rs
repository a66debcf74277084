//! Who exists: users, departments, rooms; and how they prove who they are.

mod model;

pub use model::{Department, Directory, People, Role, Room, User};
