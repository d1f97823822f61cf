//! Runs openapi-generator over the annotated contract and puts the result in place.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::Project;
use crate::fingerprint;

const GENERATOR: &str = "openapi-generator-cli.jar";
const INSTALL: &str = "run `./justw generate`, which installs it";

/// Path inside `generated/` → content.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Generates and formats; nothing under the project is touched.
pub(crate) fn run(project: &Project, contract: &Value, annotated: &Value) -> Result<Files> {
    let work = Scratch::new()?;
    let input = work.0.join("annotated.json");
    fs::write(&input, serde_json::to_vec(annotated)?)?;
    let output = work.0.join("out");

    let tools = tools(&project.root);
    let jar = tools.join(GENERATOR);
    if !jar.is_file() {
        bail!("openapi-generator is missing: {INSTALL}");
    }
    let java = Some(tools.join("bin/java")).filter(|java| java.exists());
    let java: OsString = java.map_or_else(|| "java".into(), PathBuf::into_os_string);
    let result = Command::new(&java)
        .args(["-XX:TieredStopAtLevel=1", "-jar"])
        .arg(&jar)
        .arg("generate")
        .arg("--input-spec")
        .arg(&input)
        .arg("--config")
        .arg(project.root.join("codegen/config.yaml"))
        .arg("--template-dir")
        .arg(project.root.join("codegen/templates"))
        .arg("--output")
        .arg(&output)
        .output()
        .with_context(|| format!("cannot run Java for openapi-generator: {INSTALL}"))?;
    if !result.status.success() {
        let said = [result.stdout, result.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said
            .lines()
            .filter(|line| !line.contains(" INFO "))
            .collect();
        bail!("openapi-generator failed:\n{}", lines.join("\n"));
    }

    let made = output.join("made");
    format_rust(&made)?;
    let mut files = Files::new();
    read_tree(&made, &made, &mut files)?;
    let mut document = serde_json::to_vec_pretty(contract)?;
    document.push(b'\n');
    files.insert("openapi.json".into(), document);
    Ok(files)
}

/// Makes the folder hold just these files; one that did not change keeps its time stamp.
pub(crate) fn replace(folder: &Path, mut files: Files, digest: &str) -> Result<()> {
    let mut present = Files::new();
    if folder.is_dir() {
        read_tree(folder, folder, &mut present)?;
    }
    for orphan in present.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(orphan))?;
    }
    // Last, so that an interrupted run is not taken for a finished one.
    let fingerprint = format!("{digest}\n").into_bytes();
    files.remove(Path::new(fingerprint::FILE));
    for (path, content) in files
        .iter()
        .filter(|(path, content)| present.get(*path) != Some(content))
    {
        write(&folder.join(path), content)?;
    }
    write(&folder.join(fingerprint::FILE), &fingerprint)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

fn tools(root: &Path) -> PathBuf {
    env::var_os("ORDERS_TOOLS_DIR").map_or_else(|| root.join(".tools"), PathBuf::from)
}

fn format_rust(folder: &Path) -> Result<()> {
    let mut files = Files::new();
    read_tree(folder, folder, &mut files)?;
    let sources = files
        .keys()
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    let result = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .args(sources.map(|path| folder.join(path)))
        .output();
    let result = result.context("rustfmt is missing: `rustup component add rustfmt`")?;
    if !result.status.success() {
        bail!(
            "the generated code does not parse; this is a fault of codegen/templates:\n{}",
            String::from_utf8_lossy(&result.stderr)
        );
    }
    Ok(())
}

fn read_tree(root: &Path, folder: &Path, into: &mut Files) -> Result<()> {
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

/// A temporary folder that goes away with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let path = env::temp_dir().join(format!("contract-codegen-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
