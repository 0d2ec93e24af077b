//! Stopping a run, going on with it, cancelling what is queued.

use crate::support::steps::counts;
use crate::support::{Console, Tenant};

const FAST: f64 = 60.0;
const MANY: usize = 60;
/// So many are let through: there the run waits, and there is time to stop it.
const SENT: usize = 25;
const LEFT: usize = MANY - SENT;

/// A console whose run waits in the middle.
fn waiting(tenant: &Tenant) -> (Console, String) {
    let mut console = Console::start(tenant);
    let run = console.offboards_all(MANY, "CHG-7");
    console.sees(&format!("{SENT} of {MANY} sent")).sees("wait");
    (console, run)
}

#[test]
fn a_stopped_run_sends_nothing_until_somebody_goes_on_with_the_number_that_is_left() {
    let tenant = Tenant::of_many(MANY).holding_after(SENT).speed(FAST).start();
    let (mut console, run) = waiting(&tenant);
    console.press("!").sees("Stopped: nothing more is sent").sees("stopped by");
    console.wait_for("no call on its way", |screen| !counts(screen).contains_key("sending"));
    let called = tenant.offboard_calls().len();
    // Pressed again it does nothing. The service would let all through now, and it does not ask for minutes.
    tenant.lets_all_through();
    let later = tenant.emulator.now_ms() + 120_000;
    console.press("!").has_handled_all().sees("Stopped: nothing more is sent");
    console.wait_for("two minutes of the tenant to pass", |_| tenant.emulator.now_ms() > later);
    assert_eq!(tenant.offboard_calls().len(), called, "a stopped run sends nothing");
    // The wrong number does nothing, the right one goes on.
    let title = format!("Go on with {LEFT} machines of run {run}?");
    console.press(">").dialog(&title).reads("never sent by this run").types("1").reads("is not").enter();
    console.dialog(&title).reads("No API puts it back").esc().sees("Stopped: nothing more is sent");
    console.goes_on(&run, LEFT).sees(&format!("✓ {MANY} succeeded"));
    console.quits();
    tenant.offboarded_each_of_once(MANY);
}

#[test]
fn cancelling_takes_out_what_is_queued_for_good() {
    let tenant = Tenant::of_many(MANY).holding_after(SENT).speed(FAST).start();
    let (mut console, run) = waiting(&tenant);
    console.press("!").sees("Stopped: nothing more is sent");
    console.wait_for("no call on its way", |screen| !counts(screen).contains_key("sending"));
    let title = format!("Cancel {LEFT} queued machines of run {run}?");
    console.press("X").dialog(&title).reads("That is final").esc().sees("Stopped: nothing more is sent");
    console.press("X").dialog(&title).reads("this run never sends them").enter();
    console.sees(&format!("– {LEFT} cancelled")).sees(&format!("✓ {SENT} succeeded"));
    console.press(">").sees("! ").has_handled_all().no_dialog();
    console.quits();
    tenant.offboarded_each_of_once(SENT);
}
