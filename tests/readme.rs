//! The README says what the program does: its table of keys is generated from the key table.
//!
//! `OFFRAMP_UPDATE_README=1 cargo test --test readme` writes it anew.

const BEGIN: &str = "<!-- keys: generated from the key table; a test holds it equal -->\n";
const END: &str = "<!-- /keys -->";

#[test]
fn the_readmes_keys_are_the_programs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).expect("there is a README");
    let (before, rest) = readme.split_once(BEGIN).expect("the table of keys has its mark");
    let (written, after) = rest.split_once(END).expect("the table of keys has its end");
    let generated = offramp::tui::keymap::markdown();
    if std::env::var_os("OFFRAMP_UPDATE_README").is_some() {
        let whole = format!("{before}{BEGIN}{generated}{END}{after}");
        std::fs::write(path, whole).expect("the README can be written");
        return;
    }
    assert_eq!(written, generated, "run OFFRAMP_UPDATE_README=1 cargo test --test readme");
}

#[test]
fn every_picture_that_the_readme_shows_is_there() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("a README");
    let pictures: Vec<_> =
        readme.split("](screenshots/").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        let path = format!("{}/screenshots/{picture}", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&path).is_file(), "{path}");
    }
}
