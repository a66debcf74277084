//! The demo town on an empty store, its rooms with different rules.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use terminraum::dav::{Body, Dav, Limits, Peer};
use terminraum::delivery::{Delivery, MailTerms};
use terminraum::directory::{
    Authenticator, Contents, DevicePassword, DirectoryService, EndlessSeries, Missing, People,
    Policy, SeriesPastHorizon, TownFile,
};
use terminraum::store::memory::MemoryStore;
use terminraum::store::{Store, verify};

const FILE: &str = include_str!("../../fixtures/demo-town.toml");

/// What may be answered although it begins with a 5: a method that nobody knows, another
/// server as Destination, and a full store.
const SERVER_ERRORS: [u16; 3] = [501, 502, 507];

/// The longest answer, in bytes: far more than what a few small requests can be told.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A town that was just opened.
pub struct Town {
    pub delivery: Arc<Delivery>,
    pub directory: Arc<DirectoryService>,
    pub dav: Dav,
    pub now: DateTime<Utc>,
}

/// What the server said.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Who and what there is, and everybody's device password: made once.
struct Plan {
    contents: Contents,
    passwords: BTreeMap<String, String>,
}

fn plan() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        let (mut contents, mut passwords) = (Contents::default(), BTreeMap::new());
        TownFile::read(FILE).unwrap().import_into(&mut contents, Missing::Keep);
        change_rules(&mut contents);
        for user in contents.directory.users.keys() {
            let (device, secret) = DevicePassword::generate(user, "fuzz", opened()).unwrap();
            contents.devices.insert((user.clone(), device.id.clone()), device);
            passwords.insert(user.clone(), secret);
        }
        Plan { contents, passwords }
    })
}

/// Monday, 23 November 2026, in the morning.
fn opened() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_413_600, 0).unwrap()
}

impl Town {
    pub fn new() -> Town {
        let (now, store) = (opened(), Arc::new(MemoryStore::new()));
        let directory = Arc::new(DirectoryService::open(store.clone()).unwrap());
        let seeded = directory.edit(now, |contents| {
            *contents = plan().contents.clone();
            Ok(())
        });
        seeded.unwrap();
        let authenticator = Arc::new(Authenticator::new(directory.clone()).unwrap());
        let delivery = Delivery::new(store).with_mail(MailTerms {
            domain: "termine.rathaus.example".to_owned(),
            local_part: "termin".to_owned(),
            base_url: "https://termine.rathaus.example".to_owned(),
        });
        let limits = Limits::default();
        let dav = Dav::new(delivery.clone(), directory.clone(), authenticator, limits);
        Town { delivery: Arc::new(delivery), directory, dav: dav.with_public_rooms(true), now }
    }

    pub fn store(&self) -> &dyn Store {
        self.delivery.store()
    }

    /// The value of `Authorization` of a user; `None` for somebody who is not known.
    pub fn authorization(user: &str) -> Option<String> {
        let secret = plan().passwords.get(user)?;
        Some(format!("Basic {}", STANDARD.encode(format!("{user}:{secret}"))))
    }

    /// Sends a request and reads the answer to its end.
    pub fn ask(&self, request: http::Request<Bytes>) -> Answer {
        let peer = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), secure: true };
        let line = format!("{} {}", request.method(), request.uri());
        let (parts, body) = self.dav.handle(request, peer, self.now).into_parts();
        let status = parts.status.as_u16();
        assert!(status < 500 || SERVER_ERRORS.contains(&status), "{line}: {status}");
        let mut whole = Vec::new();
        match body {
            Body::Full(bytes) => whole.extend_from_slice(&bytes),
            Body::Stream(pieces) => {
                for piece in pieces {
                    whole.extend_from_slice(&piece.expect("an answer breaks off"));
                    assert!(whole.len() <= ANSWER_BYTES_MAX, "{line}: an endless answer");
                }
            }
        }
        assert!(whole.len() <= ANSWER_BYTES_MAX, "{line}: {} bytes", whole.len());
        Answer { status, body: whole }
    }

    /// Nothing in the store contradicts anything else, and no room is booked twice.
    pub fn prove(&self) {
        assert_eq!(verify(self.store()).unwrap(), Vec::<String>::new());
        let directory = self.directory.snapshot().unwrap();
        assert_eq!(self.delivery.check(&directory).unwrap(), Vec::<String>::new());
    }
}

/// Rooms that answer differently: at once, with time before and after, with approval, for
/// ever.
fn change_rules(contents: &mut Contents) {
    let directory = &mut contents.directory;
    directory.town.policy = Policy::default();
    directory.users.get_mut("soziales").unwrap().substitutes.insert("jugend".to_owned());
    if let Some(room) = directory.rooms.get_mut("beratungsraum-2") {
        (room.setup_minutes, room.cleanup_minutes) = (15, 10);
        *room.policy = Policy { endless_series: Some(EndlessSeries::Rolling), ..Policy::default() };
    }
    if let Some(room) = directory.rooms.get_mut("beratungsraum-3") {
        *room.policy =
            Policy { booked_with_approval_by: Some(People::everyone()), ..Policy::default() };
        room.managers.insert("bauen".to_owned());
    }
    if let Some(room) = directory.rooms.get_mut("soziales-1") {
        *room.policy = Policy {
            horizon_days: Some(90),
            series_past_horizon: Some(SeriesPastHorizon::Cut),
            max_conflicts: Some(2),
            kept_until_others_accept: Some(true),
            ..Policy::default()
        };
    }
}
