//! The log writer: a separate thread writes many lines at a time, so that requests neither wait for
//! the reader of the log nor wake the thread with every line.

use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How long the thread lets lines accumulate after a write.
const PAUSE: Duration = Duration::from_millis(10);

/// The maximum number of buffered bytes. Further lines are dropped and counted: a slow reader of
/// the log must not stop the service.
const LIMIT: usize = 4 * 1024 * 1024;

/// Buffers lines. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writer(Arc<Shared>);

/// Writes all buffered lines on drop.
pub(super) struct Flush {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    buffer: Mutex<Buffer>,
    filled: Condvar,
    /// Lines that were dropped since the start.
    dropped: AtomicU64,
}

/// The counter of dropped lines.
#[derive(Clone)]
pub(super) struct Dropped(Arc<Shared>);

impl Dropped {
    /// The number since the start.
    pub(super) fn lines(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

impl Flush {
    /// The counter of dropped lines.
    pub(super) fn dropped(&self) -> Dropped {
        Dropped(self.shared.clone())
    }
}

#[derive(Default)]
struct Buffer {
    lines: Vec<u8>,
    dropped: u64,
    /// Whether the thread waits to be woken.
    idle: bool,
    ended: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, buffer: &mut Buffer) {
        if mem::take(&mut buffer.idle) {
            self.filled.notify_one();
        }
    }
}

/// A writer of lines to `out`, and the handle that flushes it.
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
        let mut buffer = shared.lock();
        while buffer.lines.is_empty() && !buffer.ended {
            buffer.idle = true;
            buffer = shared
                .filled
                .wait(buffer)
                .unwrap_or_else(PoisonError::into_inner);
        }
        buffer.idle = false;
        mem::swap(&mut lines, &mut buffer.lines);
        let dropped = mem::take(&mut buffer.dropped);
        let ended = buffer.ended;
        drop(buffer);
        if dropped > 0 {
            let _ = writeln!(
                lines,
                "{{\"level\":\"WARN\",\"message\":\"log lines were dropped\",\"lines\":{dropped}}}"
            );
        }
        // An error cannot be reported, because it would have to be logged.
        let _ = out.write_all(&lines).and_then(|()| out.flush());
        lines.clear();
        if ended {
            return;
        }
        thread::sleep(PAUSE);
    }
}

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock();
        if buffer.lines.len() + line.len() > LIMIT {
            buffer.dropped += 1;
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        } else {
            buffer.lines.extend_from_slice(line);
            self.0.wake(&mut buffer);
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
        let mut buffer = self.shared.lock();
        buffer.ended = true;
        self.shared.wake(&mut buffer);
        drop(buffer);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Passes on what is written, once it is allowed to.
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
        let (release, go) = mpsc::channel();
        (Out { written, go }, release, read)
    }

    #[test]
    fn buffered_lines_are_written_on_drop() {
        let (out, release, read) = out();
        drop(release);
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
    fn a_blocked_reader_does_not_block_writers() {
        let (out, release, read) = out();
        let (mut writer, flush) = start(out).unwrap();
        let line = vec![b'x'; 1024];
        let lines = 3 * LIMIT / line.len();
        for _ in 0..lines {
            writer.write_all(&line).unwrap();
        }
        drop(release);
        drop(flush);
        let all: Vec<u8> = read.iter().flatten().collect();
        assert!(all.len() < 3 * LIMIT);
        let text = String::from_utf8(all).unwrap();
        assert!(text.contains("log lines were dropped"));
    }
}
