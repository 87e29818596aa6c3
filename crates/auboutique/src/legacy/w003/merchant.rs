//! Stores: opening one, what it says of itself, and what it sells.

use auboutique_domain::listing::{Category, Condition, ListingDraft, ListingState, VariantDraft};
use auboutique_domain::member::Secret;
use auboutique_domain::store::StoreChanges;
use auboutique_domain::{Command, Currency, Refusal};
use auboutique_market::{No, Opening, Password, View};
use auboutique_wire::legacy::price;
use auboutique_wire::legacy::w003::{Answer, Extra};

use super::login::Role;
use super::{NOTHING, Person, Said, say};
use crate::legacy::shelf;

/// Why a count is put right that this wire gives as copies that come in.
const REASON: &str = "A negative restock over system 003";

impl Person {
    pub(super) async fn open_store(
        &self,
        [name, description, email, by]: [&str; 4],
        password: &Secret,
        code: &Secret,
    ) -> Said {
        let password = &Password::typed(password.reveal());
        let opening = Opening { name, description, email, password, by, code: code.reveal() };
        match self.market.open_store_over(&opening, &self.source).await {
            Ok(_) => say(Answer::MerchantCreated),
            Err(No::Refused(Refusal::InvitationInvalid)) => say(Answer::InvitationWrong),
            Err(No::Refused(Refusal::UsernameTaken | Refusal::StoreNameTaken)) => {
                say(Answer::StorenameOccupied)
            }
            Err(no) => Err(no),
        }
    }

    pub(super) async fn set_storename(&self, name: &str) -> Said {
        let caller = self.caller(Role::Merchant).await?;
        match self.market.rename_store_over(caller, name).await {
            Ok(_) => say(Answer::StorenameSet),
            Err(No::Refused(Refusal::UsernameTaken | Refusal::StoreNameTaken)) => {
                say(Answer::StorenameOccupied)
            }
            Err(no) => Err(no),
        }
    }

    pub(super) async fn set_description(&self, description: &str) -> Said {
        let caller = self.caller(Role::Merchant).await?;
        let changes = StoreChanges::default().describe(Some(description))?;
        self.market.run(caller, Command::EditStore { changes }).await?;
        say(Answer::DescriptionSet)
    }

    pub(super) async fn add_product(&self, name: &str, price: &str, description: &str) -> Said {
        let caller = self.caller(Role::Merchant).await?;
        let store = self.market.ask(caller.clone(), |view| view.own_store_over()).await?.0.id;
        let price = price::read(price)?;
        let draft = ListingDraft::new(
            &shelf::title(name),
            description,
            price,
            Category::Other,
            Condition::New,
            None,
        )?;
        let variants = vec![VariantDraft::new("", "", price, 0, 0)?];
        self.market.run(caller, Command::AddProduct { store, draft, variants }).await?;
        say(Answer::ProductAdded)
    }

    pub(super) async fn delete_product(&self, product: Option<i64>) -> Said {
        let caller = self.caller(Role::Merchant).await?;
        let number = product.unwrap_or_default();
        let find = move |view: &mut View<'_>| view.listing_by_number(number);
        let Some(listing) = self.market.ask(caller.clone(), find).await? else {
            return say(Answer::ProductNotDeleted);
        };
        match self.market.run(caller, Command::WithdrawListing { listing }).await {
            Ok(_) => say(Answer::ProductDeleted),
            Err(No::Refused(
                Refusal::NotFound { .. }
                | Refusal::NotYours
                | Refusal::ListingSold
                | Refusal::ListingWithdrawn
                | Refusal::AtAuction { .. },
            )) => say(Answer::ProductNotDeleted),
            Err(no) => Err(no),
        }
    }

    pub(super) async fn restock(&self, product: Option<i64>, quantity: Option<i64>) -> Said {
        let caller = self.caller(Role::Merchant).await?;
        let number = product.unwrap_or_default();
        let find = move |view: &mut View<'_>| {
            let (store, _) = view.own_store_over()?;
            let Some(listing) = view.listing_by_number(number)? else { return Ok(None) };
            let found = view.listing(listing)?;
            let is_own = found.store.is_some_and(|of| of.store == store.id)
                && matches!(found.state, ListingState::OnSale | ListingState::Sold);
            Ok(is_own.then_some(listing))
        };
        let listing = match self.market.ask(caller.clone(), find).await {
            Ok(Some(listing)) => listing,
            Ok(None) | Err(No::Refused(Refusal::NotFound { .. })) => return say(Answer::NotOfThisStore),
            Err(no) => return Err(no),
        };
        let command = match quantity {
            None => return say(Answer::QuantityNotPositive),
            Some(0) => return say(Answer::Restocked),
            Some(copies @ 1..) => Command::Restock { listing, copies },
            Some(copies) => Command::AdjustStock { listing, copies, reason: REASON.to_owned() },
        };
        match self.market.run(caller, command).await {
            Ok(_) => say(Answer::Restocked),
            Err(No::Refused(Refusal::StockShort { available })) => {
                say(Answer::BadRequest(format!("There are only {available} copies to take away.")))
            }
            Err(no) => Err(no),
        }
    }

    /// What was sold and not called off. The wire has one number for it: of two currencies it is that of the dollars.
    pub(super) async fn profit(&self) -> Said {
        let caller = self.caller(Role::Merchant).await?;
        let sold = self.market.ask(caller, |view| view.sold_for()).await?;
        let dollars = sold.iter().find(|money| money.currency == Currency::Usd);
        let profit = dollars.or(sold.first()).copied().unwrap_or(NOTHING);
        Ok((Answer::Profit, Some(Extra::Amount(profit))))
    }
}
