//! The real program in a real pseudo-terminal, driven as an operator drives it.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::dialog::Dialog;
use super::screen::Screen;
use super::{Host, SAFETY_NET, Tenant, WIDE};

/// How often a condition is looked at again when the console drew nothing: it may be about something else.
const POLL: Duration = Duration::from_millis(10);
/// Of a long text only the end is looked for beside the cursor: a field scrolls.
const ECHO_CHARS: usize = 20;

/// A console that is not started yet.
pub struct Builder {
    program: OsString,
    size: (u16, u16),
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

/// What the reading thread and the test share.
#[derive(Default)]
struct Output {
    terminal: Option<vt100::Parser>,
    /// Every byte since the start.
    bytes: Vec<u8>,
    /// The other end is closed: nothing will ever follow.
    ended: bool,
    /// The reader gives its end of the terminal up at the next byte.
    let_go: bool,
}

impl Output {
    fn screen(&self) -> Screen {
        Screen::of(self.terminal.as_ref().expect("a terminal").screen())
    }

    /// Whether the last frame has come to its end: a long one comes in pieces, and half of it says what never was. A
    /// frame ends with the cursor hidden, or shown and put in its place.
    fn is_whole(&self) -> bool {
        let in_frames = self.terminal.as_ref().expect("a terminal").screen().alternate_screen();
        let shown = last(&self.bytes, CURSOR_SHOWN);
        let is_move = |bytes: &[u8]| {
            bytes
                .strip_prefix(b"\x1b[")
                .and_then(|rest| rest.strip_suffix(b"H"))
                .is_some_and(|place| place.iter().all(|byte| byte.is_ascii_digit() || *byte == b';'))
        };
        !in_frames
            || self.ended
            || self.bytes.ends_with(CURSOR_HIDDEN)
            || shown.is_some_and(|at| is_move(&self.bytes[at + CURSOR_SHOWN.len()..]))
    }
}

/// A running console.
pub struct Console {
    child: std::boxed::Box<dyn Child + Send + Sync>,
    master: Option<std::boxed::Box<dyn MasterPty + Send>>,
    writer: Option<std::boxed::Box<dyn Write + Send>>,
    reader: Option<JoinHandle<()>>,
    output: Arc<(Mutex<Output>, Condvar)>,
    size: (u16, u16),
    patience: Duration,
    modes_before: String,
    /// The host, if it is this console's alone.
    host: Option<Host>,
    last: Last,
    /// When Enter was pressed in a dialog that the test has read, until another key is pressed.
    entered: Option<Instant>,
}

/// Between two keys of a hand, at the least.
const A_HAND: Duration = Duration::from_millis(50);

/// What the test did last: some things must not follow each other unseen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Last {
    Looked,
    Pressed,
    /// Esc, when so many bytes had been written.
    Escaped(usize),
}

impl Builder {
    pub(super) fn new(environment: Vec<(OsString, OsString)>) -> Self {
        let program = env!("CARGO_BIN_EXE_offramp").into();
        Self { program, size: WIDE, arguments: Vec::new(), environment }
    }

    /// Another program in its place, for tests of this driver.
    #[must_use]
    pub fn program(mut self, program: &str) -> Self {
        self.program = program.into();
        self
    }

    /// On a terminal of this size: columns, rows.
    #[must_use]
    pub fn size(mut self, size: (u16, u16)) -> Self {
        self.size = size;
        self
    }

