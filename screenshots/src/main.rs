//! Takes the pictures that the README shows: the real program, in a real pseudo-terminal, with keys pressed as an
//! operator presses them.
//!
//! ```text
//! cargo run --release --manifest-path screenshots/Cargo.toml
//! cargo run --release --manifest-path screenshots/Cargo.toml -- --only run --offramp target/debug/offramp
//! ```
//!
//! A scene of [`scenes::SCENES`] starts `offramp demo` in a terminal of its own ([`console`]), which is a PTY read by
//! vt100. What stands there in the end becomes an SVG ([`svg`]) and then a PNG beside this package's manifest
//! ([`png`]). Nothing is sent anywhere: the demo's tenant is simulated, on loopback. The demo's instants are those of
//! the day, so a picture taken again differs in its times.

mod console;
mod png;
mod scenes;
mod svg;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail, ensure};

use console::Console;
use png::Studio;
use scenes::{SCENES, Scene};

const USAGE: &str = "\
usage: offramp-screenshots [--only NAME]... [--offramp PATH]
  --only NAME     take this picture only; may be given again
  --offramp PATH  the program to take pictures of; without it the release build, made first";

/// What the command line asks for.
#[derive(Default)]
struct Wanted {
    only: Vec<String>,
    offramp: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        let names: Vec<&str> = SCENES.iter().map(|scene| scene.name).collect();
        println!("{USAGE}\nThe pictures: {}", names.join(", "));
        return ExitCode::SUCCESS;
    }
    let wanted = match read(arguments) {
        Ok(wanted) => wanted,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match take(&wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: Vec<String>) -> Result<Wanted> {
    let mut wanted = Wanted::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} wants a value"));
        match argument.as_str() {
            "--only" => wanted.only.push(value()?),
            "--offramp" => wanted.offramp = Some(value()?.into()),
            _ => bail!("what is {argument}?"),
        }
    }
    if let Some(unknown) = wanted.only.iter().find(|name| SCENES.iter().all(|scene| scene.name != **name)) {
        bail!("there is no picture {unknown}");
    }
    Ok(wanted)
}

fn take(wanted: &Wanted) -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("this package lies in offramp's folder")?;
    // Before the build: a font that is missing should not cost minutes first.
    let studio = Studio::new()?;
    println!("font: {}", studio.family());
    let offramp = match &wanted.offramp {
        Some(path) => path.canonicalize().with_context(|| format!("--offramp {}", path.display()))?,
        None => build(root)?,
    };
    let is_wanted =
        |scene: &&Scene| wanted.only.is_empty() || wanted.only.iter().any(|name| name == scene.name);
    let mut failed = Vec::new();
    for scene in SCENES.iter().filter(is_wanted) {
        let file = here.join(scene.name).with_extension("png");
        match picture(scene, &offramp, &studio) {
            Ok(png) => {
                fs::write(&file, &png).with_context(|| format!("{}", file.display()))?;
                println!("{} ({} KB)", file.strip_prefix(root).unwrap_or(&file).display(), png.len() / 1024);
            }
            // The other pictures are still worth having.
            Err(error) => {
                eprintln!("{}: {error:#}", scene.name);
                failed.push(scene.name);
            }
        }
    }
    ensure!(failed.is_empty(), "not taken: {}", failed.join(", "));
    Ok(())
}

fn picture(scene: &Scene, offramp: &Path, studio: &Studio) -> Result<Vec<u8>> {
    let mut console = Console::start(offramp, scene.arguments, scene.columns, scene.rows)?;
    for (number, step) in scene.steps.iter().copied().flatten().enumerate() {
        console.take(step).with_context(|| format!("step {}, {step:?}", number + 1))?;
    }
    console.come_to_rest()?;
    studio.develop(&svg::draw(console.screen(), studio.family()))
}

/// Builds the program as a user would, and says where it is.
fn build(root: &Path) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--bin", "offramp"])
        .current_dir(root)
        .status()
        .context("cargo build")?;
    ensure!(status.success(), "offramp does not build: {status}");
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    Ok(target.join("release").join("offramp"))
}
