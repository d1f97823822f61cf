//! `stub` writes a standalone crate, which passes the linter and serves requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Killed at the end of the test, even if the test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// All stubs build to the same program, so build one at a time.
static BUILDING: Mutex<()> = Mutex::new(());

fn building() -> MutexGuard<'static, ()> {
    BUILDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running stub, stopped on drop.
pub struct Server {
    address: String,
    _running: Running,
}

impl Server {
    /// Sends a request with these header lines and a body; returns the response.
    pub fn send(&self, head: &str, body: &str) -> String {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        let head = head.replace('\n', "\r\n");
        write!(
            socket,
            "{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).unwrap();
        response
    }

    fn request(&self, head: &str) -> String {
        self.send(head, "")
    }
}

pub fn cargo(folder: &Path, command: &str) -> Command {
    // The same versions as here, so that built dependencies are reused.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(here.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    // The target directory of this test.
    let target = std::env::current_exe().unwrap();
    let target = target.ancestors().nth(3).unwrap().to_owned();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", &target)
        // Each stub is compiled once.
        .env("CARGO_INCREMENTAL", "0")
        .args([command, "--quiet"]);
    cargo
}

/// Gives a stub a name of its own: the tests build to the same folder.
pub fn rename(folder: &Path) {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let manifest = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let named = text.replace("name = \"stub\"", &format!("name = \"stub{number}\""));
    assert_ne!(named, text);
    std::fs::write(manifest, named).unwrap();
}

/// Fails if a stub does not compile or has lint warnings.
#[track_caller]
pub fn lint(folder: &Path) {
    let _one = building();
    let mut clippy = cargo(folder, "clippy");
    let done = clippy.args(["--", "-D", "warnings"]).output().unwrap();
    let output = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{output}");
}

/// Starts a stub.
pub fn serve(folder: &Path) -> Server {
    let _one = building();
    let mut running = cargo(folder, "run")
        .env("LISTEN", "127.0.0.1:0")
        // A struct with a member for every name of `names.txt`, each a struct, needs more of it in a
        // debug build than a thread has by default.
        .env("RUST_MIN_STACK", "33554432")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(running.stdout.take().unwrap());
    let running = Running(running);
    let ready = output.lines().next().unwrap().unwrap();
    Server {
        address: ready.strip_prefix("ready http://").unwrap().to_owned(),
        _running: running,
    }
}

#[test]
fn a_stub_passes_the_linter_and_responds_501() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    contract_codegen::stub::write(&here.join("specs/security.yaml"), folder.path()).unwrap();
    lint(folder.path());

    let server = serve(folder.path());
    let response = server.request("GET /public HTTP/1.1");
    assert!(response.starts_with("HTTP/1.1 501"), "{response}");
    assert!(response.contains("application/problem+json"), "{response}");
    let without = server.request("GET /header HTTP/1.1");
    assert!(without.starts_with("HTTP/1.1 401"), "{without}");
    let with_key = server.request("GET /header HTTP/1.1\nx-key: any");
    assert!(with_key.starts_with("HTTP/1.1 501"), "{with_key}");
    let nowhere = server.request("GET /nowhere HTTP/1.1");
    assert!(nowhere.starts_with("HTTP/1.1 404"), "{nowhere}");
    let wrong = server.request("PUT /public HTTP/1.1");
    assert!(wrong.starts_with("HTTP/1.1 405"), "{wrong}");
    drop(server);

    // A second run updates the stub except for edited files, and rejects folders without a stub.
    let api = folder.path().join("src/api");
    std::fs::write(api.join("default.rs"), "// mine").unwrap();
    let warnings =
        contract_codegen::stub::write(&here.join("specs/names.yaml"), folder.path()).unwrap();
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
    assert!(
        contract_codegen::stub::write(&here.join("specs/security.yaml"), occupied.path()).is_err()
    );
}
