//! Our server with the people of the demo town, one room that holds all bookings and nineteen
//! others beside it. The bookings are put over HTTP while it runs as `demo`, whose clock goes
//! along with them; it is measured as `serve`, without mail.

use crate::Fallible;
use crate::bookings::{Booking, Layout, clock_at};
use crate::client::Request;
use crate::process::run;
use crate::site::{Kind, PASSWORD, Site, USER, free_address};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Rooms of the town besides those of the demo; the first holds the calendar.
pub const ROOMS: usize = 20;

/// Connections that lay bookings down.
const HANDS: usize = 16;

/// Weeks laid down before the clock moves on: rooms are booked ten years ahead at most.
const FILL_WEEKS: u64 = 400;

/// Weeks of bookings in each of the other rooms.
const OTHER_WEEKS: u64 = 2;

/// What a room is called in its address.
pub fn slug(room: usize) -> String {
    format!("field-{:02}", room + 1)
}

/// The mail address under which a room is invited.
pub fn address(room: usize) -> String {
    format!("{}@raeume.rathaus.example", slug(room))
}

/// The calendar of a room as the signed-in person sees it.
fn room_path(room: usize) -> String {
    format!("/dav/calendars/{USER}/{}/", slug(room))
}

/// What it cost to lay the bookings down.
pub struct Filled {
    pub took: Duration,
    pub cpu: Duration,
    /// Time from the start of the process in an empty folder to readiness.
    pub first_start: Duration,
    /// Resident KiB after that.
    pub empty_kib: u64,
    pub site: Site,
}

/// A way to start our server, with more in the environment where that is asked for.
#[derive(Clone)]
pub struct Binary {
    pub path: PathBuf,
    pub preload: Option<PathBuf>,
    /// Megabytes of the store's cache; `None`: as many as the server takes by itself.
    pub cache_mb: Option<u64>,
}

impl Binary {
    /// The server as it is run in a town hall, without mail.
    fn serve(&self, site: &Site, config: PathBuf) -> Box<dyn Fn() -> Command + Send + Sync> {
        let (binary, data) = (self.clone(), site.data.clone());
        let listen = site.address.to_string();
        Box::new(move || {
            let mut command = binary.command();
            command.arg("serve").arg("--config").arg(&config);
            command.env("TERMINRAUM_DATA", &data).env("TERMINRAUM_LISTEN", &listen);
            command
        })
    }

