//! Regular expressions of a contract.

/// A pattern of ECMA-262 in the syntax of Rust's `fancy-regex`; `None` if it is not valid.
pub(crate) fn rust_pattern(pattern: &str) -> Option<String> {
    let pattern = plain_pattern(pattern)?;
    let translated = jsonschema_regex::to_rust_regex(&pattern).ok()?;
    Some(translated.into_owned())
}

/// The pattern without syntax that only browsers accept (ECMA-262, annex B): a brace that is not a
/// quantifier, a needless escape. `None` if it is not valid.
pub(crate) fn plain_pattern(pattern: &str) -> Option<String> {
    let works = |pattern: &str| {
        jsonschema_regex::to_rust_regex(pattern)
            .is_ok_and(|translated| fancy_regex::Regex::new(&translated).is_ok())
    };
    if works(pattern) {
        return Some(pattern.to_owned());
    }
    let letters: Vec<char> = pattern.chars().collect();
    let mut plain = String::new();
    let mut index = 0;
    while let Some(letter) = letters.get(index).copied() {
        let rest: String = letters[index..].iter().collect();
        let next = letters.get(index + 1).copied();
        match (letter, next) {
            ('\\', Some(escaped)) => {
                let is_needless = "_ '\"@<>,:;=%!`~".contains(escaped);
                if !is_needless {
                    plain.push('\\');
                }
                plain.push(escaped);
                index += 1;
            }
            ('{', _) => match quantifier(&rest) {
                Some(length) => {
                    plain.push_str(&rest[..length]);
                    index += length - 1;
                }
                None => plain.push_str("\\{"),
            },
            ('}', _) => plain.push_str("\\}"),
            _ => plain.push(letter),
        }
        index += 1;
    }
    works(&plain).then_some(plain)
}

/// The length of a quantifier in braces.
fn quantifier(rest: &str) -> Option<usize> {
    let end = rest.find('}')?;
    let inner = &rest[1..end];
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = match inner.split_once(',') {
        Some((from, to)) => number(from) && (to.is_empty() || number(to)),
        None => number(inner),
    };
    fits.then_some(end + 1)
}
