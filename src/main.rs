//! Reads the command line, picks the front end, turns an error into words and an exit code.
//!
//! Exit codes: 0 the operator left; 1 something failed; 2 the command line, the environment or the terminal is of no
//! use; 101 a fault of this program.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use ratatui::layout::Rect;

use offramp::config::{Config, check_speed};
use offramp::domain::SafeText;
use offramp::emulator::{Emulator, Faults, Options};
use offramp::tui::app::App;
use offramp::tui::event_loop::{self, Ending};
use offramp::tui::runtime::{self, Lookup, Runtime};
use offramp::tui::shared::Shared;
use offramp::tui::signals;
use offramp::tui::terminal;
use offramp::tui::theme::{Depth, Theme};

/// The command line or the terminal is of no use.
const USAGE: u8 = 2;

/// Takes machines out of Microsoft Defender for Endpoint, from the keyboard, inside the service's limits.
#[derive(Parser)]
#[command(version, about, max_term_width = 100, after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Sub>,
    /// Where the API is [environment: OFFRAMP_API_URL; default: https://api.security.microsoft.com]
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// Run the console's time X times faster, against a simulated tenant on this host that does the same
    #[arg(long, value_name = "X", default_value_t = 1.0, hide_default_value = true)]
    speed: f64,
}

const AFTER_HELP: &str = "\
Sign-in, from the environment; an access token goes before an app's secret:
  OFFRAMP_ACCESS_TOKEN, or OFFRAMP_ACCESS_TOKEN_FILE
  AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, and AZURE_AUTHORITY_HOST for another sign-in host
  OFFRAMP_SCOPE, where another scope than the cloud's own has to be asked for
The journal is kept in the platform's state directory, or in OFFRAMP_STATE_DIR.";

#[derive(Subcommand)]
enum Sub {
    /// The console on a simulated tenant: no account, no network, nothing real
    Demo(Simulated),
    /// The simulated tenant alone; prints the command that points offramp at it
    Emulate {
        /// Where to listen: loopback only
        #[arg(long, value_name = "127.0.0.1:PORT", default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        #[command(flatten)]
        simulated: Simulated,
    },
}

#[derive(Args)]
struct Simulated {
    /// How many machines the tenant has
    #[arg(long, value_name = "N", default_value_t = 2_500)]
    devices: usize,
    /// The same seed gives the same tenant
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How unkind it is: none, rough (lost answers, gateways, late lists) or hostile (escape sequences in names)
    #[arg(long, value_name = "F", default_value = "none")]
    faults: Faults,
    /// Run time X times faster: an hour in a minute at 60
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    speed: f64,
}

impl Simulated {
    fn options(&self, listen: SocketAddr) -> Options {
        Options {
            devices: self.devices,
            seed: self.seed,
            faults: self.faults,
            speed: self.speed,
            listen,
            ..Options::default()
        }
    }
}

/// What ends the program before or after the console, in words.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// There is no terminal to draw on.
    #[error("this is a console and needs a terminal: {0} is none. `offramp --help` says what else it does.")]
    NoTerminal(&'static str),
    /// The machine would not do it.
    #[error("{what}: {error}")]
    System { what: &'static str, error: std::io::Error },
}

impl Failure {
    fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::NoTerminal(_) => ExitCode::from(USAGE),
            Self::System { .. } => ExitCode::FAILURE,
        }
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&format!("offramp: {}", safe(&failure.to_string())));
            failure.code()
        }
    }
}

/// What goes past the console is text as well: the command line may have been pasted from anywhere.
fn safe(text: &str) -> String {
    text.lines().map(|line| SafeText::bounded(line, 2_000).to_string()).collect::<Vec<_>>().join("\n")
}

/// Writes a line to the standard output, where a reader may have gone (`| head`) or a disk be full: an end in words.
fn say(words: &str) -> std::io::Result<()> {
    match writeln!(std::io::stdout(), "{words}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

/// Writes a line to the standard error; if nobody listens there, the exit code has to say it.
fn complain(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}"); // there is nowhere left to say that it failed
}

fn usage(error: &clap::Error) -> ExitCode {
    let words = safe(&error.to_string());
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match say(&words) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(&format!("offramp: {error}"));
                ExitCode::FAILURE
            }
        };
    }
    complain(&words);
    ExitCode::from(USAGE)
}

