//! Two consoles of one user on one host: one sends, the other lists and reads.

use crate::support::{Console, Host, Tenant};

const FAST: f64 = 60.0;
const MANY: usize = 60;
/// So many are let through at first: there the run waits.
const SENT: usize = 25;

/// The first console in the middle of a run.
fn first(tenant: &Tenant, host: &Host) -> (Console, String) {
    let mut first = host.console(tenant).start();
    let run = first.offboards_all(MANY, "CHG-7");
    first.wait_for("the run to wait", |_| tenant.actions() == SENT);
    (first, run)
}

#[test]
fn the_second_says_who_sends_and_sends_nothing_itself() {
    let tenant = Tenant::of_many(MANY).holding_after(SENT).speed(FAST).start();
    let host = Host::new();
    let (mut first, run) = first(&tenant, &host);

    let mut second = host.console(&tenant).start();
    let who = format!("Process {}", first.process());
    second.list_is_whole().sees(&who).press("a").sees(&format!("{MANY} selected"));
    second.press("c").sees("! ").has_handled_all().no_dialog();
    // It reads the run, and cannot go on with it.
    second
        .press("2")
        .sees(&run)
        .press("Enter")
        .sees("CHG-7 [offramp ")
        .press(">")
        .sees("! ")
        .has_handled_all()
        .no_dialog();
    second.quits();

    tenant.lets_all_through();
    first.sees(&format!("✓ {MANY} succeeded"));
    first.quits();
    tenant.offboarded_each_of_once(MANY);
}

#[test]
fn the_second_takes_the_seat_when_the_first_is_killed_and_goes_on_with_its_run() {
    let tenant = Tenant::of_many(MANY).holding_after(SENT).speed(FAST).start();
    let host = Host::new();
    let (mut first, run) = first(&tenant, &host);
    let mut second = host.console(&tenant).start();
    second.list_is_whole().sees(&format!("Process {}", first.process()));
    first.signal("KILL");
    first.ends();
    tenant.lets_all_through();
    second.dialog(&format!("Run {run} is unfinished")).reads("Nothing goes on by itself.").stays();
    second.goes_on_with_what_is_left(&run);
    second.sees(&format!("✓ {MANY} succeeded"));
    second.quits();
    tenant.offboarded_each_of_once(MANY);
}
