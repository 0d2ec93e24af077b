//! A sign-in that may list and not offboard.

use crate::support::{Console, NARROW, Tenant, WIDE};

#[test]
fn without_the_permission_everything_but_offboarding_works() {
    let tenant = Tenant::paris().but(|it| it.roles = vec!["Machine.Read.All".into()]).start();
    for size in [WIDE, NARROW] {
        let mut console = Console::start_at(&tenant, size);
        console.sees("READ-ONLY").list_is_whole().press("a").sees("4 selected").sees("Machine.Offboard");
        assert!(!console.screen().keys().contains("c offboard"), "there is nothing to press");
        console.press("c").sees("! ").has_handled_all().no_dialog().sees("4 selected");
        console.quits();
    }
    tenant.was_sent_nothing();
}
