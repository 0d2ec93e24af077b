//! Runs effects in the background and answers with messages. The only file of the console that knows the service, the
//! engine and tokio.

use std::ffi::OsString;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::effect::Effect;
use super::event_loop::World;
use super::msg::{Msg, Setting, SettingValue, Who};
use super::trouble::{Doing, Trouble};
use crate::config::{Config, Target};
use crate::defender::{
    ApiBase, Client, ClientConfig, Cloud, Identity, ServiceError, SignIn, SignInFound, SignInWay, Variable,
    VariableState,
};
use crate::domain::SafeText;
use crate::emulator::Emulator;
use crate::offboard::view::Status;
use crate::offboard::{Decision, Offboarding, Operator, Setup};

/// Messages that may wait: a page is one message, so this is far more than a tenant sends.
pub const MESSAGES_MAX: usize = 256;

/// The world of the real program.
pub struct Runtime {
    config: Config,
    lookup: Lookup,
    messages: mpsc::Sender<Msg>,
    tasks: Handle,
    session: Session,
    engine: Offboarding,
    /// The list that is being asked for: an older one stops when it finds another number here.
    wanted_list: Arc<Mutex<u64>>,
    started: (Instant, Timestamp),
}

/// Looks a variable of the environment up.
pub type Lookup = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// What a sign-in gave, shared by the effects that run.
type Session = Arc<Mutex<Option<Client>>>;

impl Runtime {
    /// Starts the engine, which opens its journal on a thread of its own: the first paint waits for nobody.
    pub fn new(config: Config, lookup: Lookup, messages: mpsc::Sender<Msg>, tasks: Handle) -> Self {
        let person = |name: &str| lookup(name).map(|value| SafeText::new(&value.to_string_lossy()));
        let engine = Offboarding::start(Setup {
            state_dir: config.state_dir.clone(),
            speed: config.speed,
            operator: Operator {
                name: operator(),
                sudo_user: person("SUDO_USER"),
                login_uid: login_uid(),
                ssh_connection: person("SSH_CONNECTION"),
            },
        });
        tasks.spawn(forward_status(engine.status(), messages.clone()));
        Self {
            config,
            lookup,
            messages,
            tasks,
            session: Session::default(),
            engine,
            wanted_list: Arc::default(),
            started: (Instant::now(), Timestamp::now()),
        }
    }

    fn spawn(&self, answer: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(answer);
    }

    /// Signs in and lists, from nothing.
    fn connect(&self, list: u64) {
        self.want(list);
        let (config, lookup, messages) =
            (self.config.clone(), Arc::clone(&self.lookup), self.messages.clone());
        let (session, wanted) = (Arc::clone(&self.session), Arc::clone(&self.wanted_list));
        let (engine, speed) = (self.engine.clone(), self.config.speed);
        self.spawn(async move {
            let (client, identity, who) = match sign_in(config, lookup).await {
                Ok(signed_in) => signed_in,
                Err(NotSignedIn::Missing(settings)) => return send(&messages, Msg::NoSignIn(settings)).await,
                Err(NotSignedIn::Failed(trouble)) => {
                    return send(&messages, Msg::SignInFailed(trouble)).await;
                }
            };
            *session.lock().expect("no panic while it is held") = Some(client.clone());
            engine.signed_in(client.clone(), identity);
            send(&messages, Msg::SignedIn(who)).await;
            Asking { client, list, doing: Doing::Listing, speed, wanted, messages }.all().await;
        });
    }

    fn list(&self, list: u64) {
        self.want(list);
        let client = self.session.lock().expect("no panic while it is held").clone();
        let (messages, wanted) = (self.messages.clone(), Arc::clone(&self.wanted_list));
        if let Some(client) = client {
            let (doing, speed) = (Doing::Refreshing, self.config.speed);
            self.spawn(Asking { client, list, doing, speed, wanted, messages }.all());
        }
    }

