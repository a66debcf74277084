//! The demo town on a store on disk, served on a real socket by this process.

use super::{PASSWORD, morning};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use std::net::SocketAddr;
use std::sync::Arc;
use terminraum::config::Config;
use terminraum::dav::{self, Dav, Limits};
use terminraum::delivery::Delivery;
use terminraum::directory::{
    Authenticator, Directory, DirectoryService, Missing, Town, TownFile, hash_password,
};
use terminraum::server::clock::Clock;
use terminraum::server::{self, Body, BrokenOff, Handler, Peer, Running, Service};
use terminraum::store::Store;
use terminraum::store::sled::{SledOptions, SledStore};

/// A running server, and the store behind it.
pub struct House {
    /// Where it listens.
    pub address: SocketAddr,
    /// The door to the store behind the server's back.
    pub delivery: Delivery,
    /// Who and what there is.
    pub directory: Arc<DirectoryService>,
    running: Option<Running>,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

struct Door(Dav);

impl Handler for Door {
    fn handle(&self, request: Request<Bytes>, peer: Peer, now: DateTime<Utc>) -> Response<Body> {
        let peer = dav::Peer { address: peer.address, secure: peer.secure };
        self.0.handle(request, peer, now).map(|body| match body {
            dav::Body::Full(bytes) => Body::Full(bytes),
            dav::Body::Stream(pieces) => {
                let pieces = pieces.map(|piece| piece.map_err(|dav::BrokenOff| BrokenOff));
                Body::Stream(Box::new(pieces))
            }
        })
    }
}

impl House {
    /// Opens the town in the morning.
    pub fn open() -> House {
        House::open_with(|_| {})
    }

    /// Opens it with another set-up.
    pub fn open_with(set_up: impl Fn(&mut Directory)) -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path(), SledOptions::default()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let directory = Arc::new(DirectoryService::open(store.clone()).unwrap());
        let town = TownFile::read(include_str!("../../fixtures/demo-town.toml")).unwrap();
        let hash = hash_password(PASSWORD).unwrap();
        let seeded = directory.edit(morning(), |contents| {
            town.import_into(contents, Missing::Keep);
            // Always open: the tests choose their times by themselves.
            contents.directory.town = Town::default();
            for user in contents.directory.users.values_mut() {
                user.password_hash = Some(hash.clone());
            }
            set_up(&mut contents.directory);
            Ok(())
        });
        seeded.unwrap();
        let delivery = Delivery::new(store);
        let authenticator = Arc::new(Authenticator::new(directory.clone()).unwrap());
        let dav = Dav::new(delivery.clone(), directory.clone(), authenticator, Limits::default());
        let config = Config::plain(folder.path().to_owned(), ([127, 0, 0, 1], 0).into());
        let runtime = server::runtime(&config.limits).unwrap();
        let service = Service {
            handler: Arc::new(Door(dav)),
            admin: None,
            mail: None,
            nightly: None,
            housekeeping: None,
            letters: None,
            clock: Arc::new(Clock::starting_at(morning())),
        };
        let running = runtime.block_on(server::start(&config, service)).unwrap();
        let address = running.addresses[0];
        House { address, delivery, directory, running: Some(running), runtime, _folder: folder }
    }

    /// Fails when any room's rows are not those of its bookings, or two of them overlap.
    pub fn check(&self) {
        let directory = self.directory.snapshot().unwrap();
        assert_eq!(self.delivery.check(&directory).unwrap(), Vec::<String>::new());
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}
