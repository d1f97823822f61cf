//! The command, as it is called.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The exit code, the output and the error output.
fn contract(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contract"));
    let output = command
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

const BEFORE: &str = "
openapi: 3.2.0
info: {title: Books, version: 1.0.0}
paths:
  /books:
    get: {responses: {'200': {description: x, content: {application/json: {schema: {$ref: book.yaml}}}}}}
";

#[test]
fn diff_compares_contracts_in_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("before/api.yaml", BEFORE);
    write(
        "before/book.yaml",
        "{properties: {title: {type: string}, a b: {$ref: '#/%24defs/A%20B'}}, $defs: {A B: {type: string}}}",
    );
    write("after/api.yaml", BEFORE);
    write(
        "after/book.yaml",
        "{properties: {a b: {$ref: '#/$defs/A B'}}, $defs: {A B: {type: string}}}",
    );
    let (code, output, error) = contract(
        folder.path(),
        &["diff", "before/api.yaml", "after/api.yaml"],
    );
    assert_eq!(
        output,
        "breaking    GET /books: response 200 /title: is gone\n1.0.0 → 1.0.0: 1 breaking, 0 risky, 0 compatible\n"
    );
    assert_eq!(code, Some(1), "{error}");
    assert!(
        error.starts_with("error: a breaking change needs info.version 2.0.0"),
        "{error}"
    );

    write("after/api.yaml", &BEFORE.replace("1.0.0", "2.0.0"));
    let same = [
        "diff",
        "before/api.yaml",
        "after/api.yaml",
        "--format",
        "markdown",
    ];
    let (code, output, _) = contract(folder.path(), &same);
    assert!(
        output.starts_with("## 2.0.0 (changes since 1.0.0)"),
        "{output}"
    );
    assert_eq!(code, Some(0));
}

#[test]
fn a_contract_that_cannot_be_read_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("api.yaml"), BEFORE).unwrap();
    for arguments in [
        &["diff", "api.yaml", "api.yaml"][..],
        &["lint", "api.yaml"],
        &["generate", "api.yaml", "server"],
        &["client", "api.yaml", "client"],
        &["stub", "api.yaml", "stub"],
    ] {
        let (code, output, error) = contract(folder.path(), arguments);
        assert_eq!((code, output.as_str()), (Some(2), ""), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(
            error.starts_with("error: api.yaml: `$ref: book.yaml` at #/paths/~1books/get/")
                && error.contains("cannot read book.yaml"),
            "{error}"
        );
    }
}
