//! [`Client`]: the calls. Reads are asked again where that can help (a newer token, a gateway's hiccup); a POST is
//! sent once, whatever comes of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::auth::{Generation, Held, Identity, SignIn, Tokens};
use super::cloud::ApiBase;
use super::error::ServiceError;
use super::hidden::Hidden;
use super::http::{self, Answer, Use, Way};
use super::odata::ActionQuery;
use super::outcome::{self, Answered, OffboardOutcome};
use super::pace::Pace;
use super::paging::{self, Listing, MachineList};
use super::{json, wire};
use crate::domain::{ActionId, Comment, Machine, MachineAction, MachineId, Offboardable, SafeText};

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOuts {
    /// Name, connection and encryption.
    pub connect: Duration,
    /// A whole sign-in.
    pub sign_in: Duration,
    /// A whole offboard or cancel call (engine, section 2).
    pub post: Duration,
    /// A whole page of a list.
    pub list: Duration,
}

impl Default for TimeOuts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            sign_in: Duration::from_secs(30),
            post: Duration::from_secs(60),
            list: Duration::from_secs(120),
        }
    }
}

/// How much an answer may hold, unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of a page of a list. A recorded machine has about 1.3 KB: 10,000 of them are a fifth of it.
    pub page_bytes: usize,
    /// Bytes of any other answer.
    pub answer_bytes: usize,
    /// Rows of one list, all its pages together.
    pub rows: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { page_bytes: 64 << 20, answer_bytes: 4 << 20, rows: 4_000_000 }
    }
}

/// When a read is asked again, in the service's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// Before the second and third try of a read that a gateway did not answer.
    pub gateway: Duration,
    /// Before a machine's first 404 is asked about once more.
    pub not_found: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { gateway: Duration::from_secs(1), not_found: Duration::from_secs(1) }
    }
}

/// Everything that a client has to be told.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Where the API is.
    pub api_base: ApiBase,
    /// Where the token comes from.
    pub sign_in: SignIn,
    /// The tenant that is configured beside a token; a GUID is compared with what the token says.
    pub tenant: Option<String>,
    /// How long things may take.
    pub time_outs: TimeOuts,
    /// How much an answer may hold.
    pub bounds: Bounds,
    /// When a read is asked again.
    pub pauses: Pauses,
    /// How many times faster the service's time runs than ours: a simulated tenant's, so it counts with loopback only.
    pub speed: f64,
}

impl ClientConfig {
    /// With the defaults for everything else.
    pub fn new(api_base: ApiBase, sign_in: SignIn) -> Self {
        Self {
            api_base,
            sign_in,
            tenant: None,
            time_outs: TimeOuts::default(),
            bounds: Bounds::default(),
            pauses: Pauses::default(),
            speed: 1.0,
        }
    }
}

/// The service, signed in to or about to be. Clones share everything.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    api_base: ApiBase,
    way: Way,
    tokens: Tokens,
    hidden: Arc<Hidden>,
    post: reqwest::Client,
    read: reqwest::Client,
    time_outs: TimeOuts,
    bounds: Bounds,
    pauses: Pauses,
    speed: f64,
    machines_pace: Pace,
    machine_pace: Pace,
    actions_pace: Pace,
    cancel_pace: Pace,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("host", &self.0.api_base.host())
            .field("generation", &self.0.tokens.generation())
            .finish_non_exhaustive()
    }
}

/// How often a read is tried that a gateway did not answer.
const READ_TRIES_MAX: u32 = 3;
/// Faster, an hour of the simulated tenant would be shorter than a call to it.
const SPEED_MAX: f64 = 100_000.0;
/// A read that would have to wait longer for the limit says so instead.
const PATIENCE: Duration = Duration::from_secs(30);

