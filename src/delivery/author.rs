//! How an object of a room's calendar came there, and whose it is.

/// In which way time of a room was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Written straight into the room's calendar.
    Direct,
    /// The room was invited to a meeting that stands in its organizer's own calendar; this is
    /// the room's copy of it.
    Invited,
    /// Held while somebody makes up their mind (Vormerkung): expires by itself.
    Hold,
    /// A booking that the room has refused, kept for a day for the eyes of who asked alone.
    Declined,
}

impl Origin {
    const ALL: [Origin; 4] = [Origin::Direct, Origin::Invited, Origin::Hold, Origin::Declined];

    /// The first part of the key, up to the slash.
    fn prefix(self) -> &'static str {
        match self {
            Origin::Direct => "user",
            Origin::Invited => "invited",
            Origin::Hold => "hold",
            Origin::Declined => "declined",
        }
    }
}

/// The author of an object, as the store's [`author`](crate::store::Header::author) keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// In which way it was asked for.
    pub origin: Origin,
    /// Id of the user whose booking it is: who wrote it, or organizes it.
    pub user: String,
}

impl Author {
    /// The author that wrote it straight into the calendar.
    pub fn direct(user: &str) -> Author {
        Author { origin: Origin::Direct, user: user.to_owned() }
    }

    /// Reads a key. One of a kind that is not known is nobody's direct booking.
    pub fn parse(key: &str) -> Author {
        let (prefix, user) = key.split_once('/').unwrap_or_default();
        let origin = Origin::ALL.into_iter().find(|origin| origin.prefix() == prefix);
        match origin {
            Some(origin) => Author { origin, user: user.to_owned() },
            None => Author::direct(""),
        }
    }

    /// The key that the store keeps: `user/soziales`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.origin.prefix(), self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for origin in Origin::ALL {
            let author = Author { origin, user: "soziales".to_owned() };
            assert_eq!(Author::parse(&author.key()), author);
        }
        for strange in ["", "soziales", "guest/soziales"] {
            assert_eq!(Author::parse(strange), Author::direct(""), "{strange}");
        }
    }
}