    /// What the engine is asked for; each has one answer.
    fn ask_engine(&self, effect: Effect) {
        let (engine, messages) = (self.engine.clone(), self.messages.clone());
        self.spawn(async move {
            let answer = match effect {
                Effect::NameRun => Msg::RunName(engine.run_name().await),
                Effect::RecentComments => Msg::RecentComments(engine.recent_comments().await),
                Effect::Confirm(plan) => Msg::Confirmed(engine.confirm(plan).await),
                Effect::Machines(run) => Msg::Machines { run, machines: engine.machines(run).await },
                Effect::Stop(run) => Msg::Wished(engine.stop(run).await),
                Effect::GoOn { run, left } => Msg::Wished(engine.go_on(run, left).await),
                Effect::CancelQueued(run) => Msg::Wished(engine.cancel_queued(run).await),
                Effect::Decide { run, machine, send_again } => {
                    let decision = if send_again { Decision::SendAgain } else { Decision::Leave };
                    Msg::Wished(engine.decide(run, &machine, decision).await)
                }
                Effect::EndEngine => {
                    engine.shut_down().await;
                    Msg::EngineEnded
                }
                // The loop's own, and what `perform` has taken already.
                Effect::Connect { .. }
                | Effect::List { .. }
                | Effect::OpenDemo
                | Effect::Redraw
                | Effect::TakeTerminal
                | Effect::Leave => {
                    return;
                }
            };
            send(&messages, answer).await;
        });
    }

    fn want(&self, list: u64) {
        *self.wanted_list.lock().expect("no panic while it is held") = list;
    }
}

impl World for Runtime {
    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Connect { list } => self.connect(list),
            Effect::List { list } => self.list(list),
            Effect::TakeTerminal => super::terminal::take_again(),
            effect => self.ask_engine(effect),
        }
    }

    fn now(&self) -> Timestamp {
        let elapsed = self.started.0.elapsed().as_secs_f64() * self.config.speed;
        let ms = self.started.1.as_millisecond() + (elapsed * 1_000.0) as i64;
        Timestamp::from_millisecond(ms).unwrap_or(self.started.1)
    }

    fn terminal_lost(&mut self) {
        super::signals::quiet_terminal();
    }

    fn until(&self, at: Timestamp) -> Duration {
        let ms = (at.as_millisecond() - self.now().as_millisecond()).max(0) as f64;
        // One millisecond more: a timer that fires too early would find nothing to do and be set again.
        Duration::from_secs_f64(ms / self.config.speed / 1_000.0) + Duration::from_millis(1)
    }
}

/// Every change of the engine's status becomes a message.
async fn forward_status(mut status: watch::Receiver<Arc<Status>>, messages: mpsc::Sender<Msg>) {
    loop {
        let now = Arc::clone(&status.borrow_and_update());
        send(&messages, Msg::Status(now)).await;
        if status.changed().await.is_err() {
            return;
        }
    }
}

/// The uid under which the person logged in, whatever `su` and `sudo` made of it since. No number: unknown.
fn login_uid() -> Option<SafeText> {
    let text = std::fs::read_to_string("/proc/self/loginuid").ok()?;
    let uid: u32 = text.trim().parse().ok()?;
    (uid != u32::MAX).then(|| SafeText::new(&uid.to_string()))
}

/// The console has ended if nobody takes a message any more.
async fn send(messages: &mpsc::Sender<Msg>, message: Msg) {
    let _ = messages.send(message).await;
}

enum NotSignedIn {
    Missing(Vec<Setting>),
    Failed(Trouble),
}

async fn sign_in(config: Config, lookup: Lookup) -> Result<(Client, Identity, Who), NotSignedIn> {
    let failed = |error: ServiceError| NotSignedIn::Failed(Trouble::of(Doing::SigningIn, &error));
    let speed = config.speed;
    let (api_base, sign_in, tenant, demo) = match config.target {
        Target::Service { api_base } => {
            let sign_in = match SignInFound::look(&api_base, |name| lookup(name)) {
                SignInFound::Ready(sign_in) => sign_in,
                SignInFound::Missing(variables) => return Err(NotSignedIn::Missing(settings(&variables))),
            };
            (api_base, sign_in, SignInFound::tenant(|name| lookup(name)), false)
        }
        Target::Demo(options) => {
            let (api_base, sign_in, tenant) = start_demo(*options).await.map_err(NotSignedIn::Failed)?;
            (api_base, sign_in, tenant, true)
        }
    };
    // A domain is proved by signing in to it; beside a token it is only what somebody set.
    let proved = tenant.clone().filter(|_| matches!(sign_in, SignIn::ClientSecret { .. }));
    let configured = ClientConfig { tenant: tenant.clone(), speed, ..ClientConfig::new(api_base, sign_in) };
    let client = tokio::task::spawn_blocking(move || Client::new(configured))
        .await
        .expect("building a client does not panic")
        .map_err(failed)?;
    let identity = client.sign_in().await.map_err(failed)?;
    let who = who(client.api_base(), &identity, proved.as_deref(), speed, demo);
    Ok((client, identity, who))
}

