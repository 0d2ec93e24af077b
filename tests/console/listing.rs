//! From the start to the list, and the filter over it.

use offramp::emulator::EmptyList;

use crate::support::tenant::wait_until;
use crate::support::{Console, NARROW, Tenant, WIDE};

#[test]
fn the_list_of_a_tenant_comes_whole_with_what_the_rule_allows() {
    let tenant = Tenant::paris().start();
    for size in [WIDE, NARROW] {
        let mut console = Console::start_at(&tenant, size);
        console.list_is_whole().sees("4 offboardable · 6 in all").sees("LOCAL").sees("fabrikam.example");
        for name in ["par-db-003", "par-web-011", "par-web-012", "par-web-014"] {
            console.sees(name);
        }
        console.does_not_see("par-lin-007").does_not_see("par-web-024");
        console.press(".").sees("4 offboardable + 2 ").sees("Linux").sees("not onboarded");
        console.quits();
    }
    tenant.was_sent_nothing();
}

#[test]
fn a_filter_narrows_as_it_is_typed_and_esc_brings_the_last_one_back() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole();
    console.press("/").types("web").sees("3 offboardable").no_longer_sees("par-db-003");
    console.press("Enter").sees("/ web").sees("c offboard");
    console.press("/").types(" 014").sees("1 offboardable").no_longer_sees("par-web-011");
    console.press("Esc").sees("3 offboardable").sees("par-web-011").sees("/ web");
    console.press("Esc").sees("4 offboardable").sees("par-db-003");
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn while_a_filter_is_typed_every_key_types() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole();
    // Each of these letters is a command elsewhere.
    console.press("/").types("acq!X>Q").sees("No machine matches.").sees("nothing selected");
    console.press("Esc").no_longer_sees("No machine matches.").sees("nothing selected");
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn both_answers_of_an_empty_tenant_read_as_no_machines() {
    for empty in [EmptyList::NotFound, EmptyList::EmptyValue] {
        let tenant = Tenant::of([]).but(|it| it.no_machines = Some(empty)).start();
        let mut console = Console::start(&tenant);
        console.sees("answered: no machines.").sees("r ask again").sees("0 machines");
        // A machine is onboarded meanwhile, and the list asked for again.
        let before = tenant.emulator.log().len();
        console.press("r");
        wait_until("the list is asked for again", || tenant.emulator.log().len() > before);
        console.sees("answered: no machines.");
        console.quits();
    }
}

#[test]
fn the_details_name_every_property_as_the_service_does() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("Enter").sees("Enter close").sees("rbacGroupName").sees("lastIpAddress");
    console.press("j").sees("par-web-011.fabrikam.example");
    console.press("Esc").no_longer_sees("rbacGroupName");
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn thousands_of_machines_come_in_pages_and_show_as_they_arrive() {
    let tenant = Tenant::of([]).and_drawn(2_500).but(|it| it.page_cap = Some(500)).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().sees("2,500 in all").press("G").sees("of ");
    console.quits();
    tenant.was_sent_nothing();
}
