//! `stub` writes a crate of its own, which lints clean and serves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Ends with the test, whatever becomes of that.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ask(address: &str, request: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    let request = request.replace('\n', "\r\n");
    write!(socket, "{request}\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_stub_lints_clean_and_answers_501() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    codegen::stub::write(&here.join("specs/security.yaml"), folder.path()).unwrap();
    // The same versions as here, so that what is built already is not built again.
    std::fs::copy(here.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    // Where this test itself was built.
    let target = std::env::current_exe().unwrap();
    let target = target.ancestors().nth(3).unwrap().to_owned();
    let cargo = |command: &str| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(folder.path())
            .env("CARGO_TARGET_DIR", &target)
            .args([command, "--quiet"]);
        cargo
    };
    let lint = cargo("clippy")
        .args(["--", "-D", "warnings"])
        .status()
        .unwrap();
    assert!(lint.success());

    let mut running = cargo("run")
        .env("LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(running.stdout.take().unwrap());
    let running = Running(running);
    let ready = output.lines().next().unwrap().unwrap();
    let address = ready.strip_prefix("ready http://").unwrap();
    let answer = ask(address, "GET /public HTTP/1.1");
    assert!(answer.starts_with("HTTP/1.1 501"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(ask(address, "GET /header HTTP/1.1").starts_with("HTTP/1.1 401"));
    let with_key = ask(address, "GET /header HTTP/1.1\nx-key: any");
    assert!(with_key.starts_with("HTTP/1.1 501"), "{with_key}");
    assert!(ask(address, "GET /nowhere HTTP/1.1").starts_with("HTTP/1.1 404"));
    assert!(ask(address, "PUT /public HTTP/1.1").starts_with("HTTP/1.1 405"));
    drop(running);

    // It is renewed where it stands, but for what somebody has written, and nowhere else.
    let api = folder.path().join("src/api");
    std::fs::write(api.join("default.rs"), "// mine").unwrap();
    let warnings = codegen::stub::write(&here.join("specs/names.yaml"), folder.path()).unwrap();
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("src/api/default.rs")),
        "{warnings:?}"
    );
    assert_eq!(
        std::fs::read_to_string(api.join("default.rs")).unwrap(),
        "// mine"
    );
    assert!(api.join("type_.rs").is_file() && !api.join("bodies.rs").is_file());
    let occupied = tempfile::tempdir().unwrap();
    std::fs::write(occupied.path().join("mine"), "").unwrap();
    assert!(codegen::stub::write(&here.join("specs/security.yaml"), occupied.path()).is_err());
}
