//! Settings, as an operator changes them while the market runs.

use auboutique_db::setting as db;
use auboutique_domain::money::Rate;
use auboutique_domain::setting::Settings;
use auboutique_domain::{Event, Reply};

use crate::Outcome;
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;

/// The settings as they are.
pub(crate) fn find(work: &mut Work<'_>) -> Result<Settings, Stop> {
    Ok(db::find(work.db)?)
}

pub(crate) fn change(work: &mut Work<'_>, name: &str, value: &str) -> Outcome {
    work.operator()?;
    let settings = find(work)?.with(name, value)?;
    let value = settings.value(name).unwrap_or_default();
    db::save(work.db, name, &value)?;
    work.tell(Event::SettingChanged { name: name.to_owned(), value });
    Ok(Reply::Settings(settings))
}

impl View<'_> {
    /// The settings, for operators.
    ///
    /// # Errors
    ///
    /// A refusal for anybody else.
    pub fn settings(&mut self) -> Result<Settings, No> {
        self.operator()?;
        let found = db::find(self.db);
        self.settle(found.map_err(Stop::from))
    }

    /// How many pounds a dollar is now, for whoever pays in the other currency.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub fn rate(&mut self) -> Result<Rate, No> {
        let found = db::find(self.db);
        Ok(self.settle(found.map_err(Stop::from))?.lbp_per_usd)
    }
}
