//! Terminraum: room booking for town halls. A CalDAV server whose rooms are shared calendars,
//! and whose rooms are never booked twice.
//!
//! This page is the architecture: what there is, where a request goes, and what is absent on
//! purpose.
//!
//! # Bird's-eye view
//! A request is bytes. A pure, synchronous core turns *(request, snapshot, now)* into
//! *(response, plan)*. The plan is committed if nothing that it was computed from has moved,
//! else it is computed again; the answer leaves when the commit is durable. One async shell
//! stands around the core, one store trait below it.
//!
//! | module | what it is |
//! |---|---|
//! | [`cli`] | the command line; talks to a running server over its admin socket, else opens the store |
//! | [`server`] | the async shell: listeners, TLS, limits, timeouts, shutdown, the only clock |
//! | [`config`] | what the server is told at its start |
//! | [`dav`] | requests in, responses out: WebDAV, its access control, CalDAV |
//! | [`mail`] | letters out through the relay, replies and meeting requests in |
//! | [`web`] | pages for citizens and for links in letters |
//! | [`delivery`] | snapshot → plan → commit: the one door to calendars and rooms |
//! | [`scheduling`] | the rules by which rooms answer, who is told what, and who sees what |
//! | [`directory`] | who exists, and how they prove it |
//! | [`calendar`] | iCalendar as data: lossless text, object rules, recurrence, zones, filters |
//! | [`xml`] | names and trees, no element's meaning |
//! | [`locale`] | the words people see, German and English |
//! | [`store`] | collections of named bytes with revisions, and dated rows that may not overlap |
//! | [`time_range`] | half-open ranges of time, which every layer shares |
//!
//! # The life of a booking
//! 1. [`server`] reads a `PUT` within its limits and hands the whole request to a thread that
//!    may block, with the time.
//! 2. [`dav`] signs the person in, resolves the path to a [`dav::Resource`], asks the table of
//!    privileges and calls the method.
//! 3. [`delivery`] parses the body into a [`calendar::CalendarObject`], reads the booking as it
//!    is, expands the series into instances, reads what is taken around them, and asks
//!    [`scheduling::booking_policy`].
//! 4. The answer is yes: object, blocking rows and the record of the decision go into one
//!    [`store::Batch`] together with what it was computed from ([`store::Expect`]). The store
//!    commits all of it or nothing, refuses two overlapping blocking rows of a room by itself,
//!    and returns when the change is durable. Had something moved, step 3 is done again.
//! 5. The answer is no: the refusal is recorded, the object's revision moves so that clients
//!    read the truth again, and `dav` says 403 with a sentence.
//!
//! # The life of a letter
//! 1. Every batch that writes or removes a booking is compared, before it is committed, with
//!    what its citizens were last told ([`delivery::appointments`]). What differs becomes a
//!    letter in the same commit: facts alone ([`delivery::letters`]), already without whatever
//!    its reader must not see.
//! 2. [`mail`] takes what is due from the outbox, finds words in the catalogues, makes the
//!    message and hands it to the relay. The letters of one appointment leave in order.
//! 3. What comes back, by LMTP or from the citizen's page, goes through the same door as
//!    everything else. A meeting request to a room is kept as an organizer's object, so that the
//!    room decides by the same rules.
//!
//! # Truth, views, revisions
//! - The client's bytes are the truth, stored verbatim; single properties are edited where they
//!   stand ([`calendar::edit`]).
//! - A growing revision yields ETag, sync token and ctag.
//! - A room is one collection. In everybody's calendar home it appears as an alias: same
//!   objects, same log, rendered for the viewer. Redaction happens when reading
//!   ([`scheduling::redaction`]), and a masked view has an ETag of its own.
//! - What clients ask all day long (one object, one resource's properties, what has changed) is
//!   answered on the connection's own thread ([`dav::Dav::at_once`]), over a store through which
//!   nothing can be written and little read ([`store::Reading`]). Everything else gets a thread that may block.
//! - Instances are expanded when they are written. Reading by time reads rows; only series that
//!   go on beyond the horizon are expanded then.
//!
//! # What is absent
//! - [`server`] knows no XML, no calendars, no storage: it moves bytes.
//! - [`dav`] knows no sockets, no runtime, no storage engine and no clock.
//! - [`calendar`] knows no XML, no HTTP, no storage.
//! - [`scheduling`] knows neither HTTP nor storage, nor the time of day: `now` comes in.
//! - [`store`] knows neither iCalendar nor HTTP.
//! - Below [`server`] and [`cli`] nobody reads the clock.
//!
//! `tests/tidy.rs` holds the table of who may know whom, and fails when it is broken.

pub mod calendar;
pub mod cli;
pub mod config;
pub mod dav;
pub mod delivery;
pub mod directory;
pub mod locale;
pub mod mail;
pub mod scheduling;
pub mod server;
pub mod store;
pub mod time_range;
pub mod web;
pub mod xml;
