//! A console on which nothing happens sends nothing.

use crate::support::{Console, Tenant, tenant::wait_until};

/// A minute of the tenant in a second: the list gets old, and says so, only after a quarter of an hour.
const FAST: f64 = 60.0;

#[test]
fn a_quiet_console_sends_no_byte() {
    let tenant = Tenant::paris().speed(FAST).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("a").sees("4 selected").has_handled_all();
    // What the last resize made it draw has come once a redraw that was asked for after it has.
    let mark = console.mark();
    console.press("^l").cleared_since(mark).sees("4 selected").sees("? help");
    let mark = console.mark();
    let minute_from_now = tenant.emulator.now_ms() + 60_000;
    wait_until("a minute of the tenant has passed", || tenant.emulator.now_ms() >= minute_from_now);
    // Keys without a meaning here.
    console.press("z").press("Z").press("z");
    console.press("^l").cleared_since(mark);
    let bytes = console.bytes_since(mark);
    assert!(bytes.starts_with(b"\x1b[2J") || bytes.starts_with(b"\x1b["), "{bytes:?}");
    eprintln!("{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(200)]));
    console.quits();
}
