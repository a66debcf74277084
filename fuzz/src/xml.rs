//! Request bodies: what is read is within the limits, and reads the same when it is written.

use terminraum::xml::{
    DEPTH_MAX, Element, NAME_BYTES_MAX, NODES_MAX, Name, Node, TEXT_BYTES_MAX, Writer, parse,
};

/// Longest input, in bytes.
const INPUT_BYTES_MAX: usize = 64 * 1024;

/// Reads `input` as a body.
pub fn run(input: &[u8]) {
    if input.len() > INPUT_BYTES_MAX {
        return;
    }
    let Ok(tree) = parse(input) else { return };
    let mut nodes = 0;
    check(&tree, 1, &mut nodes);
    assert!(nodes <= NODES_MAX, "{nodes} nodes");
    let mut writer = Writer::document();
    writer.element(&tree);
    let written = writer.finish();
    match parse(written.as_bytes()) {
        Ok(again) => assert_eq!(again, tree, "written as {written}"),
        // What is declared anew, or escaped, may be more than is taken.
        Err(refused) => assert!(refused.is_limit(), "{refused}: {written}"),
    }
    let canonical = tree.to_canonical();
    assert!(parse(canonical.as_bytes()).is_ok_and(|again| again.to_canonical() == canonical));
    let _ = tree.without_layout();
}

fn check(element: &Element, depth: usize, nodes: &mut usize) {
    assert!(depth <= DEPTH_MAX);
    *nodes += 1 + element.attributes.len();
    name_is_short(&element.name);
    for (name, value) in &element.attributes {
        name_is_short(name);
        assert!(value.len() <= TEXT_BYTES_MAX);
    }
    let mut text_before = false;
    for child in &element.children {
        match child {
            Node::Element(child) => check(child, depth + 1, nodes),
            Node::Text(text) => {
                *nodes += 1;
                assert!(!text.is_empty() && !text_before, "texts are joined");
                assert!(text.len() <= TEXT_BYTES_MAX);
            }
        }
        text_before = matches!(child, Node::Text(_));
    }
}

fn name_is_short(name: &Name) {
    let (namespace, local) = name.parts();
    assert!(namespace.len() <= NAME_BYTES_MAX && local.len() <= NAME_BYTES_MAX);
    assert!(!local.is_empty());
}
