//! Enters the terminal, and leaves it exactly once: after quit, error, panic or a signal it is as it was.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::domain::SafeText;

/// Whether the terminal is ours now.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Held while the terminal's modes are set: raw modes must not be set again after they were given back.
static MODES: Mutex<()> = Mutex::new(());

/// Room for one whole frame at 160×45, so that a frame is one write.
const FRAME_BYTES: usize = 64 * 1024;

/// The terminal that the console draws on.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// Takes the terminal: raw, on the alternate screen, pastes marked as pastes. No mouse: the terminal's own selection
/// keeps working.
pub fn enter() -> io::Result<Screen> {
    // Colours are honoured by our theme; crossterm's own switch would turn each one into a full reset.
    crossterm::style::force_color_output(true);
    restore_on_panic();
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let mut out = BufWriter::with_capacity(FRAME_BYTES, io::stdout());
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide)?;
    Terminal::new(CrosstermBackend::new(out))
}

/// Takes the terminal again after the process was stopped and continued: the shell had it in between, and may have set
/// its modes and drawn on it.
pub fn take_again() {
    let _set_anew = MODES.lock().unwrap_or_else(PoisonError::into_inner);
    if !ENTERED.load(Ordering::SeqCst) {
        return;
    }
    // crossterm believes that the modes are raw still: it has to give them back before it sets them.
    let _ = disable_raw_mode();
    let _ = enable_raw_mode();
    let _ = execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide);
}

/// Has the terminal tell once more that there is something to read.
///
/// crossterm answers a wake-up for a key and a resize together with the resize alone, and would find the key when the
/// next one comes: `!` must not wait for that. Setting the modes as they are makes the kernel tell again.
pub fn tell_input_again() {
    let _as_they_are = MODES.lock().unwrap_or_else(PoisonError::into_inner);
    let stdin = io::stdin();
    if ENTERED.load(Ordering::SeqCst)
        && let Ok(modes) = rustix::termios::tcgetattr(&stdin)
    {
        // A terminal that is gone has nothing to tell.
        let _ = rustix::termios::tcsetattr(&stdin, rustix::termios::OptionalActions::Now, &modes);
    }
}

/// Gives the terminal back. May be called from anywhere and twice; it acts once. Errors are of no use to anyone: the
/// terminal may be gone.
pub fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // The scrolling region and the pen first: whatever was being written, what follows is plain.
    let _ = out.write_all(b"\x1b[r\x1b[m");
    let _ = queue!(out, DisableBracketedPaste, Show, LeaveAlternateScreen);
    let _ = out.flush();
    let _given_back = MODES.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = disable_raw_mode();
}

/// A panic anywhere ends the program, with the terminal restored and the message made safe: a message can carry text
/// of the service. What is in flight is in the journal.
fn restore_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        leave();
        let words = panic
            .payload()
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("offramp: a fault of this program: {} ({place})", SafeText::new(words));
        eprintln!("What was being sent is in the journal: start again, and the run is offered.");
        std::process::exit(101);
    }));
}
