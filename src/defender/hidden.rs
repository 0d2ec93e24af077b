//! [`Hidden`]: the secrets in use, so that an answer that echoes one is shown without it.
//!
//! No part of this program puts a secret into words; but a gateway's error page may quote the request that it did
//! not like, and the beginning of such a page is shown.

use std::sync::RwLock;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::SafeText;

/// How many secrets are remembered: the client's own and the latest tokens. Older tokens have ended.
const SECRETS_MAX: usize = 8;
/// As many characters of a secret are enough to recognise it, where a page quotes a part.
const RECOGNISED_BY: usize = 12;
/// What is shorter is no secret, and would be found in every other word.
const SECRET_CHARS_MIN: usize = 6;

/// What must never be shown.
#[derive(Debug, Default)]
pub(super) struct Hidden(RwLock<Vec<SecretString>>);

impl Hidden {
    pub(super) fn add(&self, secret: &SecretString) {
        let mut secrets = self.0.write().expect("no panic while it is held");
        if secrets.len() == SECRETS_MAX {
            secrets.remove(1); // the first one is the client's own
        }
        secrets.push(secret.clone());
    }

    /// The text of one property, made safe and without secrets.
    pub(super) fn safe(&self, raw: &str) -> SafeText {
        SafeText::new(&self.without_secrets(raw))
    }

    /// The first characters of an answer: blanks as one, made safe and without secrets.
    pub(super) fn beginning(&self, body: &[u8]) -> SafeText {
        const CHARS: usize = 160;
        // Eight times as many bytes leave room for wide characters and for the blanks of an indented page.
        let text = String::from_utf8_lossy(&body[..body.len().min(CHARS * 8)]);
        let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        SafeText::bounded(&self.without_secrets(&one_line), CHARS)
    }

    fn without_secrets(&self, raw: &str) -> String {
        let mut text = raw.to_owned();
        for secret in self.0.read().expect("no panic while it is held").iter() {
            let secret = secret.expose_secret();
            text = without(&text, secret);
            let in_a_form: String = form_encoded(secret);
            if in_a_form != secret {
                text = without(&text, &in_a_form);
            }
        }
        text
    }
}

fn without(text: &str, secret: &str) -> String {
    let known = secret.char_indices().nth(RECOGNISED_BY).map_or(secret, |(at, _)| &secret[..at]);
    if known.chars().count() < SECRET_CHARS_MIN || !text.contains(known) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(known) {
        out.push_str(&rest[..at]);
        out.push_str("(secret)");
        // The rest of the word goes with it, whether it is the same secret or one that begins alike.
        let of_a_word = |c: char| c.is_ascii_alphanumeric() || "._~+/=%-".contains(c);
        rest = rest[at + known.len()..].trim_start_matches(of_a_word);
    }
    out.push_str(rest);
    out
}

fn form_encoded(secret: &str) -> String {
    let mut url = reqwest::Url::parse("http://localhost").expect("a constant");
    url.query_pairs_mut().append_pair("", secret);
    url.query().unwrap_or_default().trim_start_matches('=').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_cut_out_whole_or_in_part_plain_or_encoded() {
        let hidden = Hidden::default();
        hidden.add(&SecretString::from("c4n4ry~secret.value/of+the=app"));
        for (raw, shown) in [
            ("nothing to hide", "nothing to hide"),
            ("a c4n4ry~secret.value/of+the=app b", "a (secret) b"),
            ("cut c4n4ry~secret.val…", "cut (secret)…"),
            ("client_secret=c4n4ry%7Esecret.value%2Fof%2Bthe%3Dapp&x", "client_secret=(secret)&x"),
            ("twice c4n4ry~secret.value/of+the=app c4n4ry~secret.v", "twice (secret) (secret)"),
        ] {
            assert_eq!(hidden.safe(raw).as_str(), shown);
        }
        assert!(!format!("{hidden:?}").contains("c4n4ry"));
    }

    #[test]
    fn a_beginning_is_one_safe_line() {
        let hidden = Hidden::default();
        let page = "<html>\r\n\t<body>\u{1b}]0;x\u{7} Bad   gateway";
        assert_eq!(hidden.beginning(page.as_bytes()).as_str(), "<html> <body>‹001B›]0;x‹0007› Bad gateway");
        assert_eq!(hidden.beginning(&[0xff, b'a']).as_str(), "\u{fffd}a");
        assert_eq!(hidden.beginning(&vec![b'x'; 1 << 20]).as_str().chars().count(), 160);
    }
}
