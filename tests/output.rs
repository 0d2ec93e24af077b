//! Where the program's words go may be closed or full: that is an exit code, never a panic.

use std::fs::{File, OpenOptions};
use std::process::{Command, Stdio};

fn offramp(argument: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offramp"));
    command.arg(argument).stdin(Stdio::null()).env_clear();
    command
}

/// Every write to it fails: the device is always full.
fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").expect("Linux has it")
}

/// The writing end of a pipe that nobody reads any more.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    for argument in ["--help", "--version"] {
        let output = offramp(argument).stdout(closed()).output().expect("it runs");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{argument}");
    }
}

#[test]
fn a_full_disk_is_a_failure_in_words() {
    let output = offramp("--help").stdout(full()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("No space left") && !said.contains("panicked"), "{said}");
}

#[test]
fn the_exit_code_stands_when_the_complaint_has_nowhere_to_go() {
    for argument in ["--nonsense", "demo"] {
        let status = offramp(argument).stderr(full()).status().expect("it runs");
        assert_eq!(status.code(), Some(2), "{argument}");
    }
}
