//! What is read, what is refused, and that refusing is quick.

use super::super::{DAV, Writer};
use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

#[test]
fn what_clients_send_is_read() {
    for body in [
        "<a/>",
        "<?xml version=\"1.0\"?><a/>",
        "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n<a></a>\n",
        "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- hello --><a/><!-- bye -->\n",
        "<?xml version=\"1.0\" encoding=\"us-ascii\"?><?pi x?><a/>",
        "<a xml:lang='de'/>",
        "<a xmlns=''/>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
        "<a b='1' c='2'  />",
        "<grün größe='ß'/>",
    ] {
        assert!(parse(body.as_bytes()).is_ok(), "{body}: {:?}", parse(body.as_bytes()));
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for body in [
        "",
        " ",
        "text",
        "<a",
        "<a>",
        "<a></b>",
        "<a><b></a></b>",
        "</a>",
        "<a/><b/>",
        "<a/>text",
        "<a/>&amp;",
        "<a/><![CDATA[x]]>",
        "text<a/>",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<a>&x;</a>",
        "<a>&</a>",
        "<a>&amp</a>",
        "<a>&#0;</a>",
        "<a>&#x0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#xFFFF;</a>",
        "<a>&#+65;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#99999999999;</a>",
        "<a>\u{0}</a>",
        "<a>\u{8}</a>",
        "<a>\u{FFFF}</a>",
        "<a>]]></a>",
        "<a b='<'/>",
        "<a b='&'/>",
        "<a b='&x;'/>",
        "<a b=1/>",
        "<a b/>",
        "<a b='1' b='2'/>",
        "<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>",
        "<x:a/>",
        "<a x:b='1'/>",
        "<a xmlns:x=''/>",
        "<a xmlns:x='u' xmlns:x='v'/>",
        "<a xmlns:xml='u'/>",
        "<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns:xmlns='u'/>",
        "<xmlns:a/>",
        "<a:b:c xmlns:a='u'/>",
        "<:a/>",
        "<a:/>",
        "<1a/>",
        "<a><!-- -- --></a>",
        "<a><?xml version='1.0'?></a>",
        " <?xml version='1.0'?><a/>",
        "<?xml version='1.0' encoding='utf-16'?><a/>",
        "<?xml version='1.0' encoding='iso-8859-1'?><a/>",
        "<?xml version='2.0'?><a/>",
        "<?xml?><a/>",
        "<?XML version='1.0'?><a/>",
        "<a b='1'c='2'/>",
        "<a/ >",
        "< a/>",
        "<a></a b='1'>",
        "<a></ a>",
        "<a><!ELEMENT a></a>",
        "<a><![cdata[x]]></a>",
        "<a><!--></a>",
        "<a><!-- x ---></a>",
        "<a><? x?></a>",
        "<a><?></a>",
        "<a b = '1' = '2'/>",
        "<a 'b'/>",
        "<a b='1/>",
        "<a>&#X41;</a>",
        "<a>& #65;</a>",
        "<?xml version='1.0' junk?><a/>",
        "<?xml version='1.0' standalone='maybe'?><a/>",
        "<?xml encoding='utf-8'?><a/>",
        "<a><b xmlns:c='u'/><c:d/></a>",
    ] {
        let answer = parse(body.as_bytes());
        assert!(matches!(&answer, Err(error) if !error.is_limit()), "{body:?}: {answer:?}");
    }
    let latin: &[u8] = b"<a>\xFC</a>";
    let utf16: &[u8] = b"\xFF\xFE<\0a\0/\0>\0";
    assert!(parse(latin).is_err());
    assert!(parse(utf16).is_err());
}

#[test]
fn references_and_sections_become_one_text() {
    let tree = parse(b"<a>1&lt;&#50;<![CDATA[<3>]]>&#x1F3DB;\r\n\r<!-- -->4</a>").unwrap();
    assert_eq!(tree.children, [Node::Text("1<2<3>🏛\n\n4".to_owned())]);
    let tree = parse(b"<a b=' &quot;x\r\n\ty&#10;z&apos; '/>").unwrap();
    assert_eq!(tree.attribute("b"), Some(" \"x  y\nz' "));
}

#[test]
fn namespaces_end_with_their_element() {
    let tree = parse(
        b"<a xmlns='DAV:' b='1'><c xmlns='' /><x:d xmlns:x='urn:x'/><e xmlns='urn:a&amp;b'/></a>",
    )
    .unwrap();
    assert_eq!(tree.name, Name::dav("a"));
    assert_eq!(tree.attributes, [(Name::plain("b"), "1".to_owned())]);
    let names: Vec<_> = tree.elements().map(|child| child.name.clone()).collect();
    assert_eq!(names, [Name::plain("c"), Name::new("urn:x", "d"), Name::new("urn:a&b", "e")]);
    assert!(parse(b"<a><x:b xmlns:x='u'/><x:c/></a>").is_err());
}

/// Refused as too large, and at once.
fn assert_too_large(body: &str) {
    let began = Instant::now();
    let answer = parse(body.as_bytes());
    assert!(matches!(&answer, Err(error) if error.is_limit()), "{:?}", answer.map(|_| ()));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn too_much_is_refused_at_once() {
    assert_too_large(&"<a>".repeat(100_000));
    assert_too_large(&format!("<a xmlns='DAV:'>{}</a>", "<p/>".repeat(20_000)));
    assert_too_large(&format!("<a>{}</a>", "x".repeat(BODY_BYTES_MAX)));
    let many: String = (0..20_000).map(|i| format!(" a{i}=''")).collect();
    assert_too_large(&format!("<a{many}/>"));
    let many: String = (0..1_000).map(|i| format!(" xmlns:a{i}='u'")).collect();
    assert_too_large(&format!("<a{many}/>"));
    assert_too_large(&format!("<{}/>", "a".repeat(10_000)));
    assert_too_large(&format!("<sync-token>{}</sync-token>", "x".repeat(200_000)));
    assert_too_large(&format!("<a b='{}'/>", "x".repeat(200_000)));
    assert_too_large(&format!("<a xmlns='{}'/>", "a".repeat(10_000)));
}

#[test]
fn the_limits_are_where_they_say() {
    let nest = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert!(parse(nest(DEPTH_MAX).as_bytes()).is_ok());
    assert_too_large(&nest(DEPTH_MAX + 1));
    let wide = |count: usize| format!("<a>{}</a>", "<p/>".repeat(count - 1));
    assert!(parse(wide(NODES_MAX).as_bytes()).is_ok());
    assert_too_large(&wide(NODES_MAX + 1));
    for piece in ["x", "&#120;", "<![CDATA[x]]>", "x<!-- -->"] {
        let long = |count: usize| format!("<a>{}</a>", piece.repeat(count));
        let count = TEXT_BYTES_MAX.min(BODY_BYTES_MAX / piece.len() - 1);
        assert_eq!(parse(long(count).as_bytes()).unwrap().text().len(), count);
        assert_too_large(&long(count + 1_000));
    }
}

#[test]
fn a_long_language_is_shared_not_copied() {
    let body =
        format!("<a xml:lang='{}'>{}</a>", "x".repeat(100_000), "<p/>".repeat(NODES_MAX - 3));
    let tree = parse(body.as_bytes()).unwrap();
    let children: Vec<_> = tree.elements().collect();
    assert!(Arc::ptr_eq(
        children[0].language.as_ref().unwrap(),
        children[9_000].language.as_ref().unwrap()
    ));
}

fn names() -> impl Strategy<Value = Name> {
    let namespaces = prop_oneof![
        Just(DAV.to_owned()),
        Just("urn:ietf:params:xml:ns:caldav".to_owned()),
        Just(String::new()),
        "urn:[a-c&<\"]{0,3}",
    ];
    (namespaces, "[a-zä_][a-z0-9.-]{0,3}").prop_map(|(space, local)| Name::new(&space, local))
}

fn texts() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>().prop_filter("legal", |c| is_char(*c)), 1..12)
        .prop_map(|chars| chars.into_iter().collect())
}

