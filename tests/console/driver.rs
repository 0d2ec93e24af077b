//! The driver of these tests, held to its own promise: it confirms nothing that a test has not read.
//!
//! The dialogs here are drawn by a shell: what the driver refuses must not depend on what the console draws today.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::support::{Console, Host};

/// A shell in the console's place.
fn shell(script: &str) -> Console {
    let host = Host::new();
    let console = host.console_without_tenant().program("/bin/sh").argument("-c").argument(script);
    console.environment("PATH", std::env::var("PATH").unwrap()).launch().that_keeps(host)
}

/// Draws a dialog of this title and content. The key `x` draws another one in its place, any other is said.
fn shows(title: &str, content: &str) -> Console {
    shell(&format!(
        "key() {{ dd bs=1 count=1 2>/dev/null | od -An -tx1; }}
        draw() {{
            printf \"\\033[2J\\033[3;5H╭─ $1 ──────── as demo ─╮\"
            row=4
            for line in '{content}' 'Enter does it   Esc does not'; do
                printf \"\\033[$row;5H│\\033[$row;60H│\\033[$row;8H$line\"
                row=$((row + 1))
            done
            printf \"\\033[3;60H╮\\033[$row;5H╰──\\033[$row;60H╯\\033[20;1H$2\"
        }}
        stty raw -echo
        draw '{title}'
        pressed=$(echo $(key))
        if [ $pressed = 78 ]; then draw 'Offboard 38 machines from contoso.com?' redrawn; pressed=$(echo $(key)); fi
        printf \"\\033[2Jpressed $pressed\"
        cat >/dev/null"
    ))
}

/// What the driver says when it refuses.
fn refusal(act: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(act)).expect_err("the driver must refuse");
    panic
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
}

const TITLE: &str = "Offboard 37 machines from contoso.com?";

#[test]
fn a_dialog_that_was_read_can_be_confirmed() {
    let mut console = shows(TITLE, "The sensor stops on these machines.");
    console.dialog(TITLE).reads("The sensor stops").enter().sees("pressed 0d");
}

#[test]
fn enter_is_refused_while_the_content_was_not_read() {
    let mut console = shows(TITLE, "The sensor stops on these machines.");
    let said = refusal(|| {
        console.dialog(TITLE).enter();
    });
    assert!(said.contains("content the test has not read"), "{said}");
    console.does_not_see("pressed").dialog(TITLE).reads("The sensor stops");
}

#[test]
fn enter_is_refused_while_a_dialog_is_open_that_nobody_named() {
    let mut console = shows(TITLE, "The sensor stops on these machines.");
    console.sees("Esc does not");
    let said = refusal(|| {
        console.press("Enter");
    });
    assert!(said.contains(TITLE) && said.contains("read it"), "{said}");
    let said = refusal(|| {
        console.sends_raw(b"\r");
    });
    assert!(said.contains("pressed, not sent"), "{said}");
    let said = refusal(|| {
        console.types("37\r");
    });
    assert!(said.contains("pressed, not typed"), "{said}");
}

#[test]
fn enter_is_refused_right_after_a_key_that_may_have_opened_a_dialog() {
    let mut console = shows(TITLE, "The sensor stops on these machines.");
    let said = refusal(|| {
        console.press("c").press("Enter");
    });
    assert!(said.contains("see first what that key did"), "{said}");
}

#[test]
fn a_key_is_refused_right_after_esc() {
    let mut console = shows(TITLE, "The sensor stops on these machines.");
    let said = refusal(|| {
        console.press("Esc").press("c");
    });
    assert!(said.contains("Alt"), "{said}");
}

#[test]
fn another_dialog_than_the_one_that_was_named_is_not_taken_for_it() {
    let mut console = shows(TITLE, "The sensor stops on these machines.");
    console.sees("Esc does not").patient_for(Duration::from_millis(100));
    let said = refusal(|| {
        console.dialog("Offboard 3 machines from contoso.com?");
    });
    // Named with its condition, and with the screen that stood there in its place.
    assert!(said.contains("the dialog \"Offboard 3 machines") && said.contains(TITLE), "{said}");
    let said = refusal(|| {
        console.dialog(TITLE).reads("The sensor goes on");
    });
    assert!(said.contains("to say \"The sensor goes on\""), "{said}");
}

#[test]
fn a_dialog_that_changed_after_it_was_read_is_not_confirmed() {
    let mut console = shows(TITLE, "The sensor stops on these machines.");
    let dialog = console.dialog(TITLE).reads("The sensor stops").press("x").echoes("redrawn");
    let said = refusal(|| {
        dialog.enter();
    });
    assert!(said.contains("another dialog stands there now"), "{said}");
}

#[test]
fn a_wait_for_what_cannot_come_ends_with_the_program() {
    let mut console = shell("echo gone; exit 3");
    let said = refusal(|| {
        console.sees("never");
    });
    assert!(said.contains("the console ended before: the text \"never\"") && said.contains("gone"), "{said}");
}
