//! A token that the operator already has, as text or in a file.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::defender::error::{ConfigError, ServiceError, TokenFileProblem};
use crate::domain::SafeText;

/// A token has a few thousand characters; what is larger is another file.
pub const TOKEN_FILE_BYTES_MAX: u64 = 64 << 10;

/// Whether a text can be a token at all: one word of visible ASCII, as a header carries it.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

pub(super) fn are_same(a: &SecretString, b: &SecretString) -> bool {
    a.expose_secret() == b.expose_secret()
}

/// The file's path, as it may be shown: somebody may have put the token itself in its place.
pub(super) fn shown_path(path: &Path) -> SafeText {
    let text = path.to_string_lossy();
    // A JWT begins with the base64 of `{"`, and no path of sense is that long without a slash.
    if text.starts_with("eyJ") || (text.len() > 255 && !text.contains('/')) {
        return "(a token in place of a path)".into();
    }
    SafeText::new(&text)
}

/// Reads the file, on a thread that may block.
pub(super) async fn from_file(path: PathBuf) -> Result<SecretString, ServiceError> {
    let shown = shown_path(&path);
    let read = tokio::task::spawn_blocking(move || read(&path)).await;
    // The thread cannot panic, but the runtime may be shutting down.
    let read = read.unwrap_or(Err(TokenFileProblem::Unreadable));
    read.map_err(|problem| ConfigError::TokenFile { path: shown, problem }.into())
}

fn read(path: &Path) -> Result<SecretString, TokenFileProblem> {
    use TokenFileProblem as Problem;
    let by_kind = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Problem::Missing,
        ErrorKind::IsADirectory => Problem::Directory,
        _ => Problem::Unreadable,
    };
    // Looked at before it is opened: opening a pipe waits for a writer.
    let about = path.metadata().map_err(by_kind)?;
    match () {
        () if about.is_dir() => return Err(Problem::Directory),
        () if !about.is_file() => return Err(Problem::NotRegular),
        () if about.len() > TOKEN_FILE_BYTES_MAX => return Err(Problem::TooLarge),
        () => {}
    }
    let file = File::open(path).map_err(by_kind)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(TOKEN_FILE_BYTES_MAX as usize + 1));
    file.take(TOKEN_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(by_kind)?;
    if bytes.len() as u64 > TOKEN_FILE_BYTES_MAX {
        return Err(Problem::TooLarge);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Problem::NoToken)?.trim();
    match text {
        "" => Err(Problem::Empty),
        text if is_token(text) => Ok(SecretString::from(text)),
        _ => Err(Problem::NoToken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_a_file_can_be_wrong_has_its_word() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let good = read(&write("good", b"  eyJ.a.b\r\n")).unwrap();
        assert_eq!(good.expose_secret(), "eyJ.a.b");
        for (path, problem) in [
            (dir.path().join("none"), TokenFileProblem::Missing),
            (dir.path().to_owned(), TokenFileProblem::Directory),
            (PathBuf::from("/dev/null"), TokenFileProblem::NotRegular),
            (write("empty", b" \n"), TokenFileProblem::Empty),
            (write("large", &vec![b'x'; TOKEN_FILE_BYTES_MAX as usize + 1]), TokenFileProblem::TooLarge),
            (write("words", b"Bearer eyJ.a.b"), TokenFileProblem::NoToken),
            (write("binary", &[0xff, 0xfe]), TokenFileProblem::NoToken),
        ] {
            assert_eq!(read(&path).unwrap_err(), problem, "{}", path.display());
        }
    }

    #[tokio::test]
    async fn a_token_in_place_of_a_path_is_not_shown() {
        let token = "eyJ0eXAiOiJKV1QifQ.canary.canary";
        let error = from_file(PathBuf::from(token)).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        assert_eq!(shown_path(Path::new("/run/secrets/token")).as_str(), "/run/secrets/token");
    }
}