    /// With one argument more.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With a variable set.
    #[must_use]
    pub fn environment(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.retain(|(key, _)| key != name);
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Without a variable.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(key, _)| key != name);
        self
    }

    /// The same program without a terminal: what it says then, and how it ends.
    pub fn without_terminal(self) -> assert_cmd::assert::Assert {
        assert_cmd::Command::new(self.program)
            .env_clear()
            .envs(self.environment)
            .args(self.arguments)
            .timeout(SAFETY_NET)
            .assert()
    }

    /// Starts it and waits for its first paint.
    pub fn start(self) -> Console {
        let mut console = self.launch();
        console.wait_for("the first paint", |screen| screen.alternate && !screen.lines().concat().is_empty());
        console
    }

    /// Starts it and waits for nothing.
    pub fn launch(self) -> Console {
        let (columns, rows) = self.size;
        let pty = native_pty_system().openpty(pty_size(self.size)).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(self.program);
        command.env_clear();
        command.args(self.arguments);
        for (name, value) in self.environment {
            command.env(name, value);
        }
        let modes_before = modes(&*pty.master);
        let child = pty.slave.spawn_command(command).expect("the program");
        // Ours must be closed, or its end would never be seen.
        drop(pty.slave);
        let terminal = vt100::Parser::new(non_zero(rows), non_zero(columns), 0);
        let output =
            Arc::new((Mutex::new(Output { terminal: Some(terminal), ..Output::default() }), Condvar::new()));
        let source = pty.master.try_clone_reader().expect("its output");
        let writer = pty.master.take_writer().expect("its input");
        let reader = std::thread::spawn({
            let output = Arc::clone(&output);
            move || read(source, &output)
        });
        Console {
            child,
            master: Some(pty.master),
            writer: Some(writer),
            reader: Some(reader),
            output,
            size: self.size,
            patience: SAFETY_NET,
            modes_before,
            host: None,
            last: Last::Looked,
            entered: None,
        }
    }
}

fn non_zero(cells: u16) -> std::num::NonZeroU16 {
    cells.try_into().expect("at least one cell")
}

fn pty_size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// The terminal's modes (echo, lines, signals), to compare.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

fn read(mut source: std::boxed::Box<dyn Read + Send>, output: &(Mutex<Output>, Condvar)) {
    let mut chunk = [0; 16 * 1024];
    loop {
        let count = source.read(&mut chunk).unwrap_or(0);
        let mut state = output.0.lock().expect("no panic while it is held");
        state.bytes.extend_from_slice(&chunk[..count]);
        if let Some(terminal) = &mut state.terminal {
            terminal.process(&chunk[..count]);
        }
        state.ended = count == 0 || state.let_go;
        output.1.notify_all();
        if state.ended {
            return;
        }
    }
}

impl Console {
    /// A console on a host of its own, 120×36, pointed at this tenant.
    pub fn start(tenant: &Tenant) -> Self {
        Self::start_at(tenant, WIDE)
    }

    /// The same at another size.
    pub fn start_at(tenant: &Tenant, size: (u16, u16)) -> Self {
        let host = Host::new();
        host.console(tenant).size(size).start().that_keeps(host)
    }

    /// The host lives as long as this console.
    #[must_use]
    pub fn that_keeps(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.0.lock().expect("no panic while it is held")
    }

    /// What stands on the terminal now: the last whole frame, never half of one.
    pub fn screen(&self) -> Screen {
        let deadline = Instant::now() + self.patience;
        loop {
            let output = self.output();
            if output.is_whole() || Instant::now() > deadline {
                return output.screen();
            }
            drop(self.output.1.wait_timeout(output, POLL));
        }
    }

    /// How many bytes were written so far: a mark.
    pub fn mark(&self) -> usize {
        self.output().bytes.len()
    }

    /// The bytes written since a mark.
    pub fn bytes_since(&self, mark: usize) -> Vec<u8> {
        self.output().bytes[mark..].to_vec()
    }

