//! A booking as one citizen is to see it.
