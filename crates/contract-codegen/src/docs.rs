//! Converts descriptions of the contract to lines of doc comments.

use serde_json::Value;

/// The description as the lines of a doc comment.
pub(crate) fn docs(value: &Value, otherwise: &str) -> Vec<String> {
    let text = value["description"]
        .as_str()
        .filter(|text| !text.trim().is_empty())
        .unwrap_or(otherwise);
    lines(text)
}

/// Text as lines of a doc comment that compiles, and in which `cargo test` finds no code to run.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut fence: Option<String> = None;
    // Split at every line ending, because a template prints each as one line.
    let text = text.replace("\r\n", "\n");
    let ends = [
        '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
    ];
    for line in text.trim().split(ends) {
        let line: String = line
            .chars()
            .map(|letter| if letter == '\t' { ' ' } else { letter })
            .filter(|letter| !breaks_a_comment(*letter))
            .collect();
        let line = line.trim_end();
        let bare = line.trim_start();
        let marks: String = bare
            .chars()
            .take_while(|letter| bare.starts_with(*letter) && matches!(letter, '`' | '~'))
            .collect();
        let opens = marks.len() >= 3;
        match &fence {
            Some(open) if opens && marks.len() >= open.len() && bare == marks => fence = None,
            Some(_) => {}
            None if opens => {
                lines.push(format!("{marks}text"));
                fence = Some(marks);
                continue;
            }
            // `cargo test` would compile text that is indented by four as Rust.
            None if line.len() - bare.len() > 3 => {
                lines.push(format!("   {bare}"));
                continue;
            }
            None => {}
        }
        lines.push(line.to_owned());
    }
    lines.extend(fence);
    lines
}

/// The text with spaces instead of characters that would end the line.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if breaks_a_comment(letter) {
                ' '
            } else {
                letter
            }
        })
        .collect()
}

/// Characters that some tool treats as a line end, or that the compiler rejects in a comment.
fn breaks_a_comment(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_contract_never_becomes_code() {
        let text = "One\n\n```rust\nlet\u{202e} x\n```\n        indented\r\nlast\rline\n```";
        assert_eq!(
            lines(text),
            [
                "One",
                "",
                "```text",
                "let x",
                "```",
                "   indented",
                "last",
                "line",
                "```text",
                "```"
            ]
        );
    }
}