    /// Every byte since the start.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_since(0)
    }

    /// Waits no longer than this, for tests of what happens when a wait is in vain.
    pub fn patient_for(&mut self, patience: Duration) -> &mut Self {
        self.patience = patience;
        self
    }

    // ── Looking

    /// Waits until the screen is so. `what` names the condition, for whoever reads the failure.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, mut holds: impl FnMut(&Screen) -> bool) -> &mut Self {
        // What held before Esc says nothing of Esc: something has to be drawn after it.
        let seen = match std::mem::replace(&mut self.last, Last::Looked) {
            Last::Escaped(bytes) => bytes,
            Last::Looked | Last::Pressed => 0,
        };
        let deadline = Instant::now() + self.patience;
        loop {
            let (whole, screen, ended, length) = {
                let output = self.output();
                (output.is_whole(), output.screen(), output.ended, output.bytes.len())
            };
            if whole && (length > seen || seen == 0) && holds(&screen) {
                return self;
            }
            self.press_enter_again(&screen);
            if ended {
                let status = self.child.try_wait();
                panic!(
                    "the console ended before: {what}\nit ended with {status:?}, and the last screen was\n{screen}"
                );
            }
            assert!(Instant::now() < deadline, "waited in vain for: {what}\nthe last screen is\n{screen}");
            let output = self.output();
            if output.bytes.len() == length && !output.ended {
                drop(self.output.1.wait_timeout(output, POLL));
            }
        }
    }

    /// Waits until a line holds this text.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> &mut Self {
        self.wait_for(&format!("the text {text:?}"), |screen| screen.contains(text))
    }

    /// Waits until no line holds this text any more.
    #[track_caller]
    pub fn no_longer_sees(&mut self, text: &str) -> &mut Self {
        self.wait_for(&format!("the text {text:?} to go"), |screen| !screen.contains(text))
    }

    /// Waits until the whole list is there.
    #[track_caller]
    pub fn list_is_whole(&mut self) -> &mut Self {
        self.sees("list of ")
    }

    /// Waits until nothing floats over the screen.
    #[track_caller]
    pub fn no_dialog(&mut self) -> &mut Self {
        self.wait_for("no dialog", |screen| screen.dialog().is_none())
    }

    /// Waits for a run to be open, and says its short name.
    #[track_caller]
    pub fn run_name(&mut self) -> String {
        let named = |screen: &Screen| {
            let line = screen.line_with(" [offramp ")?;
            let mark = line.split(" [offramp ").nth(1)?;
            Some(mark.split_whitespace().next()?.to_owned())
        };
        let mut name = None;
        self.no_dialog().wait_for("an open run", |screen| {
            name = named(screen);
            name.is_some()
        });
        name.expect("the wait is over")
    }

    /// Fails if the text is on the screen now. Look for something that comes later first.
    #[track_caller]
    pub fn does_not_see(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "{text:?} must not be here\n{screen}");
        self
    }

    /// Waits for the dialog with this title.
    #[track_caller]
    pub fn dialog(&mut self, title: &str) -> Dialog<'_> {
        Dialog::open(self, title)
    }

    /// Has the console draw anew twice, by resizing its terminal, after whatever was pressed before. Keys and resizes
    /// reach it by two ways, so this is no proof that a key was handled: what must not have happened is proved by the
    /// service's log once the program has ended.
    #[track_caller]
    pub fn has_handled_all(&mut self) -> &mut Self {
        let (columns, rows) = self.size;
        for columns in [columns - 1, columns] {
            let mark = self.mark();
            self.resize((columns, rows)).cleared_since(mark);
        }
        self
    }

    /// Waits until the console has begun to draw everything anew.
    #[track_caller]
    pub fn cleared_since(&mut self, mark: usize) -> &mut Self {
        let output = Arc::clone(&self.output);
        self.wait_for("a screen drawn anew", move |_| {
            let output = output.0.lock().expect("no panic while it is held");
            contains(&output.bytes[mark..], CLEARED)
        })
    }

    /// Has everything drawn anew, and waits for the end of that frame: what is drawn after it is something else.
    #[track_caller]
    pub fn redraws(&mut self) -> &mut Self {
        let mark = self.mark();
        let output = Arc::clone(&self.output);
        self.press("^l").wait_for("a whole frame", move |_| {
            let output = output.0.lock().expect("no panic while it is held");
            contains(&output.bytes[mark..], CLEARED) && output.bytes.ends_with(CURSOR_HIDDEN)
        })
    }

    // ── Doing

    /// Presses a key by its name in the key table: `j`, `^d`, `space`, `Enter`, `PgDn`, `S-Down`, `F1`.
    ///
    /// Enter is refused while a dialog is open, which `dialog(…)` answers, and after a key whose effect the test has
    /// not seen, because that key may be opening one.
    #[track_caller]
    pub fn press(&mut self, key: &str) -> &mut Self {
        if key == "Enter" {
            assert!(
                self.last == Last::Looked,
                "Enter right after another key: see first what that key did, it may have opened a dialog"
            );
            self.refuse_to_confirm();
        }
        let written = self.mark();
        self.send(&key_bytes(key));
        self.last = if key == "Esc" { Last::Escaped(written) } else { Last::Pressed };
        self
    }

    #[track_caller]
    fn refuse_to_confirm(&self) {
        let screen = self.screen();
        assert!(
            !screen.contains("offramp needs "),
            "Enter on a terminal too small to show what it may confirm"
        );
        if let Some(dialog) = screen.dialog() {
            panic!(
                "Enter while the dialog {:?} is open: read it with dialog(…).reads(…) and confirm it there",
                dialog.title
            );
        }
    }

    /// Types text into the field that is open, and waits until it stands left of the cursor.
    #[track_caller]
    pub fn types(&mut self, text: &str) -> &mut Self {
        assert!(!text.chars().any(char::is_control), "control characters are pressed, not typed");
        self.send(text.as_bytes());
        self.echoes(text)
    }

    /// Waits until the end of this text stands left of the cursor.
    #[track_caller]
    pub fn echoes(&mut self, text: &str) -> &mut Self {
        let skip = text.chars().count().saturating_sub(ECHO_CHARS);
        let end: String = text.chars().skip(skip).collect();
        self.wait_for(&format!("{end:?} left of the cursor"), |screen| {
            screen.cursor_shown && screen.before_cursor().ends_with(&end)
        })
    }

    /// Pastes text, as a terminal with marked pastes does.
    #[track_caller]
    pub fn pastes(&mut self, text: &str) -> &mut Self {
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes());
        self.last = Last::Pressed;
        self
    }

    /// Sends bytes that no key has, such as half a sequence. Enter is not among them.
    #[track_caller]
    pub fn sends_raw(&mut self, bytes: &[u8]) -> &mut Self {
        assert!(!bytes.contains(&b'\r'), "Enter is pressed, not sent");
        self.send(bytes);
        self.last = Last::Pressed;
        self
    }

    #[track_caller]
    pub(super) fn send(&mut self, bytes: &[u8]) {
        assert!(
            !matches!(self.last, Last::Escaped(_)),
            "a key right after Esc: together they are Alt and the key; see first what Esc did"
        );
        self.entered = None;
        let writer = self.writer.as_mut().expect("the terminal is open");
        writer.write_all(bytes).and_then(|()| writer.flush()).expect("a terminal that takes keys");
    }

    pub(super) fn pressed_enter(&mut self) {
        self.send(b"\r");
        self.last = Last::Pressed;
        self.entered = Some(Instant::now());
    }

    /// The console takes no Enter that comes with other keys, faster than a hand types, as a test's may: it says so, and
    /// the test does what it asks, in the dialog that it has read.
    fn press_enter_again(&mut self, screen: &Screen) {
        let asked = screen.contains("press Enter again");
        if let Some(entered) = self.entered.as_mut().filter(|at| asked && at.elapsed() > A_HAND) {
            *entered = Instant::now();
            let writer = self.writer.as_mut().expect("the terminal is open");
            writer.write_all(b"\r").and_then(|()| writer.flush()).expect("a terminal that takes keys");
        }
    }

    /// Resizes the terminal: columns, rows.
    #[track_caller]
    pub fn resize(&mut self, size: (u16, u16)) -> &mut Self {
        let (columns, rows) = size;
        self.size = size;
        let mut output = self.output.0.lock().expect("no panic while it is held");
        let terminal = output.terminal.as_mut().expect("a terminal");
        terminal.screen_mut().set_size(non_zero(rows), non_zero(columns));
        drop(output);
        let master = self.master.as_ref().expect("the terminal is open");
        master.resize(pty_size(size)).expect("a terminal that can be resized");
        self
    }

    // ── The process

    /// Its process id.
    pub fn process(&self) -> u32 {
        self.child.process_id().expect("a program")
    }

    /// Sends a signal by its name: `TERM`, `HUP`, `KILL`, `STOP`, `CONT`.
    #[track_caller]
    pub fn signal(&mut self, name: &str) -> &mut Self {
        let process = self.process();
        // The shell's own `kill`: sending a signal by a library would be one more dependency.
        let status = Command::new("sh").args(["-c", &format!("kill -s {name} {process}")]).status();
        assert!(status.expect("a shell").success(), "no signal {name} to {process}");
        self
    }

    /// Closes the terminal under the console, as a connection that is lost does.
    #[track_caller]
    pub fn loses_its_terminal(&mut self) -> &mut Self {
        // Somebody still reads: whatever is drawn next wakes that thread, which then lets go of the terminal.
        self.output().let_go = true;
        let (columns, rows) = self.size;
        self.resize((columns - 1, rows));
        self.reader.take().expect("a reader").join().expect("a reader that ends");
        self.master = None;
        self.writer = None;
        self
    }

    /// Waits until the program has ended, and its last byte has come; says how.
    #[track_caller]
    pub fn ends(&mut self) -> Ended {
        let deadline = Instant::now() + SAFETY_NET;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child to wait for") {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "waited in vain for the end; the screen is\n{}",
                self.screen()
            );
            std::thread::sleep(POLL);
        };
        if let Some(reader) = self.reader.take() {
            // It ends by itself: nobody holds the other end any more.
            reader.join().expect("a reader that ends");
        }
        Ended { code: status.exit_code(), signal: status.signal().map(str::to_owned) }
    }

    /// Quits with `q`, and waits until the program has ended well.
    #[track_caller]
    pub fn quits(&mut self) {
        self.press("q");
        let ended = self.ends();
        assert_eq!(ended, Ended { code: 0, signal: None }, "the screen was\n{}", self.screen());
    }

    /// Fails if the terminal is not as it was before the program began.
    #[track_caller]
    pub fn left_the_terminal_intact(&self) {
        let screen = self.screen();
        assert!(!screen.alternate, "the alternate screen is still on");
        assert!(screen.cursor_shown, "the cursor is still hidden");
        assert!(!screen.bracketed_paste, "pastes are still marked");
        let output = self.output();
        let mode = output.terminal.as_ref().expect("a terminal").screen().mouse_protocol_mode();
        assert_eq!(mode, vt100::MouseProtocolMode::None, "the mouse is still reported");
        drop(output);
        let after = modes(self.master.as_deref().expect("the terminal is open"));
        assert_eq!(after, self.modes_before, "the terminal's modes");
    }
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code.
    pub code: u32,
    /// The signal that ended it.
    pub signal: Option<String>,
}

