//! The one place that looks at a clock: how long the other side has been silent cannot be told by anything else.

use std::time::Instant;

/// Now, for measuring how long something takes.
#[expect(clippy::disallowed_methods, reason = "silence on a socket is measured by the machine's own clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Bytes nobody can guess.
#[expect(clippy::disallowed_methods, reason = "keys and message ids are the only randomness a client needs")]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness a request still works, only asking twice is then not recognized.
    let _ = getrandom::fill(&mut bytes);
    bytes
}