/// The simulated tenant of this process, started once and kept until the process ends.
async fn start_demo(options: crate::emulator::Options) -> Result<(ApiBase, SignIn, Option<String>), Trouble> {
    static DEMO: tokio::sync::OnceCell<Emulator> = tokio::sync::OnceCell::const_new();
    let trouble = |why: String| Trouble {
        what: "The simulated tenant did not start.".into(),
        short: format!("The simulated tenant did not start: {why}"),
        why,
        todo: "Start the demo again.".into(),
        of_list: true,
        of_sign_in: false,
    };
    let emulator = DEMO
        .get_or_try_init(|| Emulator::start(options))
        .await
        .map_err(|error| trouble(SafeText::new(&error.to_string()).to_string()))?;
    let environment = emulator.environment();
    let lookup =
        |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    let api_base = ApiBase::parse(&emulator.url()).map_err(|error| trouble(error.to_string()))?;
    match SignInFound::look(&api_base, lookup) {
        SignInFound::Ready(sign_in) => Ok((api_base, sign_in, Some(emulator.domain().to_owned()))),
        SignInFound::Missing(_) => Err(trouble("its environment names no way to sign in".into())),
    }
}

/// The person at this host: the operating system's name of whoever runs the program, not a variable that anyone sets.
pub fn operator() -> SafeText {
    let name = whoami::username().unwrap_or_default();
    // One word in the mark, whatever the directory calls people.
    let word: String = name.split_whitespace().collect::<Vec<_>>().join("_");
    SafeText::bounded(if word.is_empty() { "unknown" } else { &word }, 32)
}

/// This host's name, for "runs of HOST".
pub fn host_name() -> SafeText {
    SafeText::bounded(&whoami::hostname().unwrap_or_else(|_| "this host".into()), 63)
}

/// The header's words before anything was answered.
pub fn who_before(config: &Config, lookup: &Lookup) -> Who {
    match &config.target {
        Target::Demo(_) => Who {
            tenant: crate::emulator::DOMAIN.into(),
            cloud: "simulated".into(),
            acts: "demo".into(),
            badges: badges(None, config.speed, true),
            demo: true,
            ..Who::default()
        },
        Target::Service { api_base } => match SignInFound::look(api_base, |name| lookup(name)) {
            SignInFound::Missing(_) => {
                Who { tenant: "offramp".into(), acts: "not signed in".into(), ..Who::default() }
            }
            SignInFound::Ready(_) => {
                let tenant = SignInFound::tenant(|name| lookup(name)).filter(|tenant| !is_guid(tenant));
                let (cloud, cloud_short) = cloud_words(&api_base.cloud());
                Who {
                    tenant: tenant.map_or_else(|| "signing in".into(), |tenant| SafeText::new(&tenant)),
                    cloud,
                    cloud_short,
                    badges: badges(Some(api_base), config.speed, false),
                    host: SafeText::new(api_base.host()),
                    ..Who::default()
                }
            }
        },
    }
}

fn who(api_base: &ApiBase, identity: &Identity, configured: Option<&str>, speed: f64, demo: bool) -> Who {
    let (cloud, cloud_short) =
        if demo { ("simulated".into(), SafeText::default()) } else { cloud_words(&api_base.cloud()) };
    let tenant = match (configured, &identity.tenant_id) {
        (Some(domain), _) if !is_guid(domain) => SafeText::new(domain),
        (_, Some(id)) => SafeText::bounded(id.as_str().get(..8).unwrap_or(id.as_str()), 8),
        (Some(id), None) => SafeText::bounded(id.get(..8).unwrap_or(id), 8),
        (None, None) => "tenant unknown".into(),
    };
    let acts =
        identity.person.clone().or_else(|| identity.app_name.clone()).or_else(|| identity.app_id.clone());
    let mut badges = badges((!demo).then_some(api_base), speed, demo);
    let may_offboard = identity.may_offboard();
    if may_offboard == Some(false) {
        badges.insert(0, "READ-ONLY".into());
    }
    Who {
        tenant,
        cloud,
        cloud_short,
        acts: acts.unwrap_or_else(|| "unknown app".into()),
        badges,
        may_offboard,
        person: identity.person.is_some(),
        host: SafeText::new(api_base.host()),
        permissions: identity.roles.clone().unwrap_or_default(),
        demo,
    }
}

