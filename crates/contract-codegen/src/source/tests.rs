use super::*;
use crate::generator::{Files, read_tree};
use proptest::prelude::*;
use serde_json::json;

/// Texts that are likely to break out of a literal or a comment.
const HOSTILE: &[&str] = &[
    "\n",
    "\r",
    "\r\n",
    "\u{b}",
    "\u{c}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\0",
    "\"",
    "'",
    "\\",
    "`",
    "*/",
    "/*",
    "//",
    "///",
    "//!",
    "{{",
    "}}",
    "{{{",
    "{",
    "}",
    "#",
    "\"#",
    "\"##",
    "r#\"",
    "\\u{",
    "\\\n",
    "#![",
    "#[doc",
    "\u{202e}",
    "\u{2066}",
    "\u{feff}",
    "\u{200b}",
    "\u{e000}",
    "$(",
    "```",
    "é",
    "pub fn f() {}",
    "; loop {}",
];

/// Any text, mixed with some of these.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        prop::sample::select(HOSTILE).prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn literal(code: &Code) -> String {
    syn::parse_str::<syn::LitStr>(&code.0).unwrap().value()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_becomes_a_literal_with_the_same_value(text in hostile()) {
        prop_assert_eq!(literal(&Code::literal(&text)), text.clone());
        prop_assert_eq!(literal(&Code::raw_literal(&text)), text.clone());
        let printed = ready(json!({ "a": [text] }));
        let printed = printed["a"][0].as_str().unwrap();
        prop_assert_eq!(syn::parse_str::<syn::LitStr>(printed).unwrap().value(), text.clone());
        let list = Code::literals([&text, &text]).0;
        let list: syn::ExprReference = syn::parse_str(&list).unwrap();
        let syn::Expr::Array(list) = *list.expr else { panic!("no array") };
        prop_assert_eq!(list.elems.len(), 2);
        for item in list.elems {
            let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(item), .. }) = item else {
                panic!("no string")
            };
            prop_assert_eq!(item.value(), text.clone());
        }
    }

    #[test]
    fn a_comment_has_one_line_for_each_of_its_lines(text in hostile()) {
        for lines in [vec![text.clone()], crate::docs::lines(&text)] {
            let file = format!("{}\nfn f() {{}}", Code::docs(&lines));
            let file: syn::File = syn::parse_str(&file).unwrap();
            prop_assert_eq!(file.items.len(), 1);
            let syn::Item::Fn(item) = &file.items[0] else { panic!("no function") };
            prop_assert_eq!(item.attrs.len(), lines.len());
            prop_assert!(item.attrs.iter().all(|attribute| attribute.path().is_ident("doc")));
        }
        let inner = Code::inner_docs([&text]).0;
        let inner: syn::File = syn::parse_str(&inner).unwrap();
        prop_assert_eq!((inner.items.len(), inner.attrs.len()), (0, 1));
    }

    #[test]
    fn a_name_is_an_identifier(text in hostile()) {
        use crate::names::{Scope, pascal, snake, variant};
        for name in [text.clone(), snake(&text), pascal(&text), variant(&text)] {
            let name = Scope::default().declare(&name);
            prop_assert!(syn::parse_str::<syn::Ident>(&name).is_ok(), "{}", name);
        }
    }
}

#[test]
fn only_bare_placeholders_are_accepted() {
    assert!(has_bare_placeholders("{}::new({{ {} }})"));
    for text in ["{name}", "{:?}", "{0}", "{", "}", "{{{name}}}"] {
        assert!(!has_bare_placeholders(text), "{text}");
    }
}

#[test]
fn raw_literals_are_used_only_to_avoid_escapes() {
    for (text, code) in [
        ("a", "\"a\""),
        (r"^\w+$", r#"r"^\w+$""#),
        ("\"#", "r##\"\"#\"##"),
        ("\\\n", "\"\\\\\\n\""),
        ("\\\u{200b}", "\"\\\\\\u{200b}\""),
    ] {
        assert_eq!(Code::raw_literal(text).0, code);
    }
}

/// A template prints between tokens, so a value cannot merge with the code around it. Nothing
/// follows a comment on its line.
#[test]
fn templates_never_print_inside_of_a_comment_or_a_string() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut files = Files::new();
    read_tree(&folder, &folder, &mut files).unwrap();
    let mut seen = 0;
    for (path, content) in files {
        for (number, line) in String::from_utf8(content).unwrap().lines().enumerate() {
            let place = format!("{}:{}: {line}", path.display(), number + 1);
            let mut rest = line;
            while let Some((before, after)) = rest.split_once("{{") {
                let before = &line[..line.len() - rest.len() + before.len()];
                let (tag, after) = after.split_once("}}").expect(&place);
                rest = after;
                if tag.starts_with(['#', '/', '^', '!']) {
                    continue;
                }
                seen += 1;
                assert!(tag.starts_with('{'), "escaped for HTML: {place}");
                assert!(!before.contains("//"), "in a comment: {place}");
                assert_eq!(before.matches('"').count() % 2, 0, "in a string: {place}");
                let comment = tag.to_lowercase().ends_with("docs");
                assert!(!comment || after == "}", "behind a comment: {place}");
            }
        }
    }
    assert!(seen > 100, "{seen}");
}
