//! What becomes of a booking that a room refuses, by the client that sent it: some show their
//! user a refusal, others only what they find when they look again.

use super::request::Request;
use crate::delivery::OnConflict;
use http::header::USER_AGENT;

/// What becomes of refused bookings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictPolicy {
    /// For all others.
    pub default: OnConflict,
    /// Patterns of the User-Agent, where `*` stands for anything; the first that fits counts.
    pub per_client: Vec<(String, OnConflict)>,
}

impl Default for ConflictPolicy {
    /// Refused; but DAVx5 stops at a refusal, and its user is told nothing.
    fn default() -> ConflictPolicy {
        let per_client = vec![("DAVx5*".to_owned(), OnConflict::DeclinedCopy)];
        ConflictPolicy { default: OnConflict::Refuse, per_client }
    }
}

impl ConflictPolicy {
    /// What is done for the client that sent this.
    pub fn of(&self, request: &Request) -> OnConflict {
        let agent = request.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        self.of_agent(agent.unwrap_or_default())
    }

    fn of_agent(&self, agent: &str) -> OnConflict {
        let known = self.per_client.iter().find(|(pattern, _)| fits(pattern, agent));
        known.map_or(self.default, |(_, on_conflict)| *on_conflict)
    }
}

/// Whether a text fits a pattern, in upper or lower case.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pattern_that_fits_counts() {
        let policy = ConflictPolicy {
            default: OnConflict::Refuse,
            per_client: vec![
                ("DAVx5/4.4*".to_owned(), OnConflict::Refuse),
                ("davx5*".to_owned(), OnConflict::DeclinedCopy),
                ("*Fancy*Calendar".to_owned(), OnConflict::DeclinedCopy),
            ],
        };
        let cases = [
            ("DAVx5/4.5.1-ose (2025/08/01; dav4jvm; okhttp/4.12.0) Android/15", true),
            ("DAVx5/4.4.11-ose", false),
            ("My Fancy Calendar", true),
            ("My Fancy Calendar 2", false),
            ("Mozilla/5.0 Thunderbird/153.7", false),
            ("", false),
        ];
        for (agent, copy) in cases {
            let expected = if copy { OnConflict::DeclinedCopy } else { OnConflict::Refuse };
            assert_eq!(policy.of_agent(agent), expected, "{agent}");
        }
    }

    #[test]
    fn patterns_are_bound_at_both_ends() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
