//! The client's words into the engine's. The engine tells calls apart by what follows from them, the client by what
//! was seen.

use crate::defender::{Identity, OffboardOutcome, Refused, ServiceError};
use crate::domain::SafeText;
use crate::offboard::engine::ListFailed;
use crate::offboard::journal::rows::BucketKey;
use crate::offboard::machine_run::Outcome;

/// What became of a call.
pub(super) fn outcome(outcome: OffboardOutcome) -> Outcome {
    match outcome {
        OffboardOutcome::Accepted(action) => Outcome::Action(Box::new(action)),
        OffboardOutcome::AlreadyActive(refused) => Outcome::Exists(said(&refused)),
        OffboardOutcome::Refused(refused) => Outcome::Refused { kind: kind(&refused), words: said(&refused) },
        OffboardOutcome::Unauthorized { refused, tenant_trouble } => {
            Outcome::Unauthorized { tenant_trouble, words: said(&refused) }
        }
        OffboardOutcome::TooMany { retry_after, refused } => {
            Outcome::TooMany { retry_after, words: said(&refused) }
        }
        OffboardOutcome::NotSent(error) if is_about_sign_in(&error) => Outcome::NoToken(said(&error)),
        OffboardOutcome::NotSent(error) => Outcome::NotSent(said(&error)),
        OffboardOutcome::Unknown { answered_by_service, words, .. } => {
            Outcome::Unknown { by_service: answered_by_service, words }
        }
    }
}

/// Why a list did not come.
pub(super) fn list_failed(error: &ServiceError) -> ListFailed {
    let unauthorized = match error {
        ServiceError::Tenant(_) => Some(true),
        error if is_about_sign_in(error) => Some(false),
        _ => None,
    };
    let wait = match error {
        ServiceError::Busy { retry_after: Some(wait), .. } => i64::try_from(wait.as_millis()).ok(),
        _ => None,
    };
    ListFailed { words: said(error), unauthorized, wait }
}

/// The bucket that a token's calls count in. Tokens that cannot be read share one.
pub(super) fn bucket(identity: &Identity) -> BucketKey {
    let read = |part: &Option<SafeText>| part.clone().unwrap_or_else(|| "unreadable".into());
    BucketKey { tenant: read(&identity.tenant_id), app: read(&identity.app_id) }
}

fn is_about_sign_in(error: &ServiceError) -> bool {
    matches!(
        error,
        ServiceError::SignIn(_)
            | ServiceError::TokenSpent { .. }
            | ServiceError::WrongToken { .. }
            | ServiceError::Config(_)
    )
}

/// `403 Forbidden`: the status and the code, without the words that change.
fn kind(refused: &Refused) -> SafeText {
    said(&Refused { message: None, tracking: None, correlation: None, ..refused.clone() })
}

/// Every part of these texts is safe already.
fn said(what: &impl ToString) -> SafeText {
    SafeText::restored(&what.to_string())
}
