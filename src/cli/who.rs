//! People as a rule names them, in words.

use serde_json::{Value, json};

/// Whom a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Everyone,
    Department(String),
    User(String),
}

/// Reads `everyone`, `department:ID` or `user:ID`.
pub(super) fn who(text: &str) -> Result<Who, String> {
    match text.split_once(':') {
        None if text == "everyone" => Ok(Who::Everyone),
        Some(("department", id)) if !id.is_empty() => Ok(Who::Department(id.to_owned())),
        Some(("user", id)) if !id.is_empty() => Ok(Who::User(id.to_owned())),
        _ => Err("say everyone, department:ID or user:ID".to_owned()),
    }
}

/// All of them as a record keeps them; nothing where nobody was named.
pub(super) fn people(given: &[Who]) -> Option<Value> {
    let departments: Vec<&String> = (given.iter())
        .filter_map(|who| if let Who::Department(id) = who { Some(id) } else { None })
        .collect();
    let users: Vec<&String> = (given.iter())
        .filter_map(|who| if let Who::User(id) = who { Some(id) } else { None })
        .collect();
    let everyone = given.contains(&Who::Everyone);
    (!given.is_empty())
        .then(|| json!({ "everyone": everyone, "departments": departments, "users": users }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_in_words() {
        let cases = [
            ("everyone", Ok(Who::Everyone)),
            ("department:soziales", Ok(Who::Department("soziales".to_owned()))),
            ("user:meier", Ok(Who::User("meier".to_owned()))),
            ("soziales", Err(())),
            ("department:", Err(())),
            ("group:x", Err(())),
            ("", Err(())),
        ];
        for (text, expected) in cases {
            assert_eq!(who(text).map_err(drop), expected, "{text}");
        }
    }
}
