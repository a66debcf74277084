//! Where citizens go: what they may read of a room.