impl Client {
    /// Builds the HTTP clients: 5 ms, so not on a thread that draws. Sends nothing.
    pub fn new(config: ClientConfig) -> Result<Self, ServiceError> {
        let ClientConfig { api_base, sign_in, tenant, time_outs, bounds, pauses, speed } = config;
        let place = api_base.place();
        let speed = if place.loopback && speed.is_finite() { speed.clamp(1.0, SPEED_MAX) } else { 1.0 };
        let post = http::client(place, Use::Post, time_outs.connect)?;
        let read = http::client(place, Use::Read, time_outs.connect)?;
        let to_sign_in = match &sign_in {
            SignIn::ClientSecret { authority, .. } => {
                let there = authority.place();
                let alike = (there.loopback, there.encrypted) == (place.loopback, place.encrypted);
                let http =
                    if alike { read.clone() } else { http::client(there, Use::Read, time_outs.connect)? };
                Some((http, Way::to(there, |name| std::env::var_os(name))))
            }
            SignIn::Token(_) | SignIn::TokenFile(_) => None,
        };
        let hidden = Arc::new(Hidden::default());
        let scope = api_base.scope().to_owned();
        let tokens = Tokens::new(sign_in, scope, tenant, to_sign_in, time_outs.sign_in, Arc::clone(&hidden));
        let paced = || Pace::new(speed);
        Ok(Self(Arc::new(Inner {
            way: Way::to(place, |name| std::env::var_os(name)),
            tokens,
            hidden,
            post,
            read,
            time_outs,
            bounds,
            pauses,
            speed,
            machines_pace: paced(),
            machine_pace: paced(),
            actions_pace: paced(),
            cancel_pace: paced(),
            api_base,
        })))
    }

    /// Where the API is.
    pub fn api_base(&self) -> &ApiBase {
        &self.0.api_base
    }

    /// Whether a proxy may stand between us and the API: then a call may travel on for longer after we gave it up
    /// (engine, A1).
    pub fn may_go_through_proxy(&self) -> bool {
        self.0.way.proxy.is_some()
    }

    /// Who we are, once signed in.
    pub fn identity(&self) -> Option<Identity> {
        self.0.tokens.held().map(|held| held.identity.clone())
    }

    /// Obtains a token if there is none yet, or if the one in use is about to end. It is checked before anything is
    /// sent with it.
    pub async fn sign_in(&self) -> Result<Identity, ServiceError> {
        self.0.tokens.bearer().await.map(|held| held.identity.clone())
    }

    /// A newer token than the spent one: the one in use if it is newer, else a fresh one. Asked for once, however
    /// many ask.
    pub async fn renew(&self, spent: Generation) -> Result<Identity, ServiceError> {
        self.0.tokens.renew(spent).await.map(|held| held.identity.clone())
    }

    /// All machines of the tenant, page by page.
    pub fn machines(&self) -> MachineList {
        MachineList::new(self.clone())
    }

    /// One machine; nothing if there is none of this id. A 404 comes and goes for the same machine (reference,
    /// section 6), so the first one is asked about again.
    pub async fn machine(&self, id: &MachineId) -> Result<Option<Machine>, ServiceError> {
        let url = self.url(&format!("machines/{id}"));
        for is_last in [false, true] {
            let answer = self.read(&url, &self.0.machine_pace, self.0.bounds.answer_bytes).await?;
            if answer.status == 404 && answer.refused(&self.0.hidden).is_some() {
                if !is_last {
                    self.pause(self.0.pauses.not_found).await;
                }
                continue;
            }
            let machine = self.one(&answer, wire::machine, "it is no machine")?;
            // The service takes a computer's name in an id's place.
            if machine.id != *id {
                return Err(answer.unreadable("it is another machine", &self.0.hidden));
            }
            return Ok(Some(machine));
        }
        Ok(None)
    }

    /// One POST, never repeated: what came of it is the engine's to judge.
    pub async fn offboard(&self, machine: &Offboardable, comment: &Comment) -> Answered<OffboardOutcome> {
        let path = format!("machines/{}/offboard", machine.id());
        let held = match self.0.tokens.bearer().await {
            Ok(held) => held,
            Err(error) => {
                let generation = self.0.tokens.generation();
                return Answered { value: OffboardOutcome::NotSent(error), date: None, generation };
            }
        };
        let generation = held.identity.generation;
        match self.post(&path, comment, &held).await {
            Ok(answer) => Answered {
                value: outcome::of_answer(&answer, machine.id(), &self.0.hidden),
                date: answer.date_of_service(&self.0.hidden),
                generation,
            },
            Err(failed) => Answered { value: outcome::of_failure(failed), date: None, generation },
        }
    }

    /// One read of the machine actions, all its pages.
    pub async fn actions(&self, query: &ActionQuery) -> Result<Listing, ServiceError> {
        paging::actions(self, query).await
    }

    /// Cancels an action that is not final. One POST, never repeated.
    pub async fn cancel(&self, id: &ActionId, comment: &Comment) -> Result<MachineAction, ServiceError> {
        let held = self.0.tokens.bearer().await?;
        let _turn = self.turn(&self.0.cancel_pace).await?;
        let path = format!("machineactions/{id}/cancel");
        let answer = self.post(&path, comment, &held).await.map_err(|failed| failed.error)?;
        if answer.status == 429 {
            self.0.cancel_pace.pause(answer.retry_after);
        }
        self.one(&answer, wire::action, "it is no machine action")
    }