/// What a console writes when it draws everything anew.
const CLEARED: &[u8] = b"\x1b[2J";

/// The end of a frame without a caret.
const CURSOR_HIDDEN: &[u8] = b"\x1b[?25l";

/// The end of a frame with a caret, before the caret is put in its place.
const CURSOR_SHOWN: &[u8] = b"\x1b[?25h";

/// Where this stands last, near the end.
fn last(bytes: &[u8], part: &[u8]) -> Option<usize> {
    let near = bytes.len().saturating_sub(32);
    bytes[near..].windows(part.len()).rposition(|window| window == part).map(|at| near + at)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn key_bytes(name: &str) -> Vec<u8> {
    let bytes: &[u8] = match name {
        "space" => b" ",
        "Enter" => b"\r",
        "Esc" => b"\x1b",
        "Tab" => b"\t",
        "Backspace" => b"\x7f",
        "Delete" => b"\x1b[3~",
        "Up" => b"\x1b[A",
        "Down" => b"\x1b[B",
        "Right" => b"\x1b[C",
        "Left" => b"\x1b[D",
        "Home" => b"\x1b[H",
        "End" => b"\x1b[F",
        "PgUp" => b"\x1b[5~",
        "PgDn" => b"\x1b[6~",
        "S-Up" => b"\x1b[1;2A",
        "S-Down" => b"\x1b[1;2B",
        "F1" => b"\x1bOP",
        name => match name.as_bytes() {
            [b'^', letter] => return vec![letter & 0x1f],
            _ if name.chars().count() == 1 => name.as_bytes(),
            _ => panic!("no key is named {name}"),
        },
    };
    bytes.to_vec()
}

impl Drop for Console {
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            if let Some(process) = self.child.process_id() {
                let _ = Command::new("sh").args(["-c", &format!("kill -s KILL {process}")]).status();
            }
            let _ = self.child.wait();
        }
    }
}
