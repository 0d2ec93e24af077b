//! A console on which nothing happens sends nothing.

use crate::support::tenant::wait_until;
use crate::support::{Console, Tenant};

/// A minute of the tenant in a second: the list gets old, and says so, only after a quarter of an hour.
const FAST: f64 = 60.0;

#[test]
fn a_quiet_console_sends_no_byte() {
    let tenant = Tenant::paris().speed(FAST).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("a").sees("4 selected").press("c");
    console.dialog("Comment for 4 machines").types("x").reads("sent as x [offramp ").enter();
    // The journal has been opened once the text counts: nothing more is to come.
    let dialog = console.dialog("Offboard 4 machines from fabrikam.example?");
    dialog.types("4 fabrikam.example").reads("✓ matches").esc();
    console.dialog("Comment for 4 machines").esc().redraws();
    let mark = console.mark();
    let a_minute_on = tenant.emulator.now_ms() + 60_000;
    wait_until("a minute of the tenant has passed", || tenant.emulator.now_ms() >= a_minute_on);
    // Keys without a meaning here, then one that draws: it comes after all that was quiet.
    console.press("z").press("Z").press("z").redraws();
    let bytes = console.bytes_since(mark);
    assert!(bytes.starts_with(b"\x1b[2J"), "not quiet: {:?}", String::from_utf8_lossy(&bytes));
    console.quits();
}

#[test]
fn a_step_of_the_cursor_draws_two_rows_and_not_the_screen() {
    let tenant = Tenant::of_many(200).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().redraws();
    let mark = console.mark();
    console.redraws();
    let whole = console.bytes_since(mark).len();
    let mark = console.mark();
    console.press("j").sees("2 of 200").redraws();
    let step = console.bytes_since(mark).len() - whole;
    assert!(step < whole / 3, "a step took {step} bytes, the whole screen {whole}");
    console.quits();
}
