//! The comment: why the machines are taken out.

use crate::support::{Console, NARROW, Tenant, WIDE};

#[test]
fn a_comment_that_says_nothing_is_refused() {
    let tenant = Tenant::paris().start();
    for size in [WIDE, NARROW] {
        let mut console = Console::start_at(&tenant, size);
        console.list_is_whole().press("space").sees("1 selected").press("c");
        console.dialog("Comment for par-db-003").reads("the mark alone does not count").enter();
        console.dialog("Comment for par-db-003").reads("Say why. A comment of blanks alone is refused.");
        console.dialog("Comment for par-db-003").types("     ").enter();
        console.dialog("Comment for par-db-003").reads("Say why. A comment of blanks alone is refused.");
        console.dialog("Comment for par-db-003").types("x").reads("sent as x [offramp ").esc();
        console.quits();
    }
    tenant.was_sent_nothing();
}

#[test]
fn what_was_typed_is_kept_when_the_dialog_is_left() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("space").sees("1 selected").press("c");
    console.dialog("Comment for par-db-003").types("CHG-1042 retire").esc().sees("1 selected").press("c");
    console.dialog("Comment for par-db-003").reads("sent as CHG-1042 retire [offramp ").esc();
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn a_paste_never_presses_enter_and_control_characters_never_enter() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("space").sees("1 selected").press("c");
    let dialog = console.dialog("Comment for par-db-003").pastes("CHG-1042\r\n\u{7}\u{9b}retire\r\n");
    dialog.echoes("retire").reads("sent as CHG-1042").esc();
    // Where nothing can be typed a paste is nothing.
    console.pastes("qQ\r").sees("1 selected").no_dialog();
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn an_arrow_key_that_a_slow_line_has_split_neither_closes_the_dialog_nor_types() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("space").sees("1 selected").press("c");
    let dialog = console.dialog("Comment for par-db-003").types("ab");
    // The left arrow in one piece and in two: each moves the cursor one to the left.
    dialog.press("Left").echoes("a").types("1").echoes("a1").stays();
    console.sends_raw(b"\x1b").sends_raw(b"[D");
    console.dialog("Comment for par-db-003").types("2").reads("sent as a21b [offramp").esc();
    console.quits();
    tenant.was_sent_nothing();
}
