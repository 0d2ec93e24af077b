//! How fast the console answers, beside the least that a program of this kind can be: `cargo bench --bench console`.
//!
//! Everything is measured at the outside: the real program in a real PTY of 120×36, the bytes that it writes and when.
//! The peer is a "hello world" of the same library, built into this very program and run the same way, so each ratio
//! is of one machine and one moment.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Set for the peer: this program then is the "hello world".
const HELLO: &str = "OFFRAMP_BENCH_HELLO";
/// How often a start is measured.
const STARTS: usize = 15;
/// How many cursor keys are measured.
const KEYS: usize = 400;
/// A repaint is over when nothing more came for so long.
const QUIET: Duration = Duration::from_millis(15);
/// How long the idle console is listened to.
const IDLE: Duration = Duration::from_secs(10);

fn main() {
    if std::env::var_os(HELLO).is_some() {
        return hello();
    }
    // `cargo test --benches` runs this with `--test`: there is nothing to check, and nothing to measure.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let hello =
        || command(std::env::current_exe().expect("this program").to_str().expect("UTF-8"), &[], true);
    let demo = || command(env!("CARGO_BIN_EXE_offramp"), &["demo"], false);

    println!("start, median of {STARTS} (ms)          first byte   first paint");
    let (hello_byte, hello_paint) = starts(hello, "Hello");
    let (demo_byte, demo_paint) = starts(demo, "Machines");
    println!("  ratatui hello world             {hello_byte:10.2}   {hello_paint:11.2}");
    println!("  offramp demo                    {demo_byte:10.2}   {demo_paint:11.2}");
    println!(
        "  ratio                           {:10.2}   {:11.2}",
        demo_byte / hello_byte,
        demo_paint / hello_paint
    );

    let mut console = Terminal::start(demo());
    console.read_until("simulated machines");
    console.quiet(Duration::from_millis(300));
    let idle = console.listen(IDLE);
    println!("idle for {} s: {idle} bytes (limit 0)", IDLE.as_secs());

    let (hello_times, _) = Terminal::ready(hello(), "Hello").keys(b"j");
    let (times, bytes) = console.keys(b"j");
    println!("a cursor key to its repaint, {KEYS} keys at 2,500 machines");
    println!("                                       p50 ms    p99 ms   bytes p50   bytes max");
    println!("  ratatui hello world             {:10.2}{:10.2}", at(&hello_times, 50), at(&hello_times, 99));
    println!(
        "  offramp demo                    {:10.2}{:10.2}{:12}{:12}",
        at(&times, 50),
        at(&times, 99),
        bytes[bytes.len() / 2],
        bytes[bytes.len() - 1]
    );
    println!(
        "  ratio                           {:10.2}{:10.2}",
        at(&times, 50) / at(&hello_times, 50),
        at(&times, 99) / at(&hello_times, 99)
    );
    let (pages, bytes) = console.keys(b"\x06");
    println!(
        "a page                            {:10.2}{:10.2}{:12}{:12}",
        at(&pages, 50),
        at(&pages, 99),
        bytes[bytes.len() / 2],
        bytes[bytes.len() - 1]
    );
}

/// The least of its kind: counts keys, and draws each.
fn hello() {
    let mut terminal = ratatui::init();
    let mut keys = 0_u32;
    loop {
        let text = format!("Hello, world {keys}");
        let drawn = terminal.draw(|frame| frame.render_widget(text.as_str(), frame.area()));
        if drawn.is_err() {
            break;
        }
        loop {
            match crossterm::event::read() {
                Ok(crossterm::event::Event::Key(_)) => break keys += 1,
                Ok(_) => {}
                Err(_) => return ratatui::restore(),
            }
        }
    }
    ratatui::restore();
}

fn command(program: &str, arguments: &[&str], hello: bool) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    if hello {
        command.env(HELLO, "1");
    }
    command
}

/// Median milliseconds from start to the first byte, and to the first text of its screen.
fn starts(command: impl Fn() -> CommandBuilder, text: &str) -> (f64, f64) {
    let (mut bytes, mut paints) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let mut terminal = Terminal::start(command());
        let (byte, paint) = terminal.read_until(text);
        bytes.push(byte);
        paints.push(paint);
    }
    bytes.sort_by(f64::total_cmp);
    paints.sort_by(f64::total_cmp);
    (at(&bytes, 50), at(&paints, 50))
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// A program in a PTY.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    started: Instant,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn start(command: CommandBuilder) -> Self {
        let pty = native_pty_system()
            .openpty(PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 })
            .expect("a PTY");
        let mut reader = pty.master.try_clone_reader().expect("the PTY can be read");
        let keys = pty.master.take_writer().expect("the PTY can be written");
        let (sender, bytes) = channel();
        let started = Instant::now();
        let child = pty.slave.spawn_command(command).expect("the program starts");
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, keys, bytes, started, _master: pty.master }
    }

    fn ready(command: CommandBuilder, text: &str) -> Self {
        let mut terminal = Self::start(command);
        terminal.read_until(text);
        terminal.quiet(Duration::from_millis(100));
        terminal
    }

    /// Milliseconds since the start until the first byte, and until a text came.
    fn read_until(&mut self, text: &str) -> (f64, f64) {
        let (mut first, mut seen) = (None, Vec::new());
        loop {
            let bytes = self.bytes.recv_timeout(Duration::from_secs(30)).expect("the program writes");
            let since = self.started.elapsed().as_secs_f64() * 1_000.0;
            first.get_or_insert(since);
            seen.extend(bytes);
            // Colours stand between the words, never inside one.
            if String::from_utf8_lossy(&seen).contains(text.split(' ').next_back().unwrap_or(text)) {
                return (first.unwrap_or(since), since);
            }
        }
    }

    /// Reads until nothing comes for a while; says how much came.
    fn quiet(&mut self, quiet: Duration) -> usize {
        let mut read = 0;
        while let Ok(bytes) = self.bytes.recv_timeout(quiet) {
            read += bytes.len();
        }
        read
    }

    /// How much comes within a time.
    fn listen(&mut self, time: Duration) -> usize {
        let (end, mut read) = (Instant::now() + time, 0);
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => read += bytes.len(),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => panic!("the program ended"),
            }
        }
        read
    }

    /// Presses a key again and again, one at a time: milliseconds to the first byte of each repaint, and its bytes.
    fn keys(&mut self, key: &[u8]) -> (Vec<f64>, Vec<usize>) {
        let (mut times, mut sizes) = (Vec::new(), Vec::new());
        for _ in 0..KEYS {
            let pressed = Instant::now();
            self.keys.write_all(key).and_then(|()| self.keys.flush()).expect("the PTY takes a key");
            let Ok(bytes) = self.bytes.recv_timeout(Duration::from_secs(5)) else { break };
            times.push(pressed.elapsed().as_secs_f64() * 1_000.0);
            sizes.push(bytes.len() + self.quiet(QUIET));
        }
        times.sort_by(f64::total_cmp);
        sizes.sort_unstable();
        (times, sizes)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
