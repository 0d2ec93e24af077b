//! Signals that end the program, a terminal that has another size, and one that is gone.
//!
//! crossterm loses a resize now and then, so SIGWINCH is listened to here as well.
//! SIGTERM and SIGHUP let what is in flight be answered and journaled, then end. A terminal can also go without a
//! signal: standard input is watched for that.

use std::io;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::key::Input;
use super::msg::Msg;

/// Tells the console when the process is asked to end, and when the terminal is gone.
pub fn listen(messages: mpsc::Sender<Msg>) {
    if let Ok(mut terminate) = signal(SignalKind::terminate()) {
        let messages = messages.clone();
        tokio::spawn(async move { forward(&mut terminate, &messages, Msg::AskedToEnd).await });
    }
    if let Ok(mut hangup) = signal(SignalKind::hangup()) {
        let messages = messages.clone();
        tokio::spawn(async move { forward(&mut hangup, &messages, Msg::LostTerminal).await });
    }
    if let Ok(mut resized) = signal(SignalKind::window_change()) {
        let messages = messages.clone();
        tokio::spawn(async move { forward(&mut resized, &messages, Msg::Input(Input::Resize)).await });
    }
    // Stopped and continued: the shell has had the terminal, so its modes and every cell are set anew.
    if let Ok(mut continued) = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw())) {
        let messages = messages.clone();
        tokio::spawn(async move { forward(&mut continued, &messages, Msg::Continued).await });
    }
    std::thread::spawn(move || {
        if terminal_hangs_up().is_ok() {
            let _ = messages.blocking_send(Msg::LostTerminal);
        }
    });
}

async fn forward(signal: &mut Signal, messages: &mpsc::Sender<Msg>, message: Msg) {
    while signal.recv().await.is_some() {
        let _ = messages.send(message.clone()).await;
    }
}

/// Returns when standard input has hung up. Asks for nothing else, so it takes no key away.
fn terminal_hangs_up() -> io::Result<()> {
    let stdin = io::stdin();
    loop {
        let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
        match poll(&mut watched, None) {
            Ok(_) if watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => {
                return Ok(());
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Cuts the process off from a terminal that is gone.
///
/// Over standard input a pipe is laid that never has data: crossterm's reader would read the terminal that is gone
/// again and again, at all the speed the processor has. What is written goes nowhere: a library that complains on a
/// broken standard error ends the program with a panic.
pub fn quiet_terminal() {
    if let Ok((reader, writer)) = rustix::pipe::pipe() {
        let _ = rustix::stdio::dup2_stdin(&reader);
        // Its writing end stays open as long as the process lives: a closed one reads as end-of-file.
        std::mem::forget(writer);
    }
    if let Ok(nowhere) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        if has_hung_up(&io::stdout()) {
            let _ = rustix::stdio::dup2_stdout(&nowhere);
        }
        if has_hung_up(&io::stderr()) {
            let _ = rustix::stdio::dup2_stderr(&nowhere);
        }
    }
}

/// Whether nobody is at the other end any more. A SIGHUP alone does not say so.
fn has_hung_up(end: &impl std::os::fd::AsFd) -> bool {
    let mut watched = [PollFd::new(end, PollFlags::empty())];
    let at_once = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&at_once)).is_ok_and(|count| count > 0)
}

/// Waits until somebody asks the process to end, by `^c` or a signal.
pub async fn asked_to_end() {
    let mut terminate = signal(SignalKind::terminate()).ok();
    let terminated = async {
        match &mut terminate {
            Some(signal) => signal.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}
