//! The client credentials grant with a secret: one form to one address, asked once (reference, section 2).

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{Obtained, token};
use crate::defender::cloud::Authority;
use crate::defender::error::{ServiceError, SignInRefused};
use crate::defender::hidden::Hidden;
use crate::defender::http::{self, Answer, Way};
use crate::defender::json::{self, Json};
use crate::domain::SafeText;

/// A token has a few thousand characters.
const ANSWER_BYTES_MAX: usize = 1 << 20;

pub(super) struct Grant<'a> {
    pub(super) authority: &'a Authority,
    pub(super) tenant: &'a str,
    pub(super) client_id: &'a str,
    pub(super) secret: &'a SecretString,
    pub(super) scope: &'a str,
}

impl Grant<'_> {
    pub(super) async fn ask(
        &self,
        http: &reqwest::Client,
        way: &Way,
        time_out: Duration,
        hidden: &Hidden,
    ) -> Result<Obtained, ServiceError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id),
            ("client_secret", self.secret.expose_secret()),
            ("scope", self.scope),
        ];
        let request = http.post(self.authority.token_endpoint(self.tenant)).timeout(time_out).form(&form);
        let answer = http::send(request, way, ANSWER_BYTES_MAX).await.map_err(|failed| failed.error)?;
        if answer.is_success() { obtained(&answer, hidden) } else { Err(refusal(&answer, hidden)) }
    }
}

fn obtained(answer: &Answer, hidden: &Hidden) -> Result<Obtained, ServiceError> {
    answer.whole.clone()?;
    // The beginning of a success is not shown: it may be a token that is not yet known as one.
    let unreadable = |why: &str| ServiceError::Unreadable {
        host: answer.host.clone(),
        status: answer.status,
        why: hidden.safe(why),
        beginning: SafeText::default(),
    };
    let json = json::parse(&answer.body).map_err(|_| unreadable("it is no JSON"))?;
    let token = match json.get("access_token") {
        Some(Json::Text(text)) if token::is_token(text) => SecretString::from(text.as_ref()),
        _ => return Err(unreadable("there is no access token in it")),
    };
    match json.get("token_type").and_then(Json::scalar) {
        Some(kind) if !kind.eq_ignore_ascii_case("bearer") => {
            return Err(unreadable("its token is no bearer token"));
        }
        _ => {}
    }
    // Numbers may come as texts. A life of more than a day is no life of a token.
    let lives = json.get("expires_in").and_then(Json::whole).and_then(|seconds| u64::try_from(seconds).ok());
    let lives = lives.map(|seconds| Duration::from_secs(seconds.min(86_400)));
    Ok(Obtained { token, lives, date: answer.date })
}

/// The answer's `error` decides; its description is free text that starts with a number.
fn refusal(answer: &Answer, hidden: &Hidden) -> ServiceError {
    let json = json::parse(&answer.body).unwrap_or(Json::Null);
    let text = |name: &str| match json.get(name) {
        Some(Json::Text(text)) if !text.is_empty() => Some(text.as_ref()),
        _ => None,
    };
    let Some(error) = text("error") else { return answer.error(hidden, 1) };
    let description = text("error_description");
    let from_list = match json.get("error_codes") {
        Some(Json::List(codes)) => codes.first().and_then(Json::whole),
        _ => None,
    };
    let from_words = || {
        let digits = description?.strip_prefix("AADSTS")?;
        digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    // What follows the first line are ids, which have properties of their own.
    let first_line = description.and_then(|words| words.split(['\r', '\n']).next());
    let words = first_line.map(|line| line.split(" Trace ID:").next().unwrap_or(line).trim());
    ServiceError::SignIn(Box::new(SignInRefused {
        host: answer.host.clone(),
        status: answer.status,
        aadsts: from_list.or_else(from_words).and_then(|code| u32::try_from(code).ok()),
        error: hidden.safe(error),
        words: words.filter(|words| !words.is_empty()).map(|words| hidden.safe(words)),
        trace: text("trace_id").map(SafeText::new),
        correlation: text("correlation_id").map(SafeText::new),
    }))
}
