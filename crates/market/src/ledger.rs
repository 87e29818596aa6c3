//! The ledger: the one place where entries are written, and told.

use auboutique_db::ledger as db;
use auboutique_domain::Event;
use auboutique_domain::id::EntryId;
use auboutique_domain::ledger::{Account, Entry};
use auboutique_domain::money::{Currency, Money, in_every_currency};

use crate::no::Stop;
use crate::writer::Work;

/// Posts an entry.
pub(crate) fn post(work: &mut Work<'_>, entry: &Entry) -> Result<(), Stop> {
    let id = work.id(EntryId::new);
    db::post(work.db, id, entry, work.now)?;
    let postings =
        entry.postings().iter().map(|posting| (posting.account.to_string(), posting.amount)).collect();
    let source = entry.source().to_string();
    work.tell(Event::EntryPosted { entry: id, kind: entry.kind(), source, postings });
    Ok(())
}

/// What the market owes by an account in one currency.
pub(crate) fn owed(
    db: &mut auboutique_db::Connection,
    account: Account,
    currency: Currency,
) -> Result<Money, Stop> {
    let owed = db::owed(db, account)?;
    let found = owed.into_iter().find(|money| money.currency == currency);
    Ok(found.unwrap_or(Money::new(0, currency)))
}

/// What the market owes by an account in every currency, those of nothing included.
pub(crate) fn purse(db: &mut auboutique_db::Connection, account: Account) -> Result<Vec<Money>, Stop> {
    Ok(in_every_currency(&db::owed(db, account)?))
}