    /// The demo town, whose clock can be set, so that bookings of years can be laid down.
    fn demo(&self, site: &Site, now: DateTime<Utc>) -> Box<dyn Fn() -> Command + Send + Sync> {
        let (binary, data, listen) = (self.clone(), site.data.clone(), site.address.to_string());
        let now = now.to_rfc3339_opts(SecondsFormat::Secs, true);
        Box::new(move || {
            let mut command = binary.command();
            command.args(["demo", "--listen", &listen, "--now", &now, "--password", PASSWORD]);
            command.arg("--data").arg(&data);
            command
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        // As the unit in deploy/ has it run.
        command.stdout(Stdio::null()).env("MALLOC_ARENA_MAX", "2");
        if let Some(preload) = &self.preload {
            command.env("LD_PRELOAD", preload);
        }
        command
    }

    /// A command of the command line for a town.
    pub fn tell(&self, data: &Path, arguments: &[&str]) -> Fallible<String> {
        run(Command::new(&self.path).args(arguments).arg("--data").arg(data))
    }
}

/// A fresh town with all bookings of the layout, laid down over HTTP.
pub fn lay_down(binary: &Binary, folder: PathBuf, layout: Layout) -> Fallible<Filled> {
    fs::create_dir_all(&folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
    let mut site = Site::new(Kind::Terminraum, free_address()?, folder.join("data"), layout);
    site.calendar = room_path(0);
    site.ready = ("GET", "/ready".to_owned(), 200);
    site.command = binary.demo(&site, clock_at(layout.monday(0)));
    let first_start = site.start()?;
    let empty_kib = site.process()?.memory_kib()?.now;
    open_always(binary, &folder, &site.data)?;
    let (begun, cpu) = (Instant::now(), site.process()?.cpu()?);
    let mut from = 0;
    while from < layout.weeks() {
        let to = (from + FILL_WEEKS).min(layout.now_week());
        let to = if to > from { to } else { layout.weeks() };
        let numbers = layout.objects_of(from).start..layout.objects_of(to - 1).end;
        put_all(&site, &site.calendar, numbers, 0, |number| layout.booking(number))?;
        let ahead = layout.monday(to.min(layout.now_week())) - layout.monday(from);
        if ahead > TimeDelta::zero() {
            let ahead = format!("{}d", ahead.num_days());
            binary.tell(&site.data, &["demo-clock", "advance", &ahead])?;
        }
        from = to;
    }
    let (took, cpu) = (begun.elapsed(), site.process()?.cpu()?.saturating_sub(cpu));
    let config = folder.join("terminraum.toml");
    let cache = binary.cache_mb.map(|size| format!("[store]\ncache_mb = {size}\n"));
    let cache = cache.unwrap_or_default();
    fs::write(&config, format!("data = {:?}\n[log]\nlevel = \"warn\"\n{cache}", site.data))?;
    site.command = binary.serve(&site, config);
    Ok(Filled { took, cpu, first_start, empty_kib, site })
}

/// Bookings of the nineteen other rooms, from next week on.
pub fn fill_other_rooms(site: &Site) -> Fallible<()> {
    let layout = site.layout;
    let first = layout.now_week() + 1;
    for room in 1..ROOMS {
        let last = (first + OTHER_WEEKS).min(layout.weeks()) - 1;
        let numbers = layout.objects_of(first).start..layout.objects_of(last).end;
        put_all(site, &room_path(room), numbers, 0, |number| {
            let booking = layout.booking(number);
            Booking { name: format!("{}-{}", slug(room), booking.name), ..booking }
        })?;
    }
    Ok(())
}

/// Adds the rooms, and lets them be booked at any time.
fn open_always(binary: &Binary, folder: &Path, data: &Path) -> Fallible<()> {
    let mut rooms = String::new();
    for room in 0..ROOMS {
        write!(
            rooms,
            "[[room]]\nslug = \"{}\"\nuuid = \"8c1f6d0e-6f0a-4f57-9a86-2d7c1b5f{room:04}\"\nname = \"Raum {}\"\naddress = \"{}\"\n\
             seen_by = {{ everyone = true }}\nbooked_by = {{ everyone = true }}\n",
            slug(room),
            room + 1,
            address(room)
        )?;
    }
    let file = folder.join("rooms.toml");
    fs::write(&file, rooms)?;
    binary.tell(data, &["import", &file.to_string_lossy()])?;
    let rules = ["opening-hours", "closure-days", "federal-state"];
    let mut edit = vec!["town", "edit", "--horizon-days", "3650"];
    edit.extend(rules.iter().flat_map(|rule| ["--clear", rule]));
    binary.tell(data, &edit)?;
    Ok(())
}

/// Puts the n-th edition of bookings into a calendar over several connections; those of the
/// first, 0, must be new, and the others must not.
pub fn put_all(
    site: &Site,
    calendar: &str,
    numbers: std::ops::Range<u64>,
    edition: u64,
    booking: impl Fn(u64) -> Booking + Sync,
) -> Fallible<()> {
    let next = AtomicU64::new(numbers.start);
    let hand = || -> Fallible<()> {
        let mut client = site.client();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= numbers.end {
                return Ok(());
            }
            let booking = booking(number);
            let path = format!("{calendar}{}", booking.file());
            let request = Request { method: "PUT", path, headers: "", body: booking.text(edition) };
            let answer = client.ask(&request)?;
            let expected = if edition == 0 { 201 } else { 204 };
            if answer.status != expected {
                let said = String::from_utf8_lossy(&answer.body);
                return Err(format!("PUT {}: {} {said}", request.path, answer.status).into());
            }
        }
    };
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..HANDS).map(|_| scope.spawn(hand)).collect();
        hands.into_iter().try_for_each(|hand| hand.join().map_err(|_| "a client has panicked")?)
    })
}
