//! What can be selected, and what cannot.

use crate::support::{Console, Tenant};

#[test]
fn a_machine_outside_the_rule_is_refused_with_its_reason_and_nothing_is_selected() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press(".").sees("par-lin-007");
    // The cursor stands on par-db-003; the Linux machine is the next one.
    console.press("j").sees("par-lin-007.fabrikam.example");
    console
        .press("space")
        .sees("! par-lin-007 not selected")
        .sees("nothing selected")
        .sees("outside offramp's rule");
    console.press("G").sees("par-web-024.fabrikam.example");
    console.press("space").sees("! par-web-024 not selected").sees("nothing selected").sees("not onboarded");
    console.press("a").sees("4 selected");
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn what_the_filter_hides_of_the_selection_is_counted_and_undo_takes_the_last_change_back() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("a").sees("4 selected");
    console.press("/").types("db").press("Enter").sees("4 selected · 3 hidden by the filter");
    console.press("i").sees("3 selected · 3 hidden by the filter");
    console.press("u").sees("4 selected · 3 hidden by the filter");
    console.press("\\").sees("nothing selected");
    console.press("Esc").sees("4 offboardable").sees("nothing selected");
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn a_range_is_kept_by_space_and_dropped_by_esc() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("v").press("j").press("j").sees("3 in the range");
    console.press("Esc").sees("nothing selected").no_longer_sees("in the range");
    console.press("k").press("v").press("j").sees("2 in the range").press("space").sees("2 selected");
    console.quits();
    tenant.was_sent_nothing();
}
