//! The plain text of a letter: complete by itself.

use super::wording::{Action, Block, Fact, Footer, Wording};

/// Most columns of a line; a longer one is broken between words.
const COLUMNS_MAX: usize = 78;

/// Keeps an hour and its "Uhr" together, where lines are broken by others.
const NO_BREAK_SPACE: char = '\u{a0}';

/// Writes a letter as plain text; lines end with `\n`.
pub(super) fn plain(wording: &Wording) -> String {
    let mut parts: Vec<String> = wording.blocks.iter().map(part).collect();
    parts.extend(wording.footer.iter().map(footer));
    parts.retain(|part| !part.is_empty());
    let mut text = parts.join("\n\n");
    text.push('\n');
    text.replace(NO_BREAK_SPACE, " ")
}

fn part(block: &Block) -> String {
    match block {
        Block::Text(lines) | Block::Closing(lines) => wrapped(lines),
        Block::Facts(facts) => facts.iter().map(fact).collect::<Vec<_>>().join("\n"),
        Block::Aside(title, lines) => format!("{title}:\n{}", wrapped(lines)),
        Block::Action(action) => self::action(action),
    }
}

fn wrapped(lines: &[String]) -> String {
    lines.iter().map(|line| wrap(line)).collect::<Vec<_>>().join("\n")
}

fn fact(fact: &Fact) -> String {
    let Fact { label, lines, note, .. } = fact;
    let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
    match &lines[..] {
        [line] => format!("{label}: {line}{note}"),
        lines => {
            let lines = lines.iter().map(|line| format!("\n  {line}{note}"));
            format!("{label}:{}", lines.collect::<String>())
        }
    }
}

fn action(action: &Action) -> String {
    let mut lines = Vec::new();
    if !action.question.is_empty() {
        lines.push(action.question.clone());
    }
    let link = format!("{}: {}", action.label, action.url);
    let more = wrapped(&action.more);
    // What matters most comes first.
    let both = if action.is_main { [link, more] } else { [more, link] };
    lines.extend(both.into_iter().filter(|it| !it.is_empty()));
    lines.join("\n")
}

fn footer(footer: &Footer) -> String {
    match &footer.link {
        Some((label, url)) => format!("{}\n{label}: {url}", wrap(&footer.text)),
        None => wrap(&footer.text),
    }
}

/// Breaks a line between words; a word that is longer stays whole, for it may be an address.
fn wrap(line: &str) -> String {
    let mut wrapped = String::with_capacity(line.len());
    let mut columns = 0;
    for word in line.split_whitespace() {
        let width = word.chars().count();
        if columns > 0 && columns + 1 + width > COLUMNS_MAX {
            wrapped.push('\n');
            columns = 0;
        } else if columns > 0 {
            wrapped.push(' ');
            columns += 1;
        }
        wrapped.push_str(word);
        columns += width;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        let line = "ein Wort ".repeat(30);
        let wrapped = wrap(&line);
        assert!(wrapped.lines().all(|line| line.chars().count() <= COLUMNS_MAX));
        assert_eq!(wrapped.replace('\n', " "), line.trim_end());
        let address = format!("https://x/{}", "a".repeat(200));
        assert_eq!(wrap(&address), address);
        assert_eq!(wrap(""), "");
    }
}
