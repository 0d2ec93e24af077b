//! The terminal gets another size, at the worst moment: nothing is lost, and nothing is confirmed unseen.

use crate::support::{Console, NARROW, Tenant, WIDE};

const TOO_SMALL: (u16, u16) = (44, 11);

#[test]
fn the_list_survives_every_size() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("a").sees("4 selected");
    console
        .resize(NARROW)
        .sees("4 selected")
        .wait_for("the keys of 80 columns", |it| it.keys().ends_with("q quit"));
    console.resize(TOO_SMALL).sees("offramp needs 60×15 cells").sees("this is 44×11").sees("4 selected");
    console.resize((1, 1)).resize((200, 60)).sees("4 selected").sees("par-web-014");
    console.resize(WIDE).sees("4 selected").sees("list of ");
    console.quits();
    console.left_the_terminal_intact();
    tenant.was_sent_nothing();
}

#[test]
fn a_filter_that_is_typed_survives_every_size() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("/").types("web");
    console.resize(TOO_SMALL).sees("offramp needs");
    console.resize(NARROW).sees("/ web").types(" 01").sees("3 offboardable");
    console.press("Esc").sees("4 offboardable");
    console.quits();
}

#[test]
fn the_comment_survives_every_size() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("space").sees("1 selected").press("c");
    let dialog = console.dialog("Comment for par-db-003").types("CHG-1042");
    let dialog =
        dialog.resized(NARROW).reads("CHG-1042").hidden_at(TOO_SMALL).shown_at(WIDE).reads("CHG-1042");
    dialog.types(" retire").reads("sent as CHG-1042 retire [offramp ").esc();
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn the_confirmation_survives_every_size_and_confirms_nothing_while_it_is_hidden() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("space").sees("1 selected").press("c");
    console.dialog("Comment for par-db-003").types("CHG-7").reads("sent as CHG-7 [offramp ").enter();
    let title = "Offboard par-db-003 from fabrikam.example?";
    let dialog = console.dialog(title).reads("No API puts it back").types("par-db-003").reads("✓ matches");
    let dialog =
        dialog.resized(NARROW).reads("✓ matches").hidden_at(TOO_SMALL).shown_at(WIDE).reads("✓ matches");
    // What nobody can read, nobody confirms: the next key leaves, and no run has begun that would have it asked.
    dialog.hidden_at(TOO_SMALL).enter().stays().quits();
    tenant.was_sent_nothing();
}

#[test]
fn the_confirmation_of_many_survives_every_size() {
    let tenant = Tenant::of_many(40).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("a").sees("40 selected").press("c");
    console.dialog("Comment for 40 machines").types("CHG-7").reads("sent as CHG-7 [offramp ").enter();
    let title = "Offboard 40 machines from fabrikam.example?";
    let dialog =
        console.dialog(title).reads("40 fabrikam.example").resized(NARROW).reads("40 fabrikam.example");
    let dialog = dialog.press("PgDn").press("PgDn").resized((60, 15)).reads("No API puts it back");
    dialog.hidden_at(TOO_SMALL).shown_at(WIDE).reads("40 fabrikam.example").esc();
    console.dialog("Comment for 40 machines").esc();
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn help_and_details_survive_every_size() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console
        .list_is_whole()
        .press("?")
        .dialog("Keys on Machines")
        .resized(NARROW)
        .hidden_at(TOO_SMALL)
        .shown_at(WIDE)
        .esc();
    console.press("Enter").sees("rbacGroupName");
    console.resize(NARROW).sees("osPlatform").resize(TOO_SMALL).sees("offramp needs");
    console.resize(WIDE).sees("rbacGroupName").press("Esc").no_longer_sees("rbacGroupName");
    console.quits();
}

#[test]
fn a_key_that_is_pressed_while_the_terminal_is_resized_is_not_lost() {
    let tenant = Tenant::of_many(200).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole();
    for row in 2..=120 {
        let columns = 118 + row % 3;
        console.resize((columns, 36)).press("j").sees(&format!(" {row} of 200 ─"));
    }
    console.quits();
}
