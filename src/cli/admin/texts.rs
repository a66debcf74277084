//! Texts of letters that departments word themselves.

use super::AdminAnswer;
use crate::cli::{Failure, Wired};
use crate::directory::{self, Contents, Department};
use crate::{locale, mail};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn list(wired: &Wired, department: &str) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let found = directory.departments.get(department);
    let Department { texts, .. } = found.ok_or_else(|| unknown(department))?;
    // Each variable stands for itself.
    let places = mail::VARIABLES.map(|name| (name, format!("{{ ${name} }}")));
    let mut records = Vec::new();
    for language in mail::LANGUAGES {
        for key in mail::EDITABLE {
            let own = texts.get(language).and_then(|texts| texts.get(key));
            let said = own.cloned().unwrap_or_else(|| locale::text(language, key, &places));
            let whose = if own.is_some() { department } else { "" };
            let record = json!({ "language": language, "key": key, "own": whose, "text": said });
            records.push(record);
        }
    }
    Ok(AdminAnswer::Records { records })
}

pub(super) fn set(
    contents: &mut Contents,
    department: &str,
    language: &str,
    key: &str,
    pattern: Option<&String>,
) -> Result<(), directory::Error> {
    let found = contents.directory.departments.get_mut(department);
    let found =
        found.ok_or_else(|| directory::Error::NotFound(format!("department {department}")))?;
    let texts: &mut BTreeMap<String, String> = found.texts.entry(language.to_owned()).or_default();
    match pattern {
        Some(pattern) => drop(texts.insert(key.to_owned(), pattern.clone())),
        None => drop(texts.remove(key)),
    }
    found.texts.retain(|_, texts| !texts.is_empty());
    Ok(())
}

fn unknown(department: &str) -> Failure {
    Failure::new(format!("there is no department {department}"))
}