fn badges(api_base: Option<&ApiBase>, speed: f64, demo: bool) -> Vec<SafeText> {
    let mut out: Vec<SafeText> = Vec::new();
    if demo {
        out.push("DEMO".into());
    }
    if let Some(api_base) = api_base {
        if api_base.is_loopback() {
            out.push("LOCAL".into());
        } else if !api_base.is_microsoft() {
            out.push(SafeText::new(&format!("API NOT MICROSOFT: {}", api_base.host())));
        }
    }
    if speed > 1.0 {
        out.push(SafeText::new(&format!("TIME ×{speed}")));
    }
    out
}

/// `commercial eu`, and `eu` where there is little room.
fn cloud_words(cloud: &Cloud) -> (SafeText, SafeText) {
    let short = match cloud {
        Cloud::Commercial | Cloud::Local | Cloud::Other => SafeText::default(),
        Cloud::CommercialRegion(region) => region.clone(),
        other => SafeText::new(&other.to_string()),
    };
    (SafeText::new(&cloud.to_string()), short)
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn settings(variables: &[Variable]) -> Vec<Setting> {
    let any_set = |way: SignInWay| {
        variables.iter().any(|variable| variable.way == way && variable.state != VariableState::NotSet)
    };
    variables
        .iter()
        .map(|variable| Setting {
            name: variable.name,
            way: match variable.way {
                SignInWay::Token => "A token you already have",
                SignInWay::ClientSecret => "An app's secret (all three)",
            },
            value: match &variable.state {
                VariableState::NotSet if variable.way == SignInWay::ClientSecret && any_set(variable.way) => {
                    SettingValue::Missing
                }
                VariableState::NotSet => SettingValue::NotSet,
                VariableState::Set(shown) => SettingValue::Set(shown.clone()),
                VariableState::Malformed(why) => SettingValue::Wrong((*why).into()),
            },
        })
        .collect()
}

/// How often a list waits for a limit of the service before it breaks off.
const LIST_WAITS_MAX: u32 = 3;
/// A wait that the service asks for without saying how long (reference, section 7).
const WAIT: Duration = Duration::from_secs(60);

/// A list of machines on its way.
struct Asking {
    client: Client,
    /// Its number.
    list: u64,
    doing: Doing,
    speed: f64,
    /// Another number here: it is not wanted any more.
    wanted: Arc<Mutex<u64>>,
    messages: mpsc::Sender<Msg>,
}

impl Asking {
    /// Asks for all machines; ends early when another list is wanted.
    async fn all(self) {
        let list = self.list;
        let mut pages = self.client.machines();
        let (mut unreadable, mut came, mut waits) = (0, 0, 0);
        while let Some(page) = pages.next().await {
            if *self.wanted.lock().expect("no panic while it is held") != list {
                return;
            }
            let page = match page {
                Ok(page) => page,
                Err(ServiceError::Busy { retry_after, .. }) if waits < LIST_WAITS_MAX => {
                    waits += 1;
                    tokio::time::sleep(retry_after.unwrap_or(WAIT).div_f64(self.speed)).await;
                    continue;
                }
                Err(error) => {
                    let doing = match self.doing {
                        Doing::Listing if came > 0 => Doing::ListingTheRest,
                        doing => doing,
                    };
                    let trouble = Trouble::of(doing, &error);
                    return send(&self.messages, Msg::ListFailed { list, trouble }).await;
                }
            };
            unreadable += page.unreadable;
            came += page.machines.len();
            let message = Msg::Page {
                list,
                machines: page.machines,
                unreadable,
                checking_the_end: page.checking_the_end,
                at: page.date.unwrap_or_else(Timestamp::now),
            };
            send(&self.messages, message).await;
        }
        send(&self.messages, Msg::ListEnded { list }).await;
    }
}
