//! How the town hall is reached by mail: what the configuration says, kept in the store for the
//! command line, which changes bookings while no server runs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Delivery, Error};
use crate::store::{self, Batch, Operation};

/// Table of what the server was told at its last start.
const SETTINGS_TABLE: &str = "settings";

/// Key of the [`MailTerms`].
const MAIL_KEY: &[u8] = b"mail";

/// How the town hall is reached by mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTerms {
    /// Domain of the server's own addresses: `termine.musterstadt.example`.
    pub domain: String,
    /// First part of the addresses of appointments: `termin`, for `termin+SECRET@DOMAIN`.
    pub local_part: String,
    /// Address of pages that links lead to, without a slash at its end.
    pub base_url: String,
}

impl MailTerms {
    /// Address from which people of the town hall are written to.
    pub fn service_address(&self) -> String {
        format!("{}@{}", self.local_part, self.domain)
    }

    /// Address of one appointment alone.
    pub fn appointment_address(&self, secret: &str) -> String {
        format!("{}+{secret}@{}", self.local_part, self.domain)
    }
}

/// How the part of an address begins that stands for a citizen who has none.
const WITHOUT_MAIL: &str = "ohne-mail-";

impl MailTerms {
    /// An address that stands for a citizen who has none: nothing is ever sent to it.
    pub fn address_without_mail(&self, id: &str) -> String {
        self.appointment_address(&format!("{WITHOUT_MAIL}{id}"))
    }

    /// Whether an address stands for a citizen who has none.
    pub fn is_without_mail(&self, address: &str) -> bool {
        let address = address.trim().to_lowercase();
        let begin = self.appointment_address(WITHOUT_MAIL).to_lowercase();
        let begin = begin.split('@').next().unwrap_or_default();
        address.starts_with(begin) && address.ends_with(&format!("@{}", self.domain.to_lowercase()))
    }
}

impl Delivery {
    /// The same, with letters to whom can't be reached otherwise.
    pub fn with_mail(self, terms: MailTerms) -> Delivery {
        Delivery { mail: Some(Arc::new(terms)), ..self }
    }

    /// How the town hall is reached by mail; `None` where it is not.
    pub fn mail(&self) -> Option<&MailTerms> {
        self.mail.as_deref()
    }

    /// Keeps the terms for those who open the store without a configuration.
    pub fn keep_mail_terms(&self) -> Result<(), Error> {
        let value = self.mail.as_deref().map(serde_json::to_vec).transpose();
        let value = value.map_err(|error| damaged(&error))?;
        let step = Operation::Put { table: SETTINGS_TABLE, key: MAIL_KEY.to_vec(), value };
        self.store.commit(Batch { expect: Vec::new(), operations: vec![step] })?;
        Ok(())
    }

    /// The same, reached by mail as it was at the server's last start.
    pub fn with_kept_mail_terms(self) -> Result<Delivery, Error> {
        let rows = self.store.table(SETTINGS_TABLE, MAIL_KEY, None, 1)?;
        match rows.first() {
            Some((_, value)) => {
                Ok(self.with_mail(serde_json::from_slice(value).map_err(|it| damaged(&it))?))
            }
            None => Ok(self),
        }
    }
}

fn damaged(error: &serde_json::Error) -> Error {
    Error::Store(store::Error::Backend(format!("the terms of mail can't be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    #[test]
    fn the_terms_of_the_last_start_are_kept() {
        let store = Arc::new(MemoryStore::new());
        let opened = || Delivery::new(store.clone()).with_kept_mail_terms().unwrap();
        assert_eq!(opened().mail(), None);
        let terms = MailTerms {
            domain: "termine.rathaus.example".to_owned(),
            local_part: "termin".to_owned(),
            base_url: "https://termine.rathaus.example".to_owned(),
        };
        Delivery::new(store.clone()).with_mail(terms.clone()).keep_mail_terms().unwrap();
        assert_eq!(opened().mail(), Some(&terms));
        assert_eq!(terms.service_address(), "termin@termine.rathaus.example");
        assert_eq!(terms.appointment_address("abc"), "termin+abc@termine.rathaus.example");
        Delivery::new(store.clone()).keep_mail_terms().unwrap();
        assert_eq!(opened().mail(), None);
        let nobodys = terms.address_without_mail("7");
        assert!(terms.is_without_mail(&nobodys) && terms.is_without_mail(&nobodys.to_uppercase()));
        for address in ["c@example.org", &terms.appointment_address("abc"), ""] {
            assert!(!terms.is_without_mail(address), "{address}");
        }
    }
}
