//! A simulated tenant, served over real HTTP: for the demo, and for every test that needs a service.
//!
//! It is written from the API reference (`defender-api.md`, whose sections the comments name) and from nothing else.
//! It shares no type with the client, so that the two check each other: change it when the reference changes, never
//! to please the client.
//!
//! - `server`: HTTP, waiting, cutting · `tenant`: one call from arrival to ending · `route`, `log`, `reply` · `token`:
//!   sign-in
//! - `machines`, `actions`: the API's calls · `limits`: the two windows · `filter`, `query`: `OData`
//! - `company`, `population`, `properties`, `machine`: who is in the tenant · `action`: the life of a machine action
//! - `faults`, `hostile`, `switches`: how it can be made unkind · `clock`, `dice`: its time and its chance

mod action;
mod actions;
mod clock;
mod company;
mod dice;
mod faults;
mod filter;
mod hostile;
mod limits;
mod log;
mod machine;
mod machines;
mod population;
mod properties;
mod query;
mod reply;
mod route;
mod server;
mod switches;
mod tenant;
mod token;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use faults::{Faults, Scripted};
pub use switches::{Counted, EmptyList, Links, RetryAfter, SecondCall, Switches};

use clock::Clock;
use server::Shared;
use tenant::Tenant;

/// The tenant's domain; `.example` is nobody's (RFC 2606).
pub const DOMAIN: &str = "fabrikam.example";
/// The display name of the tenant's one application.
const APP_NAME: &str = "demo";

/// What tenant to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many machines are drawn, besides those given by hand.
    pub devices: usize,
    /// The same seed gives the same tenant: machines, ids, secrets, fates, faults.
    pub seed: u64,
    /// How unkind it is.
    pub faults: Faults,
    /// How many times faster than the wall's its time runs; more than 0.
    pub speed: f64,
    /// Where to listen: loopback only, port 0 for a free one.
    pub listen: SocketAddr,
    /// Everything that a test can turn.
    pub switches: Switches,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            devices: 2_500,
            seed: 1,
            faults: Faults::None,
            speed: 1.0,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            switches: Switches::default(),
        }
    }
}

/// One of the tenant's APIs; each has its own limits (reference, sections 3, 4, 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Api {
    /// The sign-in host's token endpoint.
    Token,
    /// The machine list.
    Machines,
    /// One machine.
    Machine,
    /// Offboard.
    Offboard,
    /// The list of machine actions.
    MachineActions,
    /// One machine action.
    MachineAction,
    /// Cancel.
    Cancel,
    /// Anything else: an unknown path, a wrong method.
    Other,
}

/// One call, as the tenant counted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it was counted: milliseconds of the tenant since its start.
    pub at: u64,
    /// Which API it was for.
    pub api: Api,
    /// The HTTP method.
    pub method: String,
    /// The path as sent, without the query.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: String,
    /// What was answered; `None` if the connection was dropped, cut in the answer, or is still open.
    pub status: Option<u16>,
    /// The machine that the path names.
    pub machine_id: Option<String>,
    /// The action that this call created.
    pub action_id: Option<String>,
}

/// A running tenant. Dropping it stops the server and ends every call that still waits.
pub struct Emulator {
    shared: Arc<Shared>,
    url: String,
    tenant_id: String,
    client_id: String,
    client_secret: String,
    stop: watch::Sender<bool>,
}

