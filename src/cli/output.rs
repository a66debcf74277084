//! Printing: tables for people, JSON for programs.

use super::Failure;
use super::admin::Difference;
use crate::directory::What;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;
use serde_json::Value;
use std::io::Write;

/// Prints a line. Nobody listening any more (`| head`) is no fault.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a complaint where complaints go.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "terminraum: {text}");
}

/// Prints `value` as JSON.
///
/// # Errors
/// It can't be written as JSON.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    say(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints a table, or that there is nothing.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, nothing: &str) {
    if rows.is_empty() {
        return say(nothing);
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.to_vec());
    table.add_rows(rows);
    say(&table.to_string());
}

/// Prints one record, a line for each field that says something.
pub fn record(record: &Value) {
    let mut rows = Vec::new();
    let mut say = |field: &str, value: &Value| {
        let said = words(value);
        if !said.is_empty() {
            rows.push(vec![field.replace('_', " "), said]);
        }
    };
    for (field, value) in record.as_object().into_iter().flatten() {
        match value.as_object().filter(|_| field == "policy") {
            Some(policy) => policy.iter().for_each(|(rule, value)| say(rule, value)),
            None => say(field, value),
        }
    }
    table(&["field", "value"], rows, "nothing is known");
}

/// A value as words: lists joined, what is not set left out.
pub fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let all: Vec<String> = list.iter().map(words).filter(|word| !word.is_empty()).collect();
            all.join(", ")
        }
        Value::Object(fields) => {
            let said = |(name, value): (&String, &Value)| match value {
                Value::Bool(true) => Some(name.clone()),
                Value::Bool(false) => None,
                value => Some(words(value))
                    .filter(|said| !said.is_empty())
                    .map(|said| format!("{name}: {said}")),
            };
            fields.iter().filter_map(said).collect::<Vec<_>>().join("; ")
        }
    }
}

/// A field of a record as words.
pub fn field(record: &Value, name: &str) -> String {
    record.get(name).map(words).unwrap_or_default()
}

/// Prints what an edit changed.
pub fn differences(differences: &[Difference], nothing: &str) {
    if differences.is_empty() {
        return say(nothing);
    }
    for difference in differences {
        let record = difference.record.replacen('/', " ", 1);
        let fields = difference.fields.join(", ").replace('_', " ");
        say(&match difference.what {
            What::Added => format!("+ {record}"),
            What::Removed => format!("- {record}"),
            What::Changed if fields.is_empty() => format!("~ {record}"),
            What::Changed => format!("~ {record}: {fields}"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_said_in_words() {
        let cases = [
            (json!(null), ""),
            (json!(true), "yes"),
            (json!("a"), "a"),
            (json!(["a", "b"]), "a, b"),
            (json!({"everyone": true, "users": []}), "everyone"),
            (json!({"everyone": false, "departments": ["a", "b"]}), "departments: a, b"),
        ];
        for (value, expected) in cases {
            assert_eq!(words(&value), expected);
        }
    }
}
