//! Time and randomness, from outside: the clock walls and the chance walls of the program have this one gate.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use auboutique_domain::time::{Moment, Span};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Where the moment and randomness come from.
pub trait Env: Send + Sync + 'static {
    /// The moment it is. Never goes back.
    fn now(&self) -> Moment;
    /// Fills the bytes with randomness that nobody can guess.
    fn random(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn random<const N: usize>(env: &dyn Env) -> [u8; N] {
    let mut bytes = [0; N];
    env.random(&mut bytes);
    bytes
}

/// The machine's clock and the operating system's randomness.
///
/// The clock is read once; from then on time passes as the machine's monotonic clock says, so that a step of the wall
/// clock moves no deadline (`promises.md` R10).
#[derive(Debug)]
pub struct SystemEnv {
    start: Moment,
    since: std::time::Instant,
}

impl SystemEnv {
    /// Reads the clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
    pub fn new() -> Self {
        let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = wall.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        Self { start: Moment::from_micros(micros), since: std::time::Instant::now() }
    }
}

impl Default for SystemEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl Env for SystemEnv {
    fn now(&self) -> Moment {
        let micros = self.since.elapsed().as_micros();
        Moment::from_micros(self.start.micros().saturating_add(i64::try_from(micros).unwrap_or(i64::MAX)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place where randomness is taken")]
    #[expect(clippy::panic, reason = "without randomness every token could be guessed; nothing may go on")]
    fn random(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

/// A clock that is set by hand and randomness from a seed: for tests and for the demo's past.
#[derive(Debug)]
pub struct ManualEnv {
    now: AtomicI64,
    random: Mutex<ChaCha20Rng>,
}

impl ManualEnv {
    /// Stands at that moment, with randomness from that seed.
    #[must_use]
    pub fn new(now: Moment, seed: u64) -> Self {
        Self { now: AtomicI64::new(now.micros()), random: Mutex::new(ChaCha20Rng::seed_from_u64(seed)) }
    }

    /// Lets this much time pass.
    pub fn advance(&self, span: Span) {
        self.now.fetch_add(span.micros(), Ordering::SeqCst);
    }

    /// Moves the clock to that moment.
    pub fn set(&self, now: Moment) {
        self.now.store(now.micros(), Ordering::SeqCst);
    }
}

impl Env for ManualEnv {
    fn now(&self) -> Moment {
        Moment::from_micros(self.now.load(Ordering::SeqCst))
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut random = self.random.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        random.fill_bytes(bytes);
    }
}
