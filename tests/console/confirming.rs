//! The confirmation: what will happen, and the text that lets it.

use crate::support::{Console, NARROW, Tenant, WIDE, machine};

const ONE: &str = "Offboard par-web-011 from fabrikam.example?";

/// A console with the confirmation for par-web-011 open.
fn asked_for_one(tenant: &Tenant, size: (u16, u16)) -> Console {
    let mut console = Console::start_at(tenant, size);
    console.list_is_whole().press("j").press("space").sees("1 selected").press("c");
    let comment = console.dialog("Comment for par-web-011").types("CHG-1042 retire");
    comment.reads("sent as CHG-1042 retire [offramp ").enter();
    console
}

#[test]
fn esc_at_every_step_sends_nothing_and_loses_nothing() {
    let tenant = Tenant::paris().start();
    for size in [WIDE, NARROW] {
        let mut console = asked_for_one(&tenant, size);
        // Back from the confirmation with the right text typed, back from the comment, and the selection is there.
        console.dialog(ONE).reads("No API puts it back").types("par-web-011").reads("✓ matches").esc();
        console.dialog("Comment for par-web-011").reads("sent as CHG-1042 retire [offramp ").esc();
        console.no_dialog().sees("1 selected").press("c");
        console.dialog("Comment for par-web-011").reads("sent as CHG-1042 retire [offramp ").enter();
        // The text that confirms is asked for anew.
        console.dialog(ONE).does_not_read("✓ matches").esc();
        console.dialog("Comment for par-web-011").esc().sees("1 selected");
        console.press("Esc").has_handled_all().sees("1 selected").quits();
    }
    tenant.was_sent_nothing();
}

#[test]
fn enter_does_nothing_until_the_text_matches() {
    let tenant = Tenant::paris().start();
    for size in [WIDE, NARROW] {
        let mut console = asked_for_one(&tenant, size);
        console.dialog(ONE).reads("The sensor stops on this machine. No API puts it back.").enter();
        for (typed, said) in [
            ("par-web", "not yet: -011 is missing"),
            ("-012", "that is not par-web-011"),
            ("x", "that is not par-web-011"),
        ] {
            console.dialog(ONE).types(typed).reads(said).enter();
        }
        console.dialog(ONE).press("^u").types("PAR-WEB-011").reads("that is not par-web-011").enter();
        console.dialog(ONE).press("^u").pastes("par-web-011\r").reads("✓ matches").esc();
        console.dialog("Comment for par-web-011").esc();
        console.quits();
    }
    tenant.was_sent_nothing();
}

#[test]
fn many_are_confirmed_by_their_number_and_more_than_a_quarter_by_the_tenant_too() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("a").sees("4 selected").press("c");
    console.dialog("Comment for 4 machines").types("CHG-7").reads("sent as CHG-7 [offramp ").enter();
    let title = "Offboard 4 machines from fabrikam.example?";
    console
        .dialog(title)
        .reads("of the tenant's 6 are in it")
        .reads("Type 4 fabrikam.example to confirm")
        .types("4")
        .reads("not yet: fabrikam.example is missing")
        .enter();
    console.dialog(title).reads("4 fabrikam.example").types(" fabrikam.example").reads("✓ matches").esc();
    console.dialog("Comment for 4 machines").esc();
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn of_two_records_with_one_name_both_are_shown_and_the_id_is_typed_too() {
    let first = "7b1f4967d9728e5aa3c06a9e617a22a4a5a17378";
    let second = "c20d83e15b7740c6a91e02f4d36b98aa1f0c2d3e";
    let mut others: Vec<_> = (1..=6).map(|number| machine(&format!("par-app-{number:03}"))).collect();
    others.extend([first, second].map(|id| machine("par-web-014").with("id", id)));
    let tenant = Tenant::of(others).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().sees("par-web-014 #7b1f").sees("par-web-014 #c20d");
    console.press("/").types("7b1f4967").press("Enter").sees("1 offboardable");
    console.press("space").sees("1 selected").press("c");
    console.dialog("Comment for par-web-014 #7b1f").types("CHG-7").reads("sent as CHG-7 [offramp ").enter();
    let title = "Offboard par-web-014 #7b1f from fabrikam.example?";
    console
        .dialog(title)
        .reads("THIS ONE #7b1f")
        .reads("c20d83e1")
        .types("par-web-014")
        .reads("7b1f is missing")
        .enter();
    console.dialog(title).reads("the other #c20d").esc();
    console.dialog("Comment for par-web-014 #7b1f").esc();
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn the_plan_is_frozen_a_refresh_behind_the_dialog_changes_nothing_in_it() {
    let tenant = Tenant::paris().start();
    let mut console = asked_for_one(&tenant, WIDE);
    tenant.emulator.set_switches(|it| it.extra_machines.truncate(1));
    // Keys that refresh or select elsewhere only type here.
    console.dialog(ONE).types("ra").reads("that is not par-web-011").esc();
    console.dialog("Comment for par-web-011").esc();
    console.quits();
    tenant.was_sent_nothing();
}
