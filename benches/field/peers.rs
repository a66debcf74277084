//! Radicale and Xandikos, from PyPI, with the same bookings in their folders.
//!
//! Their bookings are written straight into their folders, in the layout that they write
//! themselves, since putting them over HTTP would take many times as long: Radicale's as files,
//! Xandikos' as one commit. What is there is counted over WebDAV before anything is measured.

use crate::Fallible;
use crate::bookings::Layout;
use crate::process::run;
use crate::site::{Kind, PASSWORD, Site, USER, free_address};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Packages, as pip takes them.
const PACKAGES: [&str; 2] = ["radicale==3.9.*", "xandikos"];

/// The Python programs of the peers.
pub struct Peers {
    bin: PathBuf,
    /// Their versions, and what is to be known about them.
    pub about: Vec<(Kind, String)>,
}

impl Peers {
    /// Installs them into a folder, unless they are there.
    pub fn install(folder: &Path) -> Fallible<Peers> {
        let bin = folder.join("bin");
        if !bin.join("xandikos").exists() {
            println!("installing Radicale and Xandikos into {}", folder.display());
            run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
            let pip = || {
                let mut pip = Command::new(bin.join("pip"));
                pip.args(["install", "--quiet", "--disable-pip-version-check"]);
                pip
            };
            if run(pip().args(PACKAGES)).is_err() {
                println!("there is no Radicale 3.9: taking the newest");
                run(pip().args(["radicale", "xandikos"]))?;
            }
        }
        let peers = Peers { bin, about: Vec::new() };
        let radicale = "sign-in by a password file in the clear, remembered; writes synced";
        let xandikos = "without sign-in, which it has not over plain HTTP";
        let about = vec![
            (Kind::Radicale, format!("{}, {radicale}", peers.version("radicale")?)),
            (Kind::Xandikos, format!("{}, {xandikos}", peers.version("xandikos")?)),
        ];
        Ok(Peers { about, ..peers })
    }

    fn version(&self, package: &str) -> Fallible<String> {
        let code = format!("import importlib.metadata as m; print(m.version('{package}'))");
        let said = run(Command::new(self.bin.join("python")).args(["-c", &code]))?;
        Ok(said.trim().to_owned())
    }

    /// Radicale with its files, sign-in by htpasswd. Passwords are in the clear there, since
    /// its default, bcrypt, would be most of what is measured; writes are synced, as is its
    /// default.
    pub fn radicale(&self, folder: PathBuf, layout: Layout) -> Fallible<Site> {
        let mut site = Site::new(Kind::Radicale, free_address()?, folder.join("data"), layout);
        site.calendar = format!("/{USER}/field/");
        site.ready = ("PROPFIND", site.calendar.clone(), 207);
        let calendar = site.data.join("collection-root").join(USER).join("field");
        fs::create_dir_all(&calendar)
            .map_err(|fault| format!("{}: {fault}", calendar.display()))?;
        let properties = r#"{"C:supported-calendar-component-set": "VEVENT", "tag": "VCALENDAR"}"#;
        fs::write(calendar.join(".Radicale.props"), properties)?;
        write_all(&calendar, layout)?;
        let users = folder.join("users");
        fs::write(&users, format!("{USER}:{PASSWORD}\n"))?;
        let config = folder.join("config");
        fs::write(
            &config,
            format!(
                "[server]\nhosts = {}\nmax_connections = 100\n[auth]\ntype = htpasswd\n\
                 htpasswd_filename = {}\nhtpasswd_encryption = plain\ncache_logins = True\n\
                 [storage]\nfilesystem_folder = {}\n[logging]\nlevel = error\n",
                site.address,
                users.display(),
                site.data.display()
            ),
        )?;
        let program = self.bin.join("radicale");
        site.command = Box::new(move || {
            let mut command = Command::new(&program);
            command.arg("--config").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
            command
        });
        Ok(site)
    }

    /// Xandikos with its repository. It has no sign-in of its own without TLS.
    pub fn xandikos(&self, folder: PathBuf, layout: Layout) -> Fallible<Site> {
        let mut site = Site::new(Kind::Xandikos, free_address()?, folder.join("data"), layout);
        site.authorization = None;
        site.calendar = "/user/calendars/calendar/".to_owned();
        site.ready = ("PROPFIND", site.calendar.clone(), 207);
        fs::create_dir_all(&folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
        let (program, data, state) =
            (self.bin.join("xandikos"), site.data.clone(), folder.join("state"));
        let port = site.address.port().to_string();
        site.command = Box::new(move || {
            let mut command = Command::new(&program);
            command.args(["serve", "--defaults", "-l", "127.0.0.1", "-p", &port, "-d"]).arg(&data);
            command.arg("--state-dir").arg(&state).stdout(Stdio::null()).stderr(Stdio::null());
            command
        });
        // The first start makes the calendar.
        site.start()?;
        site.stop()?;
        let calendar = site.data.join("user/calendars/calendar");
        write_all(&calendar, layout)?;
        let code = "import sys; from dulwich import porcelain as p\n\
                    p.add(sys.argv[1]); p.commit(sys.argv[1], message=b'Bookings', \
                    author=b'field <field@rathaus.example>', \
                    committer=b'field <field@rathaus.example>')";
        run(Command::new(self.bin.join("python")).args(["-c", code]).arg(&calendar))?;
        Ok(site)
    }
}

/// All bookings as files.
fn write_all(folder: &Path, layout: Layout) -> Fallible<()> {
    for number in 0..layout.count {
        let booking = layout.booking(number);
        let file = folder.join(booking.file());
        fs::write(&file, booking.text(0))
            .map_err(|fault| format!("{}: {fault}", file.display()))?;
    }
    Ok(())
}
