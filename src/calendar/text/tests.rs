use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// A refusal is fast, whatever is sent; generous, as tests run unoptimized and in parallel.
const REFUSAL_MAX: Duration = Duration::from_secs(10);

#[test]
fn lines_become_a_tree_with_places() {
    let source = "begin:vcalendar\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nsummary;language=de;x-a=\"p;q:r\"\
                  ,s:Gr\r\n öße\r\n\t 1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let root = parse(source).unwrap();
    assert_eq!(root.name, "VCALENDAR");
    assert_eq!(root.span, 0..source.len());
    assert_eq!(root.value("VERSION"), Some("2.0"));
    let event = root.children("VEVENT").next().unwrap();
    assert!(source[event.span.clone()].starts_with("BEGIN:VEVENT\r\n"));
    assert!(source[event.span.clone()].ends_with("END:VEVENT\r\n"));
    assert_eq!(&source[event.end_span.clone()], "END:VEVENT\r\n");
    let summary = event.property("SUMMARY").unwrap();
    assert_eq!(summary.value(), "Größe 1");
    assert_eq!(summary.parameter("LANGUAGE"), Some("de"));
    assert_eq!(summary.parameters[1].values, ["p;q:r", "s"]);
    assert_eq!(
        &source[summary.span.clone()],
        "summary;language=de;x-a=\"p;q:r\",s:Gr\r\n öße\r\n\t 1\r\n"
    );
}

#[test]
fn line_endings_blank_lines_and_a_byte_order_mark_are_tolerated() {
    let lines = ["BEGIN:VCALENDAR", "X-A:1", " 2", "", "END:VCALENDAR", "", "  "];
    for ending in ["\r\n", "\n", "\r"] {
        for mark in ["", BYTE_ORDER_MARK] {
            let source = format!("{mark}{}", lines.join(ending));
            let root = parse(&source).unwrap();
            assert_eq!(root.value("X-A"), Some("12"), "{source:?}");
        }
    }
    assert!(parse("BEGIN:X\nEND:X").is_ok(), "the last line break may be missing");
}

#[test]
fn what_is_no_icalendar_is_refused() {
    let cases = [
        "",
        "\r\n\r\n",
        "\u{feff}",
        "hello",
        "SUMMARY:alone",
        "BEGIN:VCALENDAR",
        "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n",
        "END:VCALENDAR\r\n",
        "BEGIN:\r\nEND:\r\n",
        "BEGIN:V CAL\r\nEND:V CAL\r\n",
        "BEGIN;X=1:VCALENDAR\r\nEND:VCALENDAR\r\n",
        "BEGIN:BEGIN:BEGIN\r\n",
        "BEGIN:A\r\nEND:A\r\nBEGIN:A\r\nEND:A\r\n",
        "BEGIN:A\r\nEND:A\r\nX:1\r\n",
        "BEGIN:A\r\nNOVALUE\r\nEND:A\r\n",
        "BEGIN:A\r\n:NONAME\r\nEND:A\r\n",
        "BEGIN:A\r\nX Y:1\r\nEND:A\r\n",
        "BEGIN:A\r\nX;:1\r\nEND:A\r\n",
        "BEGIN:A\r\nX;P:1\r\nEND:A\r\n",
        "BEGIN:A\r\nX;P=\"open:1\r\nEND:A\r\n",
        "BEGIN:A\r\nX;P=\"a\"b:1\r\nEND:A\r\n",
        "BEGIN:A\r\nX;P=a\"b\":1\r\nEND:A\r\n",
        "BEGIN:A\r\nX:\u{0}\r\nEND:A\r\n",
        "BEGIN:A\r\nX:\u{7}\r\nEND:A\r\n",
        "BEGIN:A\r\nX:\u{7f}\r\nEND:A\r\n",
        "BEGIN:A\r\nÜ:1\r\nEND:A\r\n",
        " BEGIN:A\r\nEND:A\r\n",
        "BEGIN:A\r\n\r\n X:1\r\nEND:A\r\n",
    ];
    for source in cases {
        let refusal = parse(source).expect_err(source);
        assert_eq!(refusal.precondition, Precondition::ValidCalendarData, "{source:?}");
    }
}

#[test]
fn latin_1_is_refused() {
    let refusal = parse_bytes(b"BEGIN:A\r\nX:Gr\xf6\xdfe\r\nEND:A\r\n").unwrap_err();
    assert_eq!(refusal.precondition, Precondition::ValidCalendarData);
}

