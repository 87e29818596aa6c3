//! The one credential check of every wire: one throttle, one bounded pool of threads that hash.
//!
//! A try is counted before it is checked, so that a thousand tries at once count as a thousand. An unknown login is
//! checked against a hash of nothing, so that it looks and takes the same as a wrong password. Hashing never runs on the
//! writer or on a wire's thread; when more wait than the pool can soon do, the next is told the market is busy.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use auboutique_db::tries;
use auboutique_domain::id::MemberId;
use auboutique_domain::member::{Account, Email, Secret, SessionView, Username, display_name};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Refusal, Reply, text};
use crossbeam_channel::{Sender, TrySendError};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use crate::caller::{Caller, Who};
use crate::env::{Env, random};
use crate::member::PASSWORD;
use crate::no::{Busy, No, Stop};
use crate::writer::Work;
use crate::{Market, Outcome};

/// How long a try counts.
pub(crate) const WINDOW: Span = Span::minutes(15);
/// How many wrong passwords an account takes in a window, on all wires together (`promises.md` T28).
const TRIES_PER_ACCOUNT: i64 = 10;
/// How many wrong passwords one address may try in a window, over all accounts. A lecture hall shares one.
const TRIES_PER_SOURCE: i64 = 300;
/// How many wrong codes one attendant may type in a window.
const TRIES_PER_DESK: i64 = 30;
/// How many names one address may take on a legacy wire in a window: they cost nothing, and nobody confirms them.
const JOINS_PER_SOURCE: i64 = 300;
/// How many hashes may wait. At some 30 ms each the last has waited a second.
const WAITING_HASHES: usize = 32;
/// How long a password may be, in characters.
const PASSWORD_LENGTH: (usize, usize) = (8, 200);

/// A password as it was typed. It never prints.
#[derive(Clone)]
pub struct Password(Secret);

impl Password {
    /// Takes a typed password for checking. Length and strength are asked only of new ones.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(Secret::new(text.to_owned()))
    }

    /// The password, for the one place that makes of it what a wire sends.
    pub(crate) fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// Checks a new password: 8 to 200 characters, and not among those that are guessed first.
    pub(crate) fn check_new(&self, known: &[&str]) -> Result<(), Refusal> {
        let text = self.0.reveal();
        let (least, most) = PASSWORD_LENGTH;
        if !(least..=most).contains(&text.chars().count()) {
            return Err(Refusal::PasswordLength { least, most });
        }
        let guess = zxcvbn::zxcvbn(text, known);
        if guess.score() < zxcvbn::Score::Two {
            let advice = guess
                .feedback()
                .and_then(|feedback| {
                    let warning = feedback.warning().map(|warning| warning.to_string());
                    warning.or_else(|| feedback.suggestions().first().map(ToString::to_string))
                })
                .unwrap_or_else(|| "Use a few words that do not belong together.".to_owned());
            return Err(Refusal::PasswordWeak { advice });
        }
        Ok(())
    }

    fn hash(&self, salt: [u8; 16]) -> Result<Secret, argon2::password_hash::Error> {
        let hash = argon2().hash_password_with_salt(self.0.reveal().as_bytes(), &salt)?;
        Ok(Secret::new(hash.to_string()))
    }

    fn fits(&self, hash: &Secret) -> bool {
        // A password longer than any we keep is wrong before it costs anything more than another would.
        PasswordHash::new(hash.reveal())
            .is_ok_and(|hash| argon2().verify_password(self.0.reveal().as_bytes(), &hash).is_ok())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Password(…)")
    }
}

/// Argon2id with the parameters OWASP recommends: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// Where a request comes from, for the throttle: an address, or the name of a wire that has none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source(String);

impl Source {
    /// The source of that name. An IPv6 address counts by its first 64 bits, which one subscriber has.
    #[must_use]
    pub fn address(address: std::net::IpAddr) -> Self {
        Self(match address.to_canonical() {
            std::net::IpAddr::V4(address) => address.to_string(),
            std::net::IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        })
    }

    /// What the source is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The machine the market runs on.
    #[must_use]
    pub fn console() -> Self {
        Self("console".to_owned())
    }
}

/// The secret that proves a session. Kept as its SHA-256; shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub(crate) fn new(env: &dyn Env) -> Self {
        Self(format!("aub_{}", data_encoding::BASE64URL_NOPAD.encode(&random::<32>(env))))
    }

    /// Takes a token as a client shows it.
    #[must_use]
    pub fn shown(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The token, to be given to the client that just signed in.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Token(…)")
    }
}

