//! Who exists: users, departments, rooms; and how they prove it.
