//! Killed in the middle of a run, without a chance to say anything: the next start knows, offers, and goes on.

use crate::support::screen::Screen;
use crate::support::{Host, Tenant};

const FAST: f64 = 60.0;
const MANY: usize = 150;

/// Calls take 100 real milliseconds and count as they come in, so that some are on their way whenever it is killed; so
/// many are let through at first, so that it is killed in the middle.
fn tenant(let_through: usize) -> Tenant {
    let tenant = Tenant::of_many(MANY).holding_after(let_through).speed(FAST);
    tenant.but(|it| it.offboard_latency_ms = 100).start()
}

fn has_no_doubt(screen: &Screen, title: &str) -> bool {
    screen.dialog().is_some_and(|dialog| dialog.title == title && !dialog.read_aloud().contains(" unknown "))
}

#[test]
fn a_run_that_was_killed_is_offered_and_gone_on_with_and_nothing_is_sent_twice() {
    let (tenant, host) = (tenant(90), Host::new());
    let mut console = host.console(&tenant).start();
    let run = console.offboards_all(MANY, "CHG-7");
    console.wait_for("thirty calls to come in", |_| tenant.offboard_calls().len() >= 30).signal("KILL");
    console.ends();
    tenant.lets_all_through();

    let mut console = host.console(&tenant).start();
    // What was on its way is in doubt: it is looked for, and each is found. Nothing goes on by itself.
    let title = format!("Run {run} is unfinished");
    console.dialog(&title).reads("Nothing goes on by itself.").reads("its process is gone").stays();
    console.wait_for("every doubt to be settled", |screen| {
        screen
            .dialog()
            .is_some_and(|dialog| dialog.title == title && !dialog.read_aloud().contains(" unknown "))
    });
    let left = MANY - tenant.actions();
    console.dialog(&title).reads(&format!("go on with {left}: the {left} queued")).stays();
    console.goes_on(&run, left).sees(&format!("✓ {MANY} succeeded"));
    console.quits();
    tenant.offboarded_each_of_once(MANY);
}

#[test]
fn killed_again_and_again_and_gone_on_with_at_once_nothing_is_sent_twice() {
    let (tenant, host) = (tenant(130), Host::new());
    let mut console = host.console(&tenant).start();
    let run = console.offboards_all(MANY, "CHG-7");
    let title = format!("Run {run} is unfinished");
    for actions in [30, 60, 90] {
        console.wait_for("more actions", |_| tenant.actions() >= actions).signal("KILL");
        console.ends();
        console = host.console(&tenant).start();
        console.dialog(&title).reads("Nothing goes on by itself.").stays();
        console.goes_on_with_what_is_left(&run);
    }
    tenant.lets_all_through();
    console.sees(&format!("✓ {MANY} succeeded"));
    console.quits();
    tenant.offboarded_each_of_once(MANY);
}

#[test]
fn an_unfinished_run_that_is_left_stands_first_in_runs_and_is_offered_again() {
    let (tenant, host) = (tenant(30), Host::new());
    let mut console = host.console(&tenant).start();
    let run = console.offboards_all(MANY, "CHG-7");
    console.wait_for("ten calls to come in", |_| tenant.offboard_calls().len() >= 10).signal("KILL");
    console.ends();
    let title = format!("Run {run} is unfinished");
    let mut called = Vec::new();
    for _ in 0..2 {
        let mut console = host.console(&tenant).start();
        console.dialog(&title).reads("Esc leave it").stays();
        console.wait_for("every doubt to be settled", |screen| has_no_doubt(screen, &title));
        called.push(tenant.offboard_calls().len());
        console.dialog(&title).esc().list_is_whole();
        console.press("2").sees(&format!("! {run}")).sees("unfinished");
        console.quits();
    }
    assert_eq!(called[0], called[1], "nothing goes on by itself");
    assert_eq!(called[1], tenant.offboard_calls().len(), "nothing goes on by itself");
}