/// A member who just signed in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The session.
    pub session: SessionView,
    /// The secret that proves it.
    pub token: Token,
    /// The member's account.
    pub account: Account,
}

enum Task {
    Hash(Password, [u8; 16], oneshot::Sender<Result<Secret, argon2::password_hash::Error>>),
    Fits(Password, Option<Secret>, oneshot::Sender<bool>),
}

/// The threads that hash.
pub(crate) struct Hashers {
    queue: Sender<Task>,
}

impl Hashers {
    /// Starts the threads.
    pub(crate) fn start(count: usize, env: &dyn Env) -> Self {
        let (queue, tasks) = crossbeam_channel::bounded(WAITING_HASHES);
        // What an unknown login is checked against: the hash of a password nobody has.
        let nobody = Password::typed(&data_encoding::HEXLOWER.encode(&random::<16>(env)));
        let nobody = Arc::new(nobody.hash(random(env)).unwrap_or_else(|_| Secret::new(String::new())));
        for number in 0..count.max(1) {
            let (tasks, nobody) = (tasks.clone(), Arc::clone(&nobody));
            let work = move || {
                while let Ok(task) = tasks.recv() {
                    match task {
                        Task::Hash(password, salt, tell) => drop(tell.send(password.hash(salt))),
                        Task::Fits(password, hash, tell) => {
                            let known = hash.is_some();
                            let fits = password.fits(hash.as_ref().unwrap_or(&nobody));
                            let _ = tell.send(fits && known);
                        }
                    }
                }
            };
            if let Err(error) = std::thread::Builder::new().name(format!("hasher {number}")).spawn(work) {
                tracing::error!(%error, "cannot start a hasher");
            }
        }
        Self { queue }
    }

    fn send(&self, task: Task) -> Result<(), No> {
        self.queue.try_send(task).map_err(|error| match error {
            TrySendError::Full(_) => No::Busy(Busy::Overloaded),
            TrySendError::Disconnected(_) => No::Busy(Busy::Closing),
        })
    }
}

// ---- counting tries ----

fn limit(subject: &str) -> i64 {
    match subject.split_once(':') {
        Some(("source", _)) => TRIES_PER_SOURCE,
        Some(("desk", _)) => TRIES_PER_DESK,
        Some(("join", _)) => JOINS_PER_SOURCE,
        _ => TRIES_PER_ACCOUNT,
    }
}

/// The subject of an attendant's wrong codes.
pub(crate) fn desk_subject(member: MemberId) -> String {
    format!("desk:{member}")
}

/// The subject of a member who opens a store with an invitation.
pub(crate) fn invitation_subject(member: MemberId) -> String {
    format!("invitation:{member}")
}

/// Whether one more try against this subject is considered.
pub(crate) fn may_try(work: &mut Work<'_>, subject: &str) -> Result<(), Stop> {
    let window = work.now.minus(WINDOW);
    if let Some(tries) = tries::find(work.db, subject, window)?
        && tries.count >= limit(subject)
    {
        let wait_seconds = tries.since.plus(WINDOW).since(work.now).seconds_up().max(1);
        return Err(Refusal::TooManyTries { wait_seconds }.into());
    }
    Ok(())
}

/// Counts a try against this subject.
pub(crate) fn count(work: &mut Work<'_>, subject: &str) -> Result<(), Stop> {
    tries::count(work.db, subject, work.now, work.now.minus(WINDOW))?;
    Ok(())
}

/// A credential is about to be checked: counts it against all subjects, or refuses it because of one.
pub(crate) fn count_try(work: &mut Work<'_>, subjects: &[String]) -> Outcome {
    work.node()?;
    for subject in subjects {
        may_try(work, subject)?;
    }
    for subject in subjects {
        count(work, subject)?;
    }
    Ok(Reply::Done)
}

/// The credential was right: an account's tries are forgotten, a source's are taken back one by one, so that one right
/// password does not buy an address hundreds of wrong ones.
pub(crate) fn forgive(work: &mut Work<'_>, subjects: &[String]) -> Result<(), Stop> {
    work.node()?;
    for subject in subjects {
        if subject.starts_with("source:") {
            tries::take_back(work.db, subject)?;
        } else {
            tries::forgive(work.db, subject)?;
        }
    }
    Ok(())
}

// ---- what wires ask for ----

