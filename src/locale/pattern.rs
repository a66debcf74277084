//! Texts that somebody else has written: patterns of Fluent with given variables and nothing
//! else.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};

use super::value_of;

/// Longest pattern, in characters.
pub const PATTERN_CHARS_MAX: usize = 2_000;

/// Key of the one message that a pattern makes.
const KEY: &str = "pattern";

/// The text that a pattern makes with `args`; `None` where it can't be read or wants more than
/// them.
pub fn pattern(language: &str, pattern: &str, args: &[(&str, String)]) -> Option<String> {
    let names: Vec<&str> = args.iter().map(|(name, _)| *name).collect();
    check_pattern(pattern, &names).ok()?;
    let mut values = FluentArgs::new();
    for (name, value) in args {
        values.set(name.to_string(), value_of(value));
    }
    made(language, pattern, &values)
}

fn made(language: &str, pattern: &str, values: &FluentArgs<'_>) -> Option<String> {
    let language = super::supported(language).parse().unwrap_or_default();
    let mut bundle = FluentBundle::new(vec![language]);
    bundle.set_use_isolating(false);
    bundle.add_resource(FluentResource::try_new(source(pattern)).ok()?).ok()?;
    let message = bundle.get_message(KEY)?;
    let mut faults = Vec::new();
    let text = bundle.format_pattern(message.value()?, Some(values), &mut faults).into_owned();
    faults.is_empty().then_some(text)
}

/// The message in the syntax of Fluent, in which all lines of a text stand apart from its name.
fn source(pattern: &str) -> String {
    let lines = pattern.lines().map(|line| format!("    {line}\n"));
    format!("{KEY} =\n{}", lines.collect::<String>())
}

/// Checks that a pattern can be read and wants no more than these variables. References to other
/// texts and functions are refused.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn check_pattern(pattern: &str, variables: &[&str]) -> Result<(), String> {
    if pattern.trim().is_empty() {
        return Err("the text is empty".to_owned());
    }
    if pattern.chars().count() > PATTERN_CHARS_MAX {
        return Err(format!("the text is longer than {PATTERN_CHARS_MAX} characters"));
    }
    if pattern.chars().any(|it| it.is_control() && it != '\n') {
        return Err("the text has a control character".to_owned());
    }
    for after in pattern.split('$').skip(1) {
        let end = after.find(|it: char| !it.is_ascii_alphanumeric() && !"_-".contains(it));
        let name = &after[..end.unwrap_or(after.len())];
        if !variables.contains(&name) {
            let known = variables.join(", $");
            return Err(format!("there is no ${name}; there are ${known}"));
        }
    }
    for after in pattern.split('{').skip(1) {
        if !after.trim_start().starts_with(['$', '"']) {
            return Err("behind { comes the name of a variable, as in { $number }".to_owned());
        }
    }
    let resource = FluentResource::try_new(source(pattern))
        .map_err(|_| "the text can't be read; are all braces closed?".to_owned())?;
    // One line that looks like the beginning of another text would make two of it.
    if resource.entries().count() != 1 {
        return Err("the text can't be read".to_owned());
    }
    let mut values = FluentArgs::new();
    for name in variables {
        values.set(*name, "1");
    }
    made("de", pattern, &values).map(drop).ok_or_else(|| "the text can't be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_the_variables_that_there_are() {
        let args = [("number", "4711-K".to_owned()), ("dates", "2".to_owned())];
        let cases = [
            ("Guten Tag", Some("Guten Tag")),
            ("Nummer { $number }, ja: 3 < 4", Some("Nummer 4711-K, ja: 3 < 4")),
            ("zwei\nZeilen", Some("zwei\nZeilen")),
            (
                "{ $dates ->\n    [one] ein Termin\n   *[other] { $dates } Termine\n}",
                Some("2 Termine"),
            ),
            ("{ \"{\" }", Some("{")),
            ("{ $name }", None),
            ("{ $dates ->\n    [one] { $name }\n   *[other] x\n}", None),
            ("{ busy }", None),
            ("{ -term }", None),
            ("{ NUMBER($dates) }", None),
            ("{ $number", None),
            ("offen }", None),
            ("", None),
            ("\u{7}", None),
        ];
        for (text, expected) in cases {
            assert_eq!(pattern("de", text, &args).as_deref(), expected, "{text}");
            let checked = check_pattern(text, &["number", "dates"]);
            assert_eq!(checked.is_ok(), expected.is_some(), "{text}: {checked:?}");
        }
        assert!(check_pattern(&"a".repeat(PATTERN_CHARS_MAX + 1), &[]).is_err());
        let said = check_pattern("{ $name }", &["number"]).unwrap_err();
        assert!(said.contains("$name") && said.contains("$number"), "{said}");
    }
}