#[test]
fn limits_hold_exactly() {
    let nested = |depth: usize| {
        let open: String = (0..depth).map(|_| "BEGIN:A\r\n").collect();
        let close: String = (0..depth).map(|_| "END:A\r\n").collect();
        open + &close
    };
    assert!(parse(&nested(DEPTH_MAX)).is_ok());
    assert!(parse(&nested(DEPTH_MAX + 1)).is_err());

    let wide = |width: usize| {
        format!("BEGIN:A\r\n{}\r\nEND:A\r\n", "X:".to_owned() + &"y".repeat(width - 2))
    };
    assert!(parse(&wide(LINE_BYTES_MAX)).is_ok());
    assert!(parse(&wide(LINE_BYTES_MAX + 1)).is_err());

    let long = |lines: usize| format!("BEGIN:A\r\n{}END:A\r\n", "X:1\r\n".repeat(lines - 2));
    assert!(parse(&long(LINES_MAX)).is_ok());
    let refusal = parse(&long(LINES_MAX + 1)).unwrap_err();
    assert_eq!(refusal.precondition, Precondition::MaxResourceSize);

    let body = |size: usize| {
        let line = "X:".to_owned() + &"y".repeat(1_000) + "\r\n";
        let mut text = "BEGIN:A\r\n".to_owned();
        while text.len() + 2 * line.len() < size {
            text.push_str(&line);
        }
        let rest = size - text.len() - "X:\r\nEND:A\r\n".len();
        text + "X:" + &"y".repeat(rest) + "\r\nEND:A\r\n"
    };
    assert!(parse_bytes(body(BODY_BYTES_MAX).as_bytes()).is_ok());
    let refusal = parse_bytes(body(BODY_BYTES_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!(refusal.precondition, Precondition::MaxResourceSize);
}

#[test]
fn nasty_inputs_are_refused_fast() {
    let inside = |text: String| format!("BEGIN:VCALENDAR\r\n{text}\r\nEND:VCALENDAR\r\n");
    let folded = format!("X:{}", "a\r\n ".repeat(250_000));
    let cases = [
        ("deep nesting", "BEGIN:VEVENT\r\n".repeat(70_000)),
        ("a line of 4 MB", inside(format!("X:{}", "y".repeat(4_000_000)))),
        ("a line of 1 MB", inside(format!("X:{}", "y".repeat(1_000_000)))),
        ("a line folded 250,000 times", inside(folded)),
        ("200,000 parameters", inside(format!("X{}:1", ";A=b".repeat(200_000)))),
        ("200,000 values", inside(format!("X;A={}:1", "b,".repeat(200_000)))),
        ("BEGIN:BEGIN:…", "BEGIN:".repeat(170_000)),
        ("only BEGIN", "BEGIN:BEGIN\r\n".repeat(70_000)),
        ("only END", "END:VCALENDAR\r\n".repeat(70_000)),
        ("only line breaks", "\r\n".repeat(500_000)),
        ("only folds", "\r\n ".repeat(340_000)),
        ("only spaces", " ".repeat(1_000_000)),
        ("only quotes", inside(format!("X;A={}", "\"".repeat(1_000_000)))),
        ("only backslashes", "\\".repeat(1_000_000)),
    ];
    for (name, source) in cases {
        let start = Instant::now();
        assert!(parse_bytes(source.as_bytes()).is_err(), "{name}");
        assert!(start.elapsed() < REFUSAL_MAX, "{name} took {:?}", start.elapsed());
    }
}

#[test]
fn what_is_large_but_allowed_is_read_fast() {
    let parameters = format!("BEGIN:A\r\nX{}:1\r\nEND:A\r\n", ";A=b".repeat(16_000));
    let folds = format!("BEGIN:A\r\nX:{}\r\nEND:A\r\n", "a\r\n ".repeat(60_000));
    for source in [parameters, folds] {
        let start = Instant::now();
        parse(&source).unwrap();
        assert!(start.elapsed() < REFUSAL_MAX, "took {:?}", start.elapsed());
    }
}

#[test]
fn texts_are_unescaped_and_split() {
    let cases: [(&str, &str, &[&str]); 5] = [
        ("plain", "plain", &["plain"]),
        (r"a\, b\; c\\n\nd\Ne", "a, b; c\\n\nd\ne", &["a, b; c\\n\nd\ne"]),
        (r"Büro,Post\, Eingang,", "Büro,Post, Eingang,", &["Büro", "Post, Eingang", ""]),
        ("", "", &[""]),
        (r"x\", "x\\", &["x\\"]),
    ];
    for (raw, text, texts) in cases {
        let source = format!("BEGIN:A\r\nX:{raw}\r\nEND:A\r\n");
        let root = parse(&source).unwrap();
        assert_eq!(root.properties[0].text(), text);
        assert_eq!(root.properties[0].texts(), texts);
    }
}

#[test]
fn parameters_are_decoded_for_people() {
    let source = "BEGIN:A\r\nX;CN=\"a^nb\",^^^'c^d:1\r\nEND:A\r\n";
    let root = parse(source).unwrap();
    assert_eq!(root.properties[0].parameters[0].text(), "a\nb,^\"c^d");
    assert_eq!(root.properties[0].parameter("CN"), Some("a^nb"));
}

/// Every property of the tree covers its own place, in order and without overlap.
fn places(component: &Component) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> =
        component.properties.iter().map(|property| property.span.clone()).collect();
    for inner in &component.components {
        spans.extend(places(inner));
    }
    spans
}

const SAMPLE: &str = include_str!("../../../fixtures/objects/thunderbird-meeting.ics");

proptest! {
    #[test]
    fn mutated_text_never_panics_and_places_stay_true(
        changes in prop::collection::vec((0..SAMPLE.len(), any::<u8>()), 1..8),
        cut in 0..SAMPLE.len(),
    ) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        for body in [&bytes[..], &bytes[..cut], &bytes[cut..]] {
            if let Ok((source, root)) = parse_bytes(body) {
                let mut spans = places(&root);
                spans.sort_by_key(|span| span.start);
                prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(spans.iter().all(|span| source.get(span.clone()).is_some()));
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = parse(&text);
        let _ = parse(&format!("BEGIN:A\r\n{text}\r\nEND:A\r\n"));
    }

    #[test]
    fn a_value_survives_folding_anywhere(value in "[a-zäß€\u{1f600} \\\\;,:\"]{0,300}", ending in "\r\n|\n|\r") {
        let mut source = format!("BEGIN:A{ending}");
        crate::calendar::content_line::fold_into(&mut source, &format!("X:{value}"), &ending);
        source.push_str("END:A");
        let root = parse(&source).unwrap();
        prop_assert_eq!(root.properties[0].value(), value);
    }
}
