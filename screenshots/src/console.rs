//! The program in a terminal of its own: keys go in, a screen comes out.
//!
//! Nothing here waits for a duration. A step waits for a text, and a picture for a pause in the program's output: a
//! frame may arrive in several pieces, and half of one is no screen.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::scenes::Step;

/// A text that has not come by then does not come: a whole minute of the simulated service fits, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// A program that was told to end and is still there after this is ended.
const FAREWELL: Duration = Duration::from_secs(10);
/// Pieces of one frame are closer together than this, and frames of a running clock further apart.
const PAUSE: Duration = Duration::from_millis(60);

/// A running program and what it has drawn.
pub struct Console {
    terminal: vt100::Parser,
    output: Receiver<Vec<u8>>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    // Closing it hangs up.
    _pty: Box<dyn MasterPty + Send>,
}

impl Console {
    /// Starts the program. It sees a terminal with all colours, and no variable of whoever takes the pictures.
    pub fn start(program: &Path, arguments: &[&str], columns: u16, rows: u16) -> Result<Self> {
        let cells = |count| NonZeroU16::new(count).context("a terminal has cells");
        let terminal = vt100::Parser::new(cells(rows)?, cells(columns)?, 0);
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).context("no pseudo-terminal")?;
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        let child = pty.slave.spawn_command(command).with_context(|| format!("{}", program.display()))?;
        // The end of the output is only seen once nobody but the program holds this side.
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader()?;
        let keyboard = pty.master.take_writer()?;
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut piece = [0; 16 * 1024];
            // An error is how Linux says that the program has ended.
            while let Ok(length @ 1..) = reader.read(&mut piece) {
                if sender.send(piece[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { terminal, output, keyboard, child, _pty: pty.master })
    }

    /// What the program has drawn.
    pub fn screen(&self) -> &vt100::Screen {
        self.terminal.screen()
    }

    /// Does one thing that an operator does.
    pub fn take(&mut self, step: &Step) -> Result<()> {
        match *step {
            Step::Press(key) => self.press(key_bytes(key)?),
            Step::Type(text) => self.type_text(text),
            Step::TypeWhatIsAsked => {
                let screen = self.text();
                let asked = between(&screen, "Type ", " to confirm").map(str::to_owned);
                let asked = asked.with_context(|| format!("nothing is asked for; the screen:\n{screen}"))?;
                self.type_text(&asked)
            }
            Step::PressWhile(key, text) => {
                let end = Instant::now() + PATIENCE;
                self.come_to_rest()?;
                while self.text().contains(text) {
                    if Instant::now() > end {
                        bail!("{text:?} never went; the last screen:\n{}", self.text());
                    }
                    self.press(key_bytes(key)?)?;
                    self.come_to_rest()?;
                }
                Ok(())
            }
            Step::See(text) => {
                let end = Instant::now() + PATIENCE;
                while !self.text().contains(text) {
                    self.read(PAUSE)?;
                    if Instant::now() > end {
                        bail!("{text:?} never came; the last screen:\n{}", self.text());
                    }
                }
                Ok(())
            }
        }
    }

    /// Waits until the program has nothing more to draw for now.
    pub fn come_to_rest(&mut self) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while self.read(PAUSE)? {
            if Instant::now() > end {
                bail!("the screen never comes to rest; the last screen:\n{}", self.text());
            }
        }
        Ok(())
    }

    /// Draws what the program writes next; says whether it wrote anything in that time.
    fn read(&mut self, at_most: Duration) -> Result<bool> {
        match self.output.recv_timeout(at_most) {
            Ok(piece) => {
                self.terminal.process(&piece);
                Ok(true)
            }
            Err(RecvTimeoutError::Timeout) => Ok(false),
            Err(RecvTimeoutError::Disconnected) => {
                bail!("the program has ended; the last screen:\n{}", self.text())
            }
        }
    }

    fn type_text(&mut self, text: &str) -> Result<()> {
        let mut bytes = [0; 4];
        text.chars().try_for_each(|letter| self.press(letter.encode_utf8(&mut bytes).as_bytes()))
    }

    fn press(&mut self, key: &[u8]) -> Result<()> {
        // A key a write, as from a keyboard; many in one write look like a paste.
        self.keyboard.write_all(key).and_then(|()| self.keyboard.flush()).context("the program reads no keys")
    }

    fn text(&self) -> String {
        self.screen().contents()
    }
}

impl Drop for Console {
    /// Hangs up and lets the program end by itself, so that the demo removes its journal.
    fn drop(&mut self) {
        // Errors here mean that it has ended already.
        let _ = self.child.clone_killer().kill();
        let end = Instant::now() + FAREWELL;
        while self.read(PAUSE).is_ok() && Instant::now() < end {}
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a terminal sends for a key.
fn key_bytes(name: &'static str) -> Result<&'static [u8]> {
    Ok(match name {
        "Enter" => b"\r",
        "Esc" => b"\x1b",
        "Tab" => b"\t",
        "space" => b" ",
        "Up" => b"\x1b[A",
        "Down" => b"\x1b[B",
        _ if name.chars().count() == 1 => name.as_bytes(),
        _ => bail!("no key is called {name}"),
    })
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (asked, _) = line.split_once(before)?.1.split_once(after)?;
        Some(asked)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Console> {
        Console::start(Path::new("/bin/sh"), &["-c", script], 60, 6)
    }

    #[test]
    fn types_what_the_screen_asks_for() -> Result<()> {
        let mut console =
            shell("printf 'Type par-db-003 6f69 to confirm: '; read -r typed; echo \"got <$typed>\"; cat")?;
        console.take(&Step::See("to confirm"))?;
        console.take(&Step::TypeWhatIsAsked)?;
        console.take(&Step::Press("Enter"))?;
        console.take(&Step::See("got <par-db-003 6f69>"))
    }

    #[test]
    fn presses_a_key_until_the_text_is_gone_and_not_once_more() -> Result<()> {
        let script = "n=3; while [ $n -gt 0 ]; do printf '\\033[H\\033[2J%s to go' $n; read -r _; n=$((n-1)); done; \
            printf '\\033[H\\033[2Jready '; read -r more; echo \"and <$more>\"; cat";
        let mut console = shell(script)?;
        console.take(&Step::See("to go"))?;
        console.take(&Step::PressWhile("Enter", "to go"))?;
        console.take(&Step::Type("x"))?;
        console.take(&Step::Press("Enter"))?;
        console.take(&Step::See("and <x>"))
    }

    #[test]
    fn a_program_that_ends_too_early_shows_its_last_words() -> Result<()> {
        let error = shell("echo no terminal here")?.take(&Step::See("list of")).expect_err("it ended");
        assert!(error.to_string().contains("no terminal here"), "{error}");
        Ok(())
    }

    #[test]
    fn the_program_sees_no_variable_of_whoever_runs_it() -> Result<()> {
        let mut console = shell("echo \"home <$HOME>, colours <$COLORTERM>\"; cat")?;
        console.take(&Step::See("home <>, colours <truecolor>"))
    }
}
