//! Every command on one page, and who carries it out.

use auboutique_domain::{Command, Reply};

use crate::writer::Work;
use crate::{
    Outcome, auction, cart, checkout, conversation, credential, legacy, listing, lot_name, member, order,
    payment, payout, pickup, picture, presence, session, setting, store,
};

/// Runs a command: whoever asks is known, the moment is fixed, and what is written is undone if this is an `Err`.
pub(crate) fn run(work: &mut Work<'_>, command: Command) -> Outcome {
    match command {
        Command::Register { name, username, email, password } => {
            member::register(work, name, username, email, &password)
        }
        Command::ChangeName { name } => member::change_name(work, name),
        Command::ChangeUsername { username } => member::change_username(work, username),
        Command::ChangeEmail { email } => member::change_email(work, email),
        Command::ChangePassword { password } => member::change_password(work, &password),
        Command::JoinOver { wire, draft, secret } => legacy::join(work, wire, draft, secret.as_ref()),
        Command::AddIdentity { wire, draft, secret } => legacy::add(work, wire, draft, secret.as_ref()),
        Command::ChangeIdentity { wire, changes, secret } => {
            legacy::change(work, wire, changes, secret.as_ref())
        }
        Command::RemoveIdentity { wire } => legacy::remove(work, wire),
        Command::LinkIdentity { member, wire, name, forgive } => {
            legacy::link(work, member, wire, &name, &forgive)
        }
        Command::ClaimAccount { wire, name, email, password, forgive } => {
            legacy::claim(work, wire, &name, email, &password, &forgive)
        }
        Command::SetLegacySecret { wire, name, secret } => legacy::set_secret(work, wire, &name, &secret),
        Command::ChangeRole { username, role } => member::change_role(work, &username, role),

        Command::StartSession { member, token, device, forgive } => {
            session::start(work, member, &token, device, &forgive)
        }
        Command::ResumeSession { session } => session::resume(work, session),
        Command::SeeDevice { member, device } => session::see_device(work, member, &device),
        Command::EndSession { session } => session::end(work, session),
        Command::CountTry { subjects } => credential::count_try(work, &subjects),
        Command::ForgiveTries { subjects } => credential::forgive(work, &subjects).map(|()| Reply::Done),

        Command::HidePresence { hidden } => presence::hide(work, hidden),
        Command::NoteSeen { member } => presence::note_seen(work, member),

        Command::StartConversation { partner } => conversation::start(work, &partner),
        Command::SendMessage { conversation: id, message, text } => {
            conversation::send(work, id, message, text)
        }
        Command::MarkDelivered { conversation: id, number } => conversation::mark_delivered(work, id, number),
        Command::MarkRead { conversation: id, number } => conversation::mark_read(work, id, number),
        Command::BlockMember { username } => conversation::block(work, &username),
        Command::UnblockMember { username } => conversation::unblock(work, &username),

        Command::AddPicture { large, thumbnail } => picture::add(work, large, thumbnail),

        Command::AddListing { draft } => listing::add(work, draft),
        Command::EditListing { listing, changes } => listing::edit(work, listing, changes),
        Command::WithdrawListing { listing } => listing::withdraw(work, listing),
        Command::PublishListing { listing } => listing::publish(work, listing),

        Command::CreateInvitation => store::invite(work),
        Command::CreateShortInvitation => store::invite_shortly(work),
        Command::RevokeInvitation { invitation } => store::revoke(work, invitation),
        Command::OpenStore { code, draft } => store::open(work, &code, draft),
        Command::OpenStoreOver { draft, secret, store, invited } => {
            legacy::store::open(work, draft, secret.as_ref(), store, invited.as_ref())
        }
        Command::EditStoreOver { changes, known } => legacy::store::edit(work, changes, known),
        Command::SpendInvitation { invited } => legacy::store::spend(work, &invited),
        Command::EditStore { changes } => store::edit(work, changes),
        Command::AppointStaff { username } => store::appoint(work, &username),
        Command::DismissStaff { store, username } => store::dismiss(work, store, &username),
        Command::AddProduct { store, draft, variants } => store::add_product(work, store, &draft, variants),
        Command::AddVariant { product, draft } => store::add_variant(work, product, draft),
        Command::EditVariant { listing, changes } => store::edit_variant(work, listing, changes),
        Command::Restock { listing, copies } => store::restock(work, listing, copies),
        Command::AdjustStock { listing, copies, reason } => store::adjust(work, listing, copies, &reason),

        Command::PutUpNamed { name, lot, draft } => lot_name::put_up(work, &name, lot, &draft),
        Command::OpenAuction { lot, draft } => auction::open(work, lot, &draft),
        Command::PlaceBid { auction: id, maximum } => auction::bid(work, id, maximum),
        Command::TakeBuyNow { auction: id, price } => auction::buy_now(work, id, price),
        Command::RetractBid { auction: id, corrected } => auction::retract(work, id, corrected),
        Command::WatchAuction { auction: id } => auction::watch(work, id),
        Command::UnwatchAuction { auction: id } => auction::unwatch(work, id),
        Command::LowerPrice { auction: id, price } => auction::lower(work, id, price),
        Command::KeepPrice { auction: id } => auction::keep_price(work, id),
        Command::LowerReserve { auction: id, reserve } => auction::lower_reserve(work, id, reserve),
        Command::AddAuctionNote { auction: id, text } => auction::add_note(work, id, &text),
        Command::CancelAuction { auction: id, reason } => auction::cancel(work, id, &reason),
        Command::AcceptLeadingBid { auction: id } => auction::accept_leading_bid(work, id),
        Command::CounterOffer { auction: id, price } => auction::counter(work, id, price),
        Command::OfferToWatchers { auction: id, price } => auction::offer_to_watchers(work, id, price),
        Command::RelistAuction { auction: id, draft } => auction::relist(work, id, &draft),
        Command::SellAtFixedPrice { auction: id, price } => auction::sell_at_fixed_price(work, id, price),
        Command::AnswerOffer { offer, accept } => auction::answer_offer(work, offer, accept),
        Command::WantSecondChances { wanted } => auction::want_second_chances(work, wanted),

        Command::AddToCart { listing, quantity } => cart::add(work, listing, quantity),
        Command::GatherInCart { listing, copies } => cart::gather(work, listing, copies),
        Command::ChangeCart { listing, quantity } => cart::change(work, listing, quantity),
        Command::RemoveFromCart { listing } => cart::remove(work, listing),
        Command::PrepareCheckout { totals } => checkout::prepare(work, &totals),
        Command::ChooseDelivery { checkout: id, delivery } => checkout::choose_delivery(work, id, &delivery),
        Command::CancelCheckout { checkout: id } => checkout::cancel(work, id),
        Command::PlaceOrders { checkout: id, pay } => checkout::place(work, id, pay),
        Command::StartPayment { checkout, currency } => payment::start(work, checkout, currency),
        Command::NotePayment { payment: id, amount, saying } => payment::note(work, id, amount, saying),
        Command::NoteSettlement { batch, amount } => payment::note_settlement(work, batch, amount),

        Command::PayOrder { order, currency } => payout::pay_order(work, order, currency),
        Command::TopUp { username, cash } => payout::top_up(work, &username, cash),
        Command::RequestPayout { purse, amount } => payout::request(work, purse, amount),
        Command::ConfirmPayout { payout: id, note } => payout::confirm(work, id, &note),
        Command::VoidPayout { payout: id, note } => payout::void(work, id, &note),

        Command::BuyListing { listing, price, quantity } => order::buy(work, listing, price, quantity),
        Command::BuyLine { listing } => cart::buy_line(work, listing),
        Command::CancelOrder { order } => order::cancel(work, order),
        Command::RequestCancel { order } => order::request_cancel(work, order),
        Command::ShipOrder { order, note } => order::ship(work, order, &note),
        Command::ConfirmOrder { order } => order::confirm(work, order),

        Command::RequestReturn { order, reason } => order::request_return(work, order, &reason),
        Command::SettleReturn { order, restock } => order::settle_return(work, order, restock),
        Command::RefundOrder { order, amount } => order::refund(work, order, amount),

        Command::ShowCode { code } => order::show_code(work, &code),
        Command::DropOff { code } => order::drop_off(work, &code),
        Command::TakePayment { code, cash } => order::take_payment(work, &code, cash),
        Command::Collect { code, cash } => order::collect(work, &code, cash),
        Command::TakeReturn { code } => order::take_return(work, &code),

        Command::AddPickupPoint { draft } => pickup::add(work, draft),
        Command::ChangePickupPoint { pickup_point, draft } => pickup::change(work, pickup_point, draft),
        Command::ClosePickupPoint { pickup_point } => pickup::close(work, pickup_point),
        Command::CloseDay { pickup_point, day } => pickup::close_day(work, pickup_point, day),
        Command::OpenDay { pickup_point, day } => pickup::open_day(work, pickup_point, day),
        Command::AppointAttendant { pickup_point, username } => {
            pickup::appoint(work, pickup_point, &username)
        }
        Command::DismissAttendant { pickup_point, username } => {
            pickup::dismiss(work, pickup_point, &username)
        }
        Command::ChangeSetting { name, value } => setting::change(work, &name, &value),

        Command::LapseOrder { order } => order::lapse(work, order),
        Command::LapseCheckout { checkout: id } => checkout::lapse(work, id),
        Command::LapsePayout { payout: id } => payout::lapse(work, id),
        Command::LapseAuction { auction: id } => auction::lapse(work, id),
        Command::LapseOffer { offer } => auction::lapse_offer(work, offer),
        Command::Forget => session::forget(work),
    }
}
