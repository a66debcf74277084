use proptest::prelude::*;

use super::*;
use crate::calendar::text;

const SOURCE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n\
    ATTENDEE;CN=\"A; B\";partstat=NEEDS-ACTION;RSVP=TRUE:mailto:a@rathaus.example\r\n\
    summary:Alt\r\nX-Keep;x=\"Y\":  as it\r\n  is \r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\n\
    END:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// Edits the first VEVENT of [`SOURCE`].
fn edited(change: impl Fn(&mut Editor<'_>, &Component)) -> String {
    let root = text::parse(SOURCE).unwrap();
    let event = root.children("VEVENT").next().unwrap();
    let mut editor = Editor::new(SOURCE);
    change(&mut editor, event);
    let result = editor.finish();
    text::parse(&result).unwrap();
    result
}

#[test]
fn without_changes_nothing_changes() {
    assert_eq!(edited(|_, _| {}), SOURCE);
    assert!(Editor::new(SOURCE).is_empty());
}

#[test]
fn one_edit_changes_one_place() {
    type Change = fn(&mut Editor<'_>, &Component);
    let cases: [(Change, &str, &str); 10] = [
        (
            |editor, event| {
                editor.set_parameter(event.property("ATTENDEE").unwrap(), "PARTSTAT", "ACCEPTED");
            },
            "partstat=NEEDS-ACTION",
            "PARTSTAT=ACCEPTED",
        ),
        (
            |editor, event| {
                let attendee = event.property("ATTENDEE").unwrap();
                editor.set_parameter(attendee, "SCHEDULE-STATUS", "2.0");
                editor.remove_parameter(attendee, "RSVP");
            },
            ";RSVP=TRUE:mailto:a@rathaus.example\r\n",
            ";SCHEDULE-STATUS=2.0:mailto:a@ratha\r\n us.example\r\n",
        ),
        (
            |editor, event| {
                editor.set_text(event.property("SUMMARY").unwrap(), "Neu, neu");
            },
            "summary:Alt",
            "summary:Neu\\, neu",
        ),
        (
            |editor, event| {
                let line = ContentLine::new("LOCATION").text("Raum 1");
                editor.set(event, "LOCATION", &line);
            },
            "BEGIN:VALARM",
            "LOCATION:Raum 1\r\nBEGIN:VALARM",
        ),
        (
            |editor, event| {
                let line = ContentLine::new("SUMMARY").parameter("LANGUAGE", "de").text("Neu");
                editor.set(event, "SUMMARY", &line);
            },
            "summary:Alt",
            "SUMMARY;LANGUAGE=de:Neu",
        ),
        (
            |editor, event| {
                editor.remove(event.property("SUMMARY").unwrap());
            },
            "summary:Alt\r\n",
            "",
        ),
        (
            |editor, event| {
                editor.remove_component(&event.components[0]);
            },
            "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\n",
            "",
        ),
        (
            |editor, event| {
                editor.set_value(&event.components[0].properties[0], "AUDIO");
                editor.remove_component(&event.components[0]);
            },
            "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\n",
            "",
        ),
        (
            |editor, event| {
                editor.insert_component(event, "BEGIN:VALARM\nACTION:AUDIO\nEND:VALARM\n");
            },
            "END:VEVENT",
            "BEGIN:VALARM\r\nACTION:AUDIO\r\nEND:VALARM\r\nEND:VEVENT",
        ),
        (
            |editor, event| {
                editor.set_value(event.property("UID").unwrap(), "2\r\nSTATUS:CANCELLED");
            },
            "UID:1",
            "UID:2STATUS:CANCELLED",
        ),
    ];
    for (change, old, new) in cases {
        assert_eq!(SOURCE.matches(old).count(), 1, "{old}");
        assert_eq!(edited(change), SOURCE.replace(old, new));
    }
}

#[test]
fn the_document_keeps_its_own_line_ending() {
    for ending in ["\r\n", "\n", "\r"] {
        let source = SOURCE.replace("\r\n", ending);
        let root = text::parse(&source).unwrap();
        let mut editor = Editor::new(&source);
        let line = ContentLine::new("COMMENT").text(&"lang ".repeat(40));
        editor.insert(&root.components[0], &line);
        let result = editor.finish();

        let stripped = result.replace(ending, "");
        assert!(!stripped.contains(['\r', '\n']), "{result:?}");
        let root = text::parse(&result).unwrap();
        assert_eq!(root.components[0].property("COMMENT").unwrap().text(), "lang ".repeat(40));
    }
}

#[test]
fn setting_a_property_leaves_one_of_its_name() {
    let source = "BEGIN:A\nX:1\nY:2\nX:3\nX:4\nEND:A\n";
    let root = text::parse(source).unwrap();
    let mut editor = Editor::new(source);
    editor.set(&root, "X", &ContentLine::new("X").value("5"));
    assert_eq!(editor.finish(), "BEGIN:A\nX:5\nY:2\nEND:A\n");
    let mut editor = Editor::new(source);
    editor.remove_all(&root, "X");
    assert_eq!(editor.finish(), "BEGIN:A\nY:2\nEND:A\n");
}

#[test]
fn a_property_of_another_text_does_no_harm() {
    let root = text::parse(SOURCE).unwrap();
    let event = &root.components[0];
    for source in ["", "ü", "BEGIN:Ü"] {
        let mut editor = Editor::new(source);
        editor.set_parameter(event.property("ATTENDEE").unwrap(), "PARTSTAT", "ACCEPTED");
        editor.set_value(event.property("UID").unwrap(), "2");
        editor.remove_component(event);
        editor.finish();
    }
}

const MEETING: &str = include_str!("../../../fixtures/objects/thunderbird-meeting.ics");

proptest! {
    #[test]
    fn all_bytes_but_those_of_the_edited_property_stay(
        which in 0_usize..64,
        text in "\\PC{0,120}",
        name in "X-[A-Z]{1,8}|PARTSTAT|CN",
        ending in "\r\n|\n",
    ) {
        let source = MEETING.replace("\r\n", &ending);
        let root = text::parse(&source).unwrap();
        let event = root.children("VEVENT").next().unwrap();
        let property = &event.properties[which % event.properties.len()];
        let mut editor = Editor::new(&source);
        editor.set_parameter(property, &name, &text);
        editor.set_text(property, &text);
        let result = editor.finish();

        let (head, tail) = (&source[..property.span.start], &source[property.span.end..]);
        prop_assert!(result.starts_with(head));
        prop_assert!(result.ends_with(tail));
        let again = text::parse(&result).unwrap();
        let event = again.children("VEVENT").next().unwrap();
        let changed = &event.properties[which % event.properties.len()];
        let clean: String = text.chars().filter(|c| !c.is_ascii_control()).collect();
        prop_assert_eq!(changed.text(), clean.clone());
        let parameter = changed.parameters.iter().find(|parameter| parameter.name == name);
        prop_assert_eq!(parameter.unwrap().text(), clean);
        let (old, new) = (&property.parameters, &changed.parameters);
        let known = old.iter().any(|parameter| parameter.name == name);
        prop_assert_eq!(new.len(), old.len() + usize::from(!known));
        for (old, new) in old.iter().zip(new).filter(|(old, _)| old.name != name) {
            prop_assert_eq!(old, new);
        }
    }
}