fn elements() -> impl Strategy<Value = Element> {
    let head = || {
        let language = proptest::option::of("[a-z]{2}".prop_map(Arc::<str>::from));
        let attributes = proptest::collection::btree_map(names(), texts(), 0..3);
        (names(), language, attributes).prop_map(|(name, language, attributes)| Element {
            name,
            language,
            attributes: attributes.into_iter().collect(),
            children: Vec::new(),
        })
    };
    head().prop_recursive(6, 40, 5, move |inner| {
        let children = proptest::collection::vec((inner, proptest::option::of(texts())), 0..5);
        (head(), children).prop_map(|(mut element, children)| {
            for (child, text) in children {
                element = element.and(child);
                element.push_text(&text.unwrap_or_default());
            }
            element
        })
    })
}

proptest! {
    #[test]
    fn reading_gives_back_what_was_written(element in elements()) {
        let text = element.to_canonical();
        prop_assert_eq!(&parse(text.as_bytes()).unwrap(), &element);
        let mut writer = Writer::document();
        writer.element(&element);
        prop_assert_eq!(parse(writer.finish().as_bytes()).unwrap(), element);
    }

    #[test]
    fn no_bytes_make_the_parser_panic(
        element in elements(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        keep in any::<prop::sample::Index>(),
    ) {
        let mut bytes = element.to_canonical().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(keep.index(bytes.len()) + 1);
        if let Ok(read) = parse(&bytes) {
            let again = read.to_canonical();
            prop_assert_eq!(parse(again.as_bytes()).unwrap(), read);
        }
    }

    #[test]
    fn no_markup_makes_the_parser_panic(
        pieces in proptest::collection::vec(prop::sample::select(vec![
            "<", ">", "/", "a", "x:", " ", "'", "\"", "=", "&", ";", "#", "xmlns", "<a>", "</a>",
            "<![CDATA[", "]]>", "<!--", "-->", "<?", "?>", "<!DOCTYPE", "xml", "\u{0}", "ä",
        ]), 0..30),
    ) {
        let _ = parse(pieces.concat().as_bytes());
    }
}

#[test]
fn the_first_tag_is_seen_without_reading_further() {
    for (body, expected) in [
        ("<a/>", Some("a")),
        (
            "<?xml version=\"1.0\"?>\r\n<D:sync-collection xmlns:D=\"DAV:\">",
            Some("sync-collection"),
        ),
        (" <a>", Some("a")),
        ("<a\n>", Some("a")),
        ("<!-- <b> --><a/>", None),
        ("<!DOCTYPE a><a/>", None),
        ("</a>", None),
        ("a", None),
        ("<", None),
        ("", None),
    ] {
        assert_eq!(root_name(body.as_bytes()), expected, "{body}");
        let root = parse(body.as_bytes()).ok();
        let agrees = |root: Element| expected.is_none_or(|name| root.name.local() == name);
        assert!(root.is_none_or(agrees), "{body}");
    }
    assert_eq!(root_name(b"\xff<a/>"), None);
}