fn run(cli: Cli) -> Result<(), Failure> {
    let usage = |words: String| Failure::Usage(words);
    match cli.command {
        Some(Sub::Emulate { listen, simulated }) => {
            check_speed(simulated.speed).map_err(|error| usage(error.to_string()))?;
            if !listen.ip().is_loopback() {
                return Err(usage(format!(
                    "--listen takes loopback only: {listen} could be reached by others"
                )));
            }
            emulate(simulated.options(listen))
        }
        Some(Sub::Demo(simulated)) => {
            let state = tempfile::Builder::new()
                .prefix("offramp-demo-")
                .tempdir()
                .map_err(|error| Failure::System { what: "no directory for the demo's journal", error })?;
            let options = simulated.options(Options::default().listen);
            let config = Config::demo(options, state.path().to_owned());
            console(config.map_err(|error| usage(error.to_string()))?)
        }
        None => {
            let config = Config::resolve(cli.api_url.as_deref(), cli.speed, |name| std::env::var_os(name));
            console(config.map_err(|error| usage(error.to_string()))?)
        }
    }
}

fn tasks() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::System { what: "no thread to work on", error })
}

/// Serves a simulated tenant until it is told to end.
fn emulate(options: Options) -> Result<(), Failure> {
    let speed = options.speed;
    tasks()?.block_on(async {
        let emulator = Emulator::start(options)
            .await
            .map_err(|error| Failure::System { what: "the simulated tenant did not start", error })?;
        let mut command: Vec<String> =
            emulator.environment().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        command.push("offramp".into());
        if speed > 1.0 {
            command.push(format!("--speed {speed}"));
        }
        let (url, command) = (emulator.url(), command.join(" "));
        say(&format!(
            "A simulated tenant listens on {url}. Point offramp at it with:\n\n  {command}\n\n^c ends it."
        ))
        .map_err(|error| Failure::System { what: "the command was not said", error })?;
        signals::asked_to_end().await;
        Ok(())
    })
}

/// Runs the console until it is left.
fn console(config: Config) -> Result<(), Failure> {
    for (name, is_terminal) in [
        ("standard input", std::io::stdin().is_terminal()),
        ("standard output", std::io::stdout().is_terminal()),
    ] {
        if !is_terminal {
            return Err(Failure::NoTerminal(name));
        }
    }
    let tasks = tasks()?;
    let lookup: Lookup = Arc::new(|name: &str| std::env::var_os(name));
    let failed = |error| Failure::System { what: "the terminal cannot be used", error };
    let ending = tasks.block_on(async {
        let mut screen = terminal::enter().map_err(failed)?;
        let size = screen.size().map_err(failed)?;
        let theme = Theme::new(Depth::detect(|name| lookup(name)?.into_string().ok()));
        let mut shared = Shared::new(theme, Rect::new(0, 0, size.width, size.height), Timestamp::now());
        shared.who = runtime::who_before(&config, &lookup);
        shared.operator = runtime::operator();
        shared.host_name = runtime::host_name();
        let mut app = App::new(shared);
        let (messages, mut inbox) = tokio::sync::mpsc::channel(runtime::MESSAGES_MAX);
        signals::listen(messages.clone());
        let mut world = Runtime::new(config, lookup, messages, tokio::runtime::Handle::current());
        let mut input = event_loop::terminal_events();
        let ending = event_loop::run(&mut screen, &mut app, &mut input, &mut inbox, &mut world).await;
        Ok(ending)
    });
    terminal::leave();
    // Whatever still runs is a read of the service: nobody waits for it.
    tasks.shutdown_background();
    if ending? == Ending::Demo {
        let this = std::env::current_exe().map_err(|error| Failure::System { what: "the demo", error })?;
        let error = Command::new(this).arg(OsString::from("demo")).exec();
        return Err(Failure::System { what: "the demo did not start", error });
    }
    Ok(())
}
