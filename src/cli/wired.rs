//! An opened town: the store, and what works on it.

use super::Failure;
use crate::calendar::Zone;
use crate::config;
use crate::delivery::{Delivery, MailTerms};
use crate::directory::DirectoryService;
use crate::mail;
use crate::mail::inbound::Incoming;
use crate::scheduling::holidays::FederalState;
use crate::server::clock::Clock;
use crate::store::sled::{SledOptions, SledStore};
use crate::store::{self, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folder of the embedded store within the data folder.
const STORE_FOLDER: &str = "store";
/// Name of the admin socket within the data folder.
const ADMIN_SOCKET: &str = "admin.sock";

/// Finds faults of a store.
pub type Verify = Arc<dyn Fn() -> Result<Vec<store::Finding>, store::Error> + Send + Sync>;

/// Store, directory, delivery and clock of one town.
#[derive(Clone)]
pub struct Wired {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Who exists.
    pub directory: Arc<DirectoryService>,
    /// Where the rules meet the store.
    pub delivery: Arc<Delivery>,
    /// What mail goes to that comes in.
    pub incoming: Arc<Incoming>,
    /// What time it is.
    pub clock: Arc<Clock>,
    /// Looks for faults of the store itself.
    pub verify: Verify,
    /// Whether the store can't be written to until it is opened anew.
    pub has_stopped: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Whether this is a demo, whose clock may be moved.
    pub demo: bool,
}

impl Wired {
    /// Opens the town in the folder `data`, or makes one there.
    ///
    /// # Errors
    /// The folder can't be used, or the store says no.
    pub fn open(data: &Path, options: SledOptions, clock: Arc<Clock>) -> Result<Wired, Failure> {
        make_private_folder(data)?;
        belongs_to_us(data)?;
        let folder = store_folder(data);
        // Also where somebody else made the data folder and lets others look in.
        make_private_folder(&folder)?;
        let store = SledStore::open(&folder, options)
            .map_err(|fault| Failure::of(folder.display(), fault))?;
        let store = Arc::new(store);
        let (verified, watched) = (Arc::clone(&store), Arc::clone(&store));
        let wired = Wired::over(store, clock)?;
        Ok(Wired {
            verify: Arc::new(move || verified.findings()),
            has_stopped: Arc::new(move || watched.has_stopped()),
            ..wired
        })
    }

    /// A town in an opened store.
    ///
    /// # Errors
    /// The store fails or holds a damaged directory.
    pub fn over(store: Arc<dyn Store>, clock: Arc<Clock>) -> Result<Wired, Failure> {
        let directory = DirectoryService::open(Arc::clone(&store))?;
        let directory = directory
            .check_time_zones(|name| Zone::iana(name).is_some())
            .check_federal_states(|code| FederalState::by_code(code).is_some())
            .check_texts(mail::check_text);
        let delivery = Arc::new(Delivery::new(Arc::clone(&store)).with_kept_mail_terms()?);
        Ok(Wired {
            incoming: Arc::new(incoming(&delivery, None)?),
            delivery,
            directory: Arc::new(directory),
            verify: {
                let store = Arc::clone(&store);
                Arc::new(move || store::findings(&*store))
            },
            store,
            has_stopped: Arc::new(|| false),
            clock,
            demo: false,
        })
    }
}

impl Wired {
    /// The same town, reached by mail as the configuration says. Whoever opens it without a
    /// configuration later finds it so.
    ///
    /// # Errors
    /// The store fails, or a trusted network is not one.
    pub fn with_mail(self, mail: Option<&config::Mail>) -> Result<Wired, Failure> {
        let delivery = Delivery::new(Arc::clone(&self.store));
        let delivery = match mail {
            Some(mail) => delivery.with_mail(MailTerms {
                domain: mail.domain.clone(),
                local_part: mail.local_part.clone(),
                base_url: mail.base_url.trim_end_matches('/').to_owned(),
            }),
            None => delivery,
        };
        delivery.keep_mail_terms()?;
        let delivery = Arc::new(delivery);
        let incoming = incoming(&delivery, mail.and_then(|mail| mail.inbound.as_ref()))?;
        Ok(Wired { incoming: Arc::new(incoming), delivery, ..self })
    }
}

fn incoming(
    delivery: &Arc<Delivery>,
    inbound: Option<&config::Inbound>,
) -> Result<Incoming, Failure> {
    Incoming::new(Arc::clone(delivery), inbound).map_err(Failure::new)
}

/// Where the embedded store of this data folder is.
pub fn store_folder(data: &Path) -> PathBuf {
    data.join(STORE_FOLDER)
}

/// Where the server of this data folder takes admin commands.
pub fn admin_socket(data: &Path) -> PathBuf {
    data.join(ADMIN_SOCKET)
}

/// Fails when the folder is another user's: files that we make there would be out of their
/// reach, and their server would not start again.
fn belongs_to_us(folder: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;
    let metadata = folder.metadata().map_err(|fault| Failure::of(folder.display(), fault))?;
    let ours = rustix::process::geteuid().as_raw();
    if metadata.uid() == ours {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} belongs to the user with the number {}; try again as that user, for example with \
         `sudo -u terminraum`",
        folder.display(),
        metadata.uid()
    )))
}

/// Makes a folder that only its owner may enter, where there is none.
pub fn make_private_folder(folder: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|fault| Failure::of(folder.display(), fault))
}