impl Emulator {
    /// Starts a tenant inside the running tokio runtime.
    ///
    /// Fails if the address cannot be bound or is not loopback (tokens are not signed: nobody else shall reach it),
    /// if the speed is not a positive number, or if there are more than 2³² machines.
    pub async fn start(options: Options) -> io::Result<Emulator> {
        let invalid = |words: &str| io::Error::new(io::ErrorKind::InvalidInput, words.to_owned());
        if !options.listen.ip().is_loopback() {
            return Err(invalid("a simulated tenant listens on loopback only"));
        }
        if !options.speed.is_finite() || options.speed <= 0.0 {
            return Err(invalid("the speed must be a positive number"));
        }
        let devices = u32::try_from(options.devices).map_err(|_| invalid("too many machines"))?;

        let listener = TcpListener::bind(options.listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let clock = Clock::starting_now(options.speed);
        let tenant =
            Tenant::new(options.seed, options.faults, devices, options.switches, url.clone(), clock.start());
        let (stop, stopped) = watch::channel(false);
        let emulator = Emulator {
            url,
            tenant_id: tenant.identity.tenant_id.clone(),
            client_id: tenant.identity.client_id.clone(),
            client_secret: tenant.identity.secret.clone(),
            shared: Arc::new(Shared::new(clock, tenant, stopped)),
            stop,
        };
        tokio::spawn(server::serve(listener, Arc::clone(&emulator.shared)));
        Ok(emulator)
    }

    /// `http://127.0.0.1:PORT`: both the API's base and the sign-in host.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The tenant's GUID.
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The tenant's domain; the token endpoint knows the tenant by it too.
    pub fn domain(&self) -> &str {
        DOMAIN
    }

    /// The application's id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The application's secret; it opens nothing but this simulation.
    pub fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// The application's display name: the `requestor` of its actions.
    pub fn app_name(&self) -> &str {
        APP_NAME
    }

    /// The environment that points `offramp` at this tenant.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("OFFRAMP_API_URL", self.url.clone()),
            ("AZURE_AUTHORITY_HOST", self.url.clone()),
            ("AZURE_TENANT_ID", self.tenant_id.clone()),
            ("AZURE_CLIENT_ID", self.client_id.clone()),
            ("AZURE_CLIENT_SECRET", self.client_secret.clone()),
        ]
    }

    /// A token as the token endpoint would give it now, without asking over HTTP.
    pub fn access_token(&self) -> String {
        self.access_token_with(|_| {})
    }

    /// The same, after `change` has altered its claims.
    pub fn access_token_with(&self, change: impl FnOnce(&mut Map<String, Value>)) -> String {
        self.shared.tenant().issue(self.shared.clock.now(), token::RESOURCE, change).0
    }

    /// From now on every token given out before is refused with 401.
    pub fn withdraw_tokens(&self) {
        let mut tenant = self.shared.tenant();
        tenant.tokens_withdrawn = tenant.tokens_given;
    }

    /// Every call so far, in the order in which they were counted.
    pub fn log(&self) -> Vec<Call> {
        self.settled().calls()
    }

    /// The offboard actions that exist and that calls created: machine id, action id, comment, and when they were
    /// created (milliseconds of the tenant since its start), oldest first.
    pub fn offboard_actions(&self) -> Vec<(String, String, String, u64)> {
        let start = self.shared.clock.start();
        let tenant = self.settled();
        let of_calls =
            tenant.actions.iter().filter(|it| it.r#type == action::OFFBOARD && it.created >= start);
        of_calls
            .map(|it| (it.machine_id.clone(), it.id.clone(), it.comment.clone(), it.created.ms_since(start)))
            .collect()
    }

    /// The most calls of an API that any sliding window of this length held. A call leaves the window when exactly
    /// its length has passed, as at the limits.
    pub fn busiest(&self, api: Api, window_ms: u64) -> usize {
        let calls: Vec<u64> = self.log().iter().filter(|call| call.api == api).map(|call| call.at).collect();
        let mut first = 0;
        let mut most = 0;
        for (last, at) in calls.iter().enumerate() {
            while calls[first] + window_ms <= *at {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most
    }

    /// Changes switches while the tenant runs.
    pub fn set_switches(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.shared.tenant().switches);
    }

    /// Counts calls of this API that somebody else made with the same application (reference, section 8: another
    /// consumer that spends from the same window). They are not in the [`log`](Emulator::log).
    pub fn spend(&self, api: Api, calls: usize) {
        self.settled().spend(self.shared.clock.now(), api, calls);
    }

    /// Moves the tenant's clock ahead, for what takes days. Whoever waits on another clock does not notice.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// The tenant's present, in milliseconds since its start.
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now().ms_since(self.shared.clock.start())
    }

    /// The tenant after what was under way and is due has arrived.
    fn settled(&self) -> std::sync::MutexGuard<'_, Tenant> {
        let mut tenant = self.shared.tenant();
        tenant.settle(self.shared.clock.now());
        tenant
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Nobody listening means that the runtime is gone, and the server with it.
        let _ = self.stop.send(true);
    }
}
