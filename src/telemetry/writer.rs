//! Where log lines wait to be written: many at a time, by a thread of its own, so that no request
//! waits for whoever reads the log, nor pays for waking the thread with every line.

use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How long the first of several lines waits for the others.
const PAUSE: Duration = Duration::from_millis(10);

/// Bytes that may wait. Beyond that lines are dropped, and counted: whoever reads the log too slowly
/// must not stop the service.
const LIMIT: usize = 4 * 1024 * 1024;

/// Takes lines.
#[derive(Clone)]
pub(super) struct Writer(Arc<Shared>);

/// Writes what is left when it is dropped.
pub(super) struct Flush {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    something: Condvar,
    /// Lines that were dropped since the start.
    dropped: AtomicU64,
}

/// How many lines were dropped.
#[derive(Clone)]
pub(super) struct Dropped(Arc<Shared>);

impl Dropped {
    /// Since the start.
    pub(super) fn lines(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

impl Flush {
    /// Counts what is dropped.
    pub(super) fn dropped(&self) -> Dropped {
        Dropped(self.shared.clone())
    }
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    dropped: u64,
    /// The thread waits to be woken.
    idle: bool,
    ended: bool,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, waiting: &mut Waiting) {
        if mem::take(&mut waiting.idle) {
            self.something.notify_one();
        }
    }
}

/// A writer of lines to `out`, and what keeps it going.
pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<(Writer, Flush)> {
    let shared = Arc::new(Shared::default());
    let taken = shared.clone();
    let thread = thread::Builder::new()
        .name("log".into())
        .spawn(move || write(&taken, out))?;
    let flush = Flush {
        shared: shared.clone(),
        thread: Some(thread),
    };
    Ok((Writer(shared), flush))
}

fn write(shared: &Shared, mut out: impl Write) {
    let mut lines = Vec::new();
    loop {
        let mut waiting = shared.waiting();
        while waiting.lines.is_empty() && !waiting.ended {
            waiting.idle = true;
            waiting = shared
                .something
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        waiting.idle = false;
        mem::swap(&mut lines, &mut waiting.lines);
        let dropped = mem::take(&mut waiting.dropped);
        let ended = waiting.ended;
        drop(waiting);
        if dropped > 0 {
            let _ = writeln!(
                lines,
                "{{\"level\":\"WARN\",\"message\":\"log lines were dropped\",\"lines\":{dropped}}}"
            );
        }
        // With the log gone there is nobody left to tell.
        let _ = out.write_all(&lines).and_then(|()| out.flush());
        lines.clear();
        match ended {
            true => return,
            false => thread::sleep(PAUSE),
        }
    }
}

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.waiting();
        if waiting.lines.len() + line.len() > LIMIT {
            waiting.dropped += 1;
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        } else {
            waiting.lines.extend_from_slice(line);
            self.0.wake(&mut waiting);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        let mut waiting = self.shared.waiting();
        waiting.ended = true;
        self.shared.wake(&mut waiting);
        drop(waiting);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Hands on what is written, as long as it is let.
    struct Out {
        written: mpsc::Sender<Vec<u8>>,
        go: mpsc::Receiver<()>,
    }

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.go.recv().ok();
            self.written.send(bytes.to_vec()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn out() -> (Out, mpsc::Sender<()>, mpsc::Receiver<Vec<u8>>) {
        let (written, read) = mpsc::channel();
        let (let_go, go) = mpsc::channel();
        (Out { written, go }, let_go, read)
    }

    #[test]
    fn what_is_left_is_written_at_the_end() {
        let (out, let_go, read) = out();
        drop(let_go);
        let (mut writer, flush) = start(out).unwrap();
        for number in 0..1000 {
            writeln!(writer, "line {number}").unwrap();
        }
        drop(flush);
        let all: Vec<u8> = read.iter().flatten().collect();
        let text = String::from_utf8(all).unwrap();
        let wanted: String = (0..1000).map(|number| format!("line {number}\n")).collect();
        assert_eq!(text, wanted);
    }

    #[test]
    fn a_reader_that_stops_stops_nobody() {
        let (out, let_go, read) = out();
        let (mut writer, flush) = start(out).unwrap();
        let line = vec![b'x'; 1024];
        let lines = 3 * LIMIT / line.len();
        for _ in 0..lines {
            writer.write_all(&line).unwrap();
        }
        drop(let_go);
        drop(flush);
        let all: Vec<u8> = read.iter().flatten().collect();
        assert!(all.len() < 3 * LIMIT);
        let text = String::from_utf8(all).unwrap();
        assert!(text.contains("log lines were dropped"));
    }
}