    async fn post(&self, path: &str, comment: &Comment, held: &Held) -> Result<Answer, http::Failed> {
        use secrecy::ExposeSecret as _;
        let request = self
            .0
            .post
            .post(self.url(path))
            .timeout(self.0.time_outs.post)
            .bearer_auth(held.token.expose_secret())
            // Case-sensitive by the reference, section 4.
            .json(&serde_json::json!({ "Comment": comment.as_sent() }));
        http::send(request, &self.0.way, self.0.bounds.answer_bytes).await
    }

    /// Reads one page of a list.
    pub(super) async fn read_list(
        &self,
        list: &str,
        query: &str,
        pace: &Pace,
    ) -> Result<Answer, ServiceError> {
        let url = format!("{}?{query}", self.url(list));
        self.read(&url, pace, self.0.bounds.page_bytes).await
    }

    /// Asks, and asks again with a newer token after a 401, and up to three times where a gateway or a lost
    /// connection stands in for an answer. What comes back may still be a refusal.
    async fn read(&self, url: &str, pace: &Pace, bytes_max: usize) -> Result<Answer, ServiceError> {
        use secrecy::ExposeSecret as _;
        let mut held = self.0.tokens.bearer().await?;
        let mut renewed = false;
        let mut tries = 0;
        let mut stumbles = 0;
        loop {
            let turn = self.turn(pace).await?;
            let request =
                self.0.read.get(url).timeout(self.0.time_outs.list).bearer_auth(held.token.expose_secret());
            let answered = http::send(request, &self.0.way, bytes_max).await;
            drop(turn);
            tries += 1;
            let again = match &answered {
                Ok(answer) if answer.status == 401 && !renewed => {
                    renewed = true;
                    let error = answer.error(&self.0.hidden, tries);
                    if !matches!(error, ServiceError::TokenSpent { .. }) {
                        return Err(error);
                    }
                    // A token that cannot be renewed explains itself better with what the service said to it.
                    held = self
                        .0
                        .tokens
                        .renew(held.identity.generation)
                        .await
                        .map_err(|spent| spent.after(error))?;
                    continue;
                }
                Ok(answer) if answer.status == 429 => {
                    pace.pause(answer.retry_after);
                    false
                }
                Ok(answer) => answer.status >= 500 || matches!(&answer.whole, Err(error) if error.is_lost()),
                Err(failed) => failed.error.is_lost(),
            };
            stumbles += 1;
            if again && stumbles < READ_TRIES_MAX {
                self.pause(self.0.pauses.gateway * stumbles).await;
                continue;
            }
            return answered.map(|answer| Answer { tries, ..answer }).map_err(|failed| failed.error);
        }
    }

    async fn turn<'p>(&self, pace: &'p Pace) -> Result<super::pace::Turn<'p>, ServiceError> {
        loop {
            match pace.take() {
                Ok(turn) => return Ok(turn),
                Err(wait) if wait > PATIENCE => {
                    return Err(ServiceError::Busy { retry_after: Some(wait), refused: None });
                }
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// One thing of an answer.
    fn one<T>(
        &self,
        answer: &Answer,
        read: fn(&json::Json<'_>) -> Option<T>,
        otherwise: &str,
    ) -> Result<T, ServiceError> {
        if !answer.is_success() {
            return Err(answer.error(&self.0.hidden, answer.tries));
        }
        answer.whole.clone()?;
        let json = json::parse(&answer.body).map_err(|why| answer.unreadable(&why, &self.0.hidden))?;
        read(&json).ok_or_else(|| answer.unreadable(otherwise, &self.0.hidden))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/{path}", self.0.api_base.as_str())
    }

    /// A pause in the service's time.
    async fn pause(&self, pause: Duration) {
        tokio::time::sleep(pause.div_f64(self.0.speed)).await;
    }

    pub(super) fn machines_pace(&self) -> &Pace {
        &self.0.machines_pace
    }

    pub(super) fn actions_pace(&self) -> &Pace {
        &self.0.actions_pace
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.0.bounds
    }

    pub(super) fn hidden(&self) -> &Hidden {
        &self.0.hidden
    }

    pub(super) fn api_host(&self) -> SafeText {
        self.0.way.host.clone()
    }
}