impl Market {
    /// A visitor joins: name, username, e-mail and a new password.
    ///
    /// # Errors
    ///
    /// A refusal that names the field; [`Busy::Overloaded`] when too many passwords wait to be hashed.
    pub async fn register(
        &self,
        key: Option<crate::Key>,
        (name, username, email): (&str, &str, &str),
        password: &Password,
    ) -> Result<Account, No> {
        let name = display_name(name)?;
        let username = Username::parse(username)?;
        let email = Email::parse(email)?;
        password.check_new(&[&name, username.as_str(), email.as_str(), "auboutique"])?;
        let password = self.hash(password).await?;
        let command = Command::Register { name, username, email, password };
        match self.run(Caller::VISITOR.under(key), command).await? {
            Reply::Account(account) => Ok(account),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Signs a member in by username, e-mail, or the name of their store.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongCredentials`], the same whether the login is unknown or the password wrong;
    /// [`Refusal::TooManyTries`]; [`Busy::Overloaded`] when too many passwords wait to be checked.
    pub async fn log_in(
        &self,
        login: &str,
        password: &Password,
        source: &Source,
        device: &str,
    ) -> Result<SignIn, No> {
        let login = login.trim().to_lowercase();
        let found = self.find_login(login.clone()).await?;
        let (member, hash) = found.unzip();
        let account = match member {
            Some(member) => format!("account:{member}"),
            None => format!("login:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(login.as_bytes()))),
        };
        let subjects = vec![account, format!("source:{}", source.0)];
        self.check(password, hash, &subjects).await?;
        let Some(member) = member else { return Err(Refusal::WrongCredentials.into()) };
        let token = Token::new(self.shared.env.as_ref());
        let device: String = device.chars().filter(|letter| !letter.is_control()).take(100).collect();
        let command =
            Command::StartSession { member, token: Secret::new(token.hash()), device, forgive: subjects };
        let session = match self.run(Caller::NODE, command).await? {
            Reply::Session(session) => session,
            other => return Err(self.unexpected(&other)),
        };
        let caller = Caller::member(session.session);
        let account = self.ask(caller, |view| view.account()).await?;
        Ok(SignIn { session, token, account })
    }

    /// Signs a member in again by a token.
    ///
    /// # Errors
    ///
    /// [`Refusal::SessionEnded`] when no live session has the token.
    pub async fn resume(&self, token: &Token) -> Result<(auboutique_domain::id::SessionId, Account), No> {
        let hash = token.hash();
        let find = move |view: &mut crate::View<'_>| {
            let found = auboutique_db::session::find_by_token(view.db, &hash, view.now);
            view.settle(found.map_err(Stop::from))
        };
        let session = self.ask(Caller::VISITOR, find).await?.ok_or(Refusal::SessionEnded)?;
        // That it lasts longer is a convenience: on a full disk, or when the session ended in this moment, the sign-in
        // itself is decided by the look-up that follows.
        match self.run(Caller::NODE, Command::ResumeSession { session }).await {
            Ok(_) | Err(No::Busy(_)) => {}
            Err(no) => return Err(no),
        }
        let account = self.ask(Caller::member(session), |view| view.account()).await?;
        Ok((session, account))
    }

    /// A member takes another password. Every other session ends.
    ///
    /// # Errors
    ///
    /// As [`Market::log_in`] for the current password, and what makes a new one impossible.
    pub async fn change_password(
        &self,
        caller: Caller,
        source: &Source,
        current: &Password,
        new: &Password,
    ) -> Result<Account, No> {
        let account = self.check_current(&caller, source, current).await?;
        new.check_new(&[&account.name, account.username.as_str(), account.email.as_str(), "auboutique"])?;
        let password = self.hash(new).await?;
        // Without the key: what it remembers leaves the password out, so another one under the same key would be answered
        // as if it had been taken.
        match self.run(caller.under(None), Command::ChangePassword { password }).await? {
            Reply::Account(account) => Ok(account),
            other => Err(self.unexpected(&other)),
        }
    }

    /// A member's mail goes elsewhere. Needs the current password, because whoever has the mail has the account.
    ///
    /// # Errors
    ///
    /// As [`Market::log_in`] for the current password, and what makes the address impossible.
    pub async fn change_email(
        &self,
        caller: Caller,
        source: &Source,
        current: &Password,
        email: &str,
    ) -> Result<Account, No> {
        let email = Email::parse(email)?;
        self.check_current(&caller, source, current).await?;
        match self.run(caller, Command::ChangeEmail { email }).await? {
            Reply::Account(account) => Ok(account),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Hashes a password on the pool.
    pub(crate) async fn hash(&self, password: &Password) -> Result<Secret, No> {
        let (tell, hash) = oneshot::channel();
        let salt = random(self.shared.env.as_ref());
        self.shared.hashers.send(Task::Hash(password.clone(), salt, tell))?;
        match hash.await {
            Ok(Ok(hash)) => Ok(hash),
            Ok(Err(error)) => Err(self.broke("hashing", error.to_string())),
            Err(_) => Err(No::stopped()),
        }
    }

    /// Counts a try, then checks it on the pool. An unknown login has no hash and never fits.
    pub(crate) async fn check(
        &self,
        password: &Password,
        hash: Option<Secret>,
        subjects: &[String],
    ) -> Result<(), No> {
        self.run(Caller::NODE, Command::CountTry { subjects: subjects.to_vec() }).await?;
        let (tell, fits) = oneshot::channel();
        self.shared.hashers.send(Task::Fits(password.clone(), hash, tell))?;
        match fits.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refusal::WrongCredentials.into()),
            Err(_) => Err(No::stopped()),
        }
    }

    async fn check_current(
        &self,
        caller: &Caller,
        source: &Source,
        current: &Password,
    ) -> Result<Account, No> {
        let Who::Member(_) = caller.who else { return Err(Refusal::SignInNeeded.into()) };
        let account = self.ask(caller.clone(), |view| view.account()).await?;
        let found = self.find_login(account.username.as_str().to_owned()).await?;
        let subjects = vec![format!("account:{}", account.id), format!("source:{}", source.0)];
        self.check(current, found.map(|(_, hash)| hash), &subjects).await?;
        self.run(Caller::NODE, Command::ForgiveTries { subjects }).await?;
        Ok(account)
    }

    /// The account of a login and its hash. An e-mail address has an `@`, a username never.
    async fn find_login(&self, login: String) -> Result<Option<(MemberId, Secret)>, No> {
        let find = move |view: &mut crate::View<'_>| {
            // What can be neither is nobody's; the database is not asked for it.
            let found = if let Ok(email) = Email::parse(&login) {
                auboutique_db::member::find_by_email(view.db, email.as_str())
            } else if let Ok(username) = Username::parse(&login) {
                auboutique_db::member::find_by_username(view.db, username.as_str())
            } else {
                Ok(None)
            };
            let mut member = view.settle(found.map_err(Stop::from))?;
            let handle = auboutique_domain::store::handle(&login);
            if member.is_none() && !handle.is_empty() && !login.contains('@') {
                // The name of a store leads to its owner's account.
                let owner = auboutique_db::store::find_owner(view.db, &handle);
                member = view.settle(owner.map_err(Stop::from))?;
            }
            let Some(member) = member else { return Ok(None) };
            let hash = auboutique_db::member::credential(view.db, member.id, PASSWORD);
            let hash = view.settle(hash.map_err(Stop::from))?;
            Ok(hash.map(|hash| (member.id, hash)))
        };
        self.ask(Caller::VISITOR, find).await
    }

    pub(crate) fn unexpected(&self, reply: &Reply) -> No {
        let name = text::snake_case(format!("{reply:?}").split(['(', ' ']).next().unwrap_or_default());
        self.broke("an unexpected reply", name)
    }

    fn broke(&self, what: &str, problem: String) -> No {
        crate::writer::broken(self.shared.env.as_ref(), what, &Stop::Wrong(problem))
    }

    /// The hash of a password, for accounts that are made in bulk by the demo.
    ///
    /// # Errors
    ///
    /// As [`Market::register`].
    pub async fn hash_for_demo(&self, password: &Password) -> Result<Secret, No> {
        self.hash(password).await
    }

    /// Notes that a member signed in on a device, which names itself by a secret that it alone knows.
    ///
    /// # Errors
    ///
    /// [`No`].
    pub async fn see_device(&self, member: MemberId, device: &str) -> Result<(), No> {
        let command = Command::SeeDevice { member, device: Secret::new(device.to_owned()) };
        self.run(Caller::NODE, command).await.map(drop)
    }

    /// Starts a session for a member whose identity needs no check: whoever runs the program on this machine has every
    /// right. Used by the demo and by tests that are about something else.
    ///
    /// # Errors
    ///
    /// [`No`].
    pub fn start_session_at_console(&self, member: MemberId) -> Result<(SessionView, Token), No> {
        let token = Token::new(self.shared.env.as_ref());
        let command = Command::StartSession {
            member,
            token: Secret::new(token.hash()),
            device: "console".to_owned(),
            forgive: Vec::new(),
        };
        match self.run_now(Caller::CONSOLE, command)? {
            Reply::Session(session) => Ok((session, token)),
            other => Err(self.unexpected(&other)),
        }
    }
}
