//! `docs/settings.md` is generated from `config/default.toml`, which documents every setting.

use std::fmt::Write as _;
use std::path::Path;

/// If this variable is set, the page is regenerated.
const UPDATE: &str = "ORDERS_UPDATE_DOCS";

const HEAD: &str = "# Settings

All settings with their defaults, generated from [config/default.toml](../config/default.toml) by
`ORDERS_UPDATE_DOCS=1 ./justw test settings`. A TOML file given by `--config` overrides the defaults, and the
environment overrides both: `ORDERS__HTTP__LISTEN` sets `http.listen`. An unknown setting is an error; all errors are
reported at once. `orders config` prints the effective settings without secrets.
";

/// The page, with a table for each section.
fn generate(defaults: &str) -> String {
    let mut text = HEAD.to_owned();
    let mut section = String::new();
    let mut meaning: Vec<&str> = Vec::new();
    for line in defaults.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            meaning.push(comment.trim());
        } else if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            let about = meaning.join(" ");
            writeln!(text, "\n## {section}\n").unwrap();
            if !about.is_empty() {
                writeln!(text, "{about}\n").unwrap();
            }
            text += "| setting | default | meaning |\n| --- | --- | --- |\n";
            meaning.clear();
        } else if let Some((name, value)) = line.split_once(" = ") {
            // A setting without a comment shares the previous one.
            let meaning_text = if meaning.is_empty() {
                "as above".into()
            } else {
                meaning.join(" ").replace('|', "\\|")
            };
            writeln!(text, "| `{section}.{name}` | `{value}` | {meaning_text} |").unwrap();
            meaning.clear();
        } else {
            meaning.clear();
        }
    }
    text
}

#[test]
fn the_settings_page_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
    let generated = generate(include_str!("../config/default.toml"));
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&file, &generated).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == generated,
        "docs/settings.md is out of date; regenerate it with `{UPDATE}=1 ./justw test settings`"
    );
}

#[test]
fn every_setting_is_documented() {
    let generated = generate(include_str!("../config/default.toml"));
    let settings = order_processing::config::Settings::load(None).unwrap();
    let known = toml::Table::try_from(&settings).unwrap();
    fn names(prefix: &str, table: &toml::Table, all: &mut Vec<String>) {
        for (name, value) in table {
            let name = match prefix {
                "" => name.clone(),
                prefix => format!("{prefix}.{name}"),
            };
            match value {
                toml::Value::Table(inner) => names(&name, inner, all),
                _ => all.push(name),
            }
        }
    }
    let mut all = Vec::new();
    names("", &known, &mut all);
    assert!(all.len() > 40, "{all:?}");
    for name in all {
        assert!(generated.contains(&format!("| `{name}` |")), "{name}");
    }
}
