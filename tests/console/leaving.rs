//! Leaving while a run is going on, by a key, a signal, or because the terminal is gone.

use crate::support::console::Ended;
use crate::support::{Console, Host, Tenant};

const FAST: f64 = 60.0;
const MANY: usize = 60;
/// So many are let through at first: there the run waits.
const SENT: usize = 25;

/// What was not sent is offered at the next start, nothing of it is in doubt, and it is gone on with.
#[track_caller]
fn the_next_start_goes_on(tenant: &Tenant, host: &Host, run: &str) {
    tenant.lets_all_through();
    let left = MANY - tenant.actions();
    let mut console = host.console(tenant).start();
    let dialog = console.dialog(&format!("Run {run} is unfinished"));
    dialog.reads(&format!("go on with {left}: the {left} queued")).does_not_read("unknown").stays();
    console.goes_on(run, left).sees(&format!("✓ {MANY} succeeded"));
    console.quits();
    tenant.offboarded_each_of_once(MANY);
}

#[test]
fn quitting_during_a_run_asks_and_only_the_capital_letter_leaves() {
    let tenant = Tenant::of_many(MANY).holding_after(SENT).speed(FAST).start();
    let host = Host::new();
    let mut console = host.console(&tenant).start();
    let run = console.offboards_all(MANY, "CHG-7");
    console.wait_for("the run to wait", |_| tenant.actions() == SENT).press("q");
    let title = format!("Quit while run {run} is going on?");
    console.dialog(&title).reads("They are not sent after you quit").press("q").reads("Q quit").enter();
    console.no_dialog().sees(&run).press("q");
    console.dialog(&title).reads("Enter stay").esc().press("q");
    console.dialog(&title).reads("Q quit").press("Q");
    assert_eq!(console.ends(), Ended { code: 0, signal: None });
    console.left_the_terminal_intact();
    the_next_start_goes_on(&tenant, &host, &run);
}

/// A console in the middle of a run, with calls on their way: each takes 200 real milliseconds, and counts as it comes
/// in.
fn in_the_middle(tenant: &Tenant, host: &Host) -> (Console, String) {
    let mut console = host.console(tenant).start();
    let run = console.offboards_all(MANY, "CHG-7");
    console.wait_for("a few calls to come in", |_| tenant.offboard_calls().len() >= 3);
    (console, run)
}

fn slow() -> Tenant {
    Tenant::of_many(MANY).holding_after(SENT).speed(FAST).but(|it| it.offboard_latency_ms = 200).start()
}

#[test]
fn sigterm_during_a_run_finishes_what_is_on_its_way_and_leaves_the_rest_queued() {
    let (tenant, host) = (slow(), Host::new());
    let (mut console, run) = in_the_middle(&tenant, &host);
    console.signal("TERM");
    assert_eq!(console.ends(), Ended { code: 0, signal: None });
    console.left_the_terminal_intact();
    let calls = tenant.offboard_calls();
    assert!(calls.iter().all(|call| call.status.is_some()), "each was answered: {calls:#?}");
    the_next_start_goes_on(&tenant, &host, &run);
}

#[test]
fn a_terminal_that_is_lost_during_a_run_loses_nothing() {
    let (tenant, host) = (slow(), Host::new());
    let (mut console, run) = in_the_middle(&tenant, &host);
    console.loses_its_terminal();
    console.ends();
    the_next_start_goes_on(&tenant, &host, &run);
}

#[test]
fn a_second_interrupt_soon_after_the_first_leaves_without_an_answer_to_the_question() {
    // Soon is two seconds of the console's clock: here it runs no faster than the hand.
    let tenant = Tenant::of_many(MANY).holding_after(SENT).but(|it| it.offboard_latency_ms = 200).start();
    let host = Host::new();
    let (mut console, run) = in_the_middle(&tenant, &host);
    console.sends_raw(b"\x03\x03");
    assert_eq!(console.ends(), Ended { code: 0, signal: None });
    console.left_the_terminal_intact();
    let left = MANY - tenant.actions();
    let mut console = host.console(&tenant).start();
    let dialog = console.dialog(&format!("Run {run} is unfinished"));
    dialog.reads(&format!("go on with {left}: the {left} queued")).does_not_read("unknown").esc();
    console.quits();
}
