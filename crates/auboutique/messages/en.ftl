### English. A message is named for where it stands, then for what it says. Placeables in braces come from the program.

## What every page has
tagline = The campus marketplace
skip = Skip to the page
home-name = AUBoutique, to the home page
search-label = Search everything on sale
search-hint = Search: calculus, lamp, oud …
nav-main = Main
nav-bar = Places
nav-home = Home
nav-browse = Browse
nav-sell = Sell
nav-messages = Messages
nav-desk = Desk
nav-account = Your account
nav-you = You
nav-login = Log in
nav-signup = Join
nav-api = For programmers
show-more = Show more
cancel = Not now
close = Close
save = Save
unanswered = There was no answer to this, so it may be done or not. Look before you try again.
search-failed = The search was not answered. Press Enter to try again.
live-gone = The connection was lost. What you see may be old; we are trying again.
cart-to = { $count ->
    [0] Your cart: empty
    [one] Your cart: { $count } thing
   *[other] Your cart: { $count } things
}
cart-lines = { $count ->
    [one] { $count } thing in your cart
   *[other] { $count } things in your cart
}
unread-messages = { $count ->
    [one] { $count } unread message
   *[other] { $count } unread messages
}

## Prices and times
money-usd = ${ $amount }
money-lbp = LBP{ "\u00A0" }{ $amount }
day-today = Today
day-yesterday = Yesterday
ago-now = just now
ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
ago-days = { $count ->
    [one] yesterday
   *[other] { $count } days ago
}
left-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
left-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
left-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
left-soon = under a minute
left-both = { $first } { $rest }

sums = { $first } and { $rest }
rate = A dollar is { $pounds }.

## Categories and conditions
category-books = Books
category-electronics = Electronics
category-furniture = Furniture
category-kitchen = Kitchen
category-clothing = Clothing
category-sports = Sports
category-music = Music
category-games = Games
category-study = Study
category-art = Art
category-plants = Plants
category-other = Other things
condition-new = New
condition-like-new = Like new
condition-good = Good
condition-fair = Fair
condition-for-parts = For parts

## Where things are in their life
tag-sold = Sold
tag-withdrawn = Withdrawn
tag-at-auction = At auction
tag-on-sale = On sale
state-placed = To be handed over
state-shipped = On its way
state-at-desk = At the desk
state-collected = Collected
state-completed = Completed
state-canceled = Canceled
state-return-open = To be given back
state-returned = Given back
state-refunded = Refunded
state-no-drop-off = Never handed over
state-no-pickup = Not collected

## Home
home-title = The campus marketplace
home-welcome = What one leaves, another needs.
home-promise = Buy and sell on campus. Collect at the post office, with a code instead of your phone number.
home-auctions = Bid on what others let go, until the time is up.
home-look = Look around
home-sell = Sell something
home-categories = Categories
home-newest = Just in
home-all = See everything
home-empty = Nothing is on sale yet
home-empty-hint = The first thing could be yours. It takes a minute and one picture.

## Browsing
browse-title = Everything on sale
browse-title-words = “{ $words }”
browse-all = All
browse-filters = Filter and sort
browse-any = Any
browse-price = Price
browse-least = From
browse-most = To
browse-sort = Order
browse-apply = Show
browse-found = What was found
browse-count = { $count ->
    [one] { $count } thing found
   *[other] { $count } things found
}
browse-count-and-more = { $count } things found, and more
browse-nothing = Nothing like that at the moment
browse-nothing-hint = Try fewer words or another category. New things come in every day.
browse-everything = See everything
sort-newest = Newest first
sort-cheapest = Cheapest first
sort-dearest = Dearest first

## A listing
listing-pictures = Pictures
listing-picture = { $title }, picture { $number }
listing-show-picture = Picture { $count }
listing-edit = Edit
listing-withdraw = Take it off the market
listing-publish = Put it back on sale
listing-put-up = Put it up for auction
listing-to-auction = Go to the auction
listing-see-buyer = See who bought it
listing-buy = Buy for { $price }
listing-message = Message the seller
listing-moderate = Withdraw as a moderator
listing-collected-at = Collected at { $place }
listing-about = About it
listing-others = More from { $name }
buy-title = Buy it?
buy-explained = You pay { $price } in cash when you collect it at { $place }. The seller brings it there first; we tell you when. You can change your mind for 30 minutes.
buy-confirm = Yes, buy it
listing-add-to-cart = Add to cart
listing-to-cart = See your cart
presence-here = Here now
presence-away = Not here at the moment
presence-seen = Last here { $when }

## Selling
sell-title = Sell something
sell-edit-title = Edit your listing
sell-preview = How it will look
sell-add-pictures = Add pictures
sell-pictures-hint = Up to { $count } pictures, 8 MB each. The first is the cover. Where they were taken is removed.
sell-remove = Remove
sell-cover = Cover
sell-sending = Sending the pictures …
sell-waiting = This goes on as soon as the pictures have arrived …
sell-failed = A picture did not arrive. Add it again.
sell-description-hint = What would you want to know? Edition, size, what is missing.
sell-publish = Put it on sale
sell-save = Save
sell-way = How do you want to sell it?
sell-way-fixed = At a fixed price
sell-way-auction = At auction
sell-put-up = Put it up for auction
sell-promise = When it sells you bring it to the pickup point with a code of your own. Nobody learns your number.
field-pictures = Pictures
field-title = What is it?
field-price = Price
field-starting-price = Starting price
field-currency = Currency
field-category = Category
field-condition = Condition
field-description = Description
field-pickup-point = Pickup point

## Orders
orders-title = Orders
orders-tabs = Bought and sold
orders-bought = Bought
orders-selling = Selling
orders-none = You have not bought anything yet
orders-none-hint = When you do, this is where you find your code and the day to collect it.
order-from = from { $name }
order-to = bought by { $name }
order-qr = Your code as a picture the desk can scan
order-code-buyer = Show this code at the desk to collect it.
order-code-seller = Show this code at the desk when you bring it.
order-when = When
order-before = Bring it before { $day }
order-until = until { $when } at the latest
order-where = Where
order-ship-to = Shipped to
order-ship-by = Sent by { $day } at the latest
order-shipped = Sent { $when }
order-address-erased = The address is no longer kept.
order-have-it = I have it
order-cancel-winner = What you won in an auction is yours to pay and to take. The seller can agree to cancel: ask.
ship-title = Send it
ship-hint = Send it to the address above within seven days after it was paid, then say so here. Later the order is over, and it counts against you.
ship-note = What the buyer should know, such as the number of the parcel
ship-go = Mark as shipped
order-price = Price
order-paid = Paid
order-due = { $due } in cash when you collect it
order-due-seller = The buyer pays at the desk
order-who = With whom
order-calendar = Add to calendar
order-print = Print
order-message-buyer = Message the buyer
order-listing = See the listing
order-confirm = All is well
order-cancel = Cancel
order-cancel-title = Cancel this order?
order-cancel-buyer = Within 30 minutes of buying you can cancel yourself. Later the seller has to agree: ask.
order-cancel-seller = You can cancel until you bring it. Doing so without being asked counts against you.
order-cancel-now = Cancel the order
order-cancel-ask = Ask the seller to cancel
order-you-asked = You asked the seller to cancel. They will answer, or bring it.
order-they-asked = { $name } would like to cancel. If you agree, cancel the order: it will not count against you.
order-timeline = How far it is
order-number = Order { $id }
step-placed = Bought
step-shipped = Sent
step-at-desk = Brought to the desk
step-collected = Collected
step-completed = Completed: the seller is credited
step-return-open = The buyer said that it comes back
step-returned = Given back at the desk
step-refunded = The store looked at it: the buyer has the money
step-canceled = Canceled
step-no-drop-off = Never brought
step-never-sent = Never sent
step-no-pickup = Not collected in time
calendar-collect = Collect: { $title }
calendar-drop-off = Bring to the desk: { $title }
selling-title = Selling
selling-to-bring = Sold, still to be handed over
selling-all = Your listings
selling-none = You have nothing on sale
selling-none-hint = Something on your shelf is looking for its next owner.

order-refunded = { $amount } of it went back to the buyer's wallet.
order-pay = Pay from your wallet
order-pay-hint = Then there is nothing to pay at the desk.
order-pay-go = Pay
order-together = { $count ->
    [one] Bought with one other order
   *[other] Bought with { $count } other orders
}
receipt-paid = Paid { $means }
means-cash = in cash
means-wallet = from the wallet
means-card = by card
return-until = Give it back, until { $date }
return-hint = Bring it to the desk where you collected it, with a new code. The store looks at it, and the money comes to your wallet.
return-why = Why does it come back?
return-go = I will give it back
return-bring = Bring it to the desk and show this code. The money comes to your wallet once the store has looked at it.
return-comes = The buyer wants to give it back. Look at it when the desk has it.
return-is-there = It is back at the desk. The money comes within two days.
return-code = Show this code at the desk when you give it back.

## The cart
cart-title = Your cart
cart-none = Your cart is empty
cart-none-hint = Gather things from as many stores and members as you like, and check out once.
cart-open = Things are set aside for you until { $time }.
cart-open-go = Go on paying
cart-each = { $price } each
cart-was = was { $price }
cart-quantity = How many
cart-change = Change
cart-remove = Remove
cart-remove-this = Remove { $title }
cart-price-changed = The price changed since you put it here: it is { $price } now.
cart-take-price = Take it at the new price
cart-take-copies = { $count ->
    [one] Take { $count }
   *[other] Take { $count }
}
cart-total = Total
cart-two-currencies = Prices in two currencies stay apart. You can pay all of it in one of them.
cart-checkout = Check out
cart-promise = Checking out sets everything aside for you. You choose how to pay on the next page.

## Checking out
checkout-title = Check out
checkout-award-until = What you won is held for you until { $time }. Pay it until then.
checkout-award-over-hint = What you won was not paid in time, or you left it: it is no longer held for you.
checkout-deliver = How shall it reach you?
checkout-deliver-chosen = You can change this until you pay.
checkout-deliver-needed = Say this first, then pay.
checkout-deliver-pickup = I collect it at
checkout-deliver-pickup-go = Collect it there
checkout-deliver-ship = It is shipped to me
checkout-deliver-name = Name
checkout-deliver-address = Address
checkout-deliver-hint = Only the seller sees this, once you have paid. It is erased 90 days after the order is over.
checkout-deliver-ship-go = Ship it there
checkout-shipment = Shipped by the seller
checkout-shipping = { $count ->
    [one] The seller sends it to you.
   *[other] The sellers send them to you.
}
checkout-until = Everything here is set aside for you until { $time }.
checkout-leave = Leave checkout
checkout-no-day = This pickup point has no free day in the next weeks.
checkout-order-total = This order
checkout-thanks = Thank you!
checkout-pickups = { $count ->
    [one] There is one pickup, with a code of its own.
   *[other] There are { $count } pickups, each with a code of its own.
}
checkout-bring = Bring { $totals } in cash.
checkout-code = Your code
checkout-order = See the order
checkout-on = Look around
checkout-expired = The time was over
checkout-left = You left this checkout
checkout-over-hint = Nothing was bought. What you had chosen is still in your cart.
checkout-refunded = Your card was charged too late to buy this: the money is in your wallet.
checkout-letting-go = Your card payment is being called off. If it was charged all the same, the money comes to your wallet.
checkout-to-cart = Back to your cart
pay-how = How do you want to pay?
pay-other-way = Or pay another way
pay-cash = Cash at the desk
pay-cash-hint = { $totals }, when you collect.
pay-wallet = Wallet in { $currency }
pay-wallet-there = You have { $balance }.
pay-wallet-short = That is not enough.
pay-wallet-top-up = Pay cash into your wallet at any desk: say your username.
pay-card = Card in { $currency }
pay-card-hint = On the page of the payment provider.
pay-frozen = The rate stays as it is until you have paid.
pay-promise = You can cancel an order for 30 minutes after buying.
pay-go = Buy now
payment-started = Pay { $amount } by card
payment-started-hint = Nothing is bought until the provider says that you paid. You come back here by yourself.
payment-go = To the payment page
payment-declined = The card was declined
payment-declined-hint = Nothing was charged. Try again, with this card or another.
payment-again = Try another card
payment-authorized = One moment …
payment-authorized-hint = The provider has your payment. Your orders are being placed.

## The wallet
wallet-title = Your wallet
wallet-top-up = To put money in, bring cash to any desk and say your username.
wallet-lines = What happened
wallet-nothing = Nothing yet.
purse-wallet = Wallet
purse-wallet-hint = To buy with.
purse-sales = Sales
purse-sales-hint = What you earned with single things.
purse-store = Store
purse-store-hint = What your store earned.
entry-cash-taken = Paid in cash
entry-card-paid = Paid by card
entry-wallet-paid = You paid an order
entry-order-completed = An order was completed
entry-order-refunded = An order came to nothing: your money back
entry-sale-refunded = Money back
entry-wallet-topped-up = Cash paid in at the desk
entry-card-cost = Cost of cards
entry-cards-settled = Cards settled
entry-payment-refunded = A card payment that came too late
entry-payout-requested = Payout asked for
entry-payout-paid = Payout handed over
entry-payout-voided = Payout taken back
payout-title = Have money paid out
payout-hint = An operator hands it to you within 7 days. Until then it is set aside, and you can take it back.
payout-purse = From
payout-amount = How much?
payout-go = Ask for it
payouts-title = Payouts
payout-until = by { $date }
payout-back = Take back
payout-requested = Asked for
payout-paid = Handed over
payout-voided = Taken back

## Conversations
talks-title = Messages
talks-none = No messages yet
talks-none-hint = Find something you like and ask its seller.
talk-about = about { $title }
talk-is-about = This is about
talk-you = You: { $text }
talk-nothing-yet = Nothing said yet
talk-with = Messages with { $name }
talk-earlier = Earlier messages
talk-safety = Say hello. Keep payment and handover here: nobody from the market asks for your password, and you pay at the desk.
talk-typing = { $name } is typing …
talk-write = Write a message
talk-send = Send
mark-sent = sent
mark-delivered = delivered
mark-read = read
message-failed = This was not sent.
message-again = Try again

## Members and accounts
member-yours = This is you
member-message = Message
member-block = Block
member-unblock = Unblock
member-is-blocked = You blocked this member: you hear nothing of them, and they cannot write to you.
member-listings = On sale and sold
member-nothing = Nothing here yet.
login-title = Welcome back
login-go = Log in
login-new = New here?
signup-title = Join the market
signup-promise = One account for buying, selling and talking.
signup-username-hint = 3 to 30 of a-z, 0-9 and _. This is how others find you.
signup-password-hint = At least 8 characters. Three or four words that nobody would put together are best.
signup-have = You have an account?
signup-go = Join
field-login = Username, e-mail or store
field-name = Name
field-username = Username
field-email = E-mail
field-password = Password
field-current-password = Your password now
account-title = Your account
account-since = here since { $date }
account-logout = Log out
account-yours = Yours
account-profile = Your page, as others see it
account-about = About you
account-presence = Whether you are here
account-presence-shown = Others see when you are here.
account-presence-hidden = Nobody sees when you are here.
account-presence-show = Show it
account-presence-hide = Hide it
account-email-title = E-mail
account-email-now = Your mail goes to { $email }.
account-email-new = New address
account-email-go = Change the address
account-password-title = Password
account-password-new = New password
account-password-hint = Every other session ends when you change it.
account-password-go = Change the password
account-sessions = Where you are logged in
account-this-session = This one
account-session = Since { $started }, last used { $seen }
account-end-session = Log out there
account-blocks = Members you blocked
older-title = Older programs
older-about = Client programs of the older systems know you by a name of their own, with a password of their own.
older-from = You come from an older program?
older-yours = Your names
older-remove = Give it up
older-program = Program
older-name = Your name there
older-password = Your password there
older-new-password = Password for that program
older-password-hint = Older programs send it in clear or as it is stored. Take one you use nowhere else.
older-pin-hint = Without a password, only the machine that took the name can bring it along.
older-add-title = Use an older program
older-add-about = Take a name and a password to log in with there. What you sell, buy and say is the same everywhere.
older-add-go = Take the name
older-link-title = Bring a name along
older-link-about = You joined with an older program, and have not used it yet? Its name becomes one of yours.
older-link-go = Bring it along
older-claim-title = Make a full account of it
older-claim-about = What you joined with an older program is an account here. Give it an e-mail address and a password for the pages, and it is yours everywhere.
older-claim-password = New password, for everything else
older-claim-go = Make it a full account
older-claim-have = You have a full account already?
older-wire-000 = AUBoutique 000: text, then JSON
older-wire-001 = AUBoutique 001: JSON
older-wire-003 = Cybermarket, as a buyer
older-wire-003-merchant = Cybermarket, as a store
older-wire-004 = Auctions over datagrams

## What happened
events-title = What happened
events-none = Nothing yet
events-none-hint = When you buy, sell or get a message, it is told here.
told-sold = { $subject } is sold. Bring it to the desk.
told-bought = You bought { $subject }.
told-shipped = { $subject } is on its way to you.
told-at-desk = { $subject } is at the desk. Come and collect it.
told-collected = { $subject } was collected.
told-completed = { $subject }: all is well, you are credited.
told-cancel-asked = The buyer of { $subject } would like to cancel.
told-canceled = The order of { $subject } was canceled.
told-drop-off-missed = { $subject } was not brought in time. The order is over.
told-never-brought = { $subject } was never brought. The order is over.
told-not-collected = { $subject } was not collected. Fetch it at the desk.
told-pickup-missed = { $subject } was not collected in time. The order is over.
told-reminded = { $subject } is waiting for you at the desk.
told-moved = The pickup of { $subject } is on another day.
told-return-asked = The buyer of { $subject } will give it back.
told-return-taken = { $subject } is back at the desk. Look at it.
told-refunded = { $subject }: money came back to your wallet.
told-outbid = You were outbid on { $subject }.
told-ending-soon = Bidding on { $subject } ends soon.
told-price-lowered = { $subject }: the seller asks for less.
told-note-added = { $subject }: the seller added a note.
told-closed = Bidding on { $subject } is over.
told-offered = { $subject } is offered to you. Take it or leave it.
told-asked = Nobody has bid on { $subject } yet. Do you want to lower the price?
told-won = { $subject } is yours. Choose how to get it, and pay.
told-auction-sold = { $subject } found a buyer. You are told when it is paid.
told-pay-reminded = { $subject } is still to be paid.
told-not-paid = { $subject } was not paid in time. The sale came to nothing.
told-defaulted = The winner of { $subject } did not pay. See what you can do.
told-offer-declined = { $subject }: your offer was turned down.
told-offer-expired = { $subject }: nobody took your offer in time.
told-offer-withdrawn = { $subject }: the offer was taken back.
told-message = { $subject } wrote to you.

## The desk
desk-title = The desk
desk-not-yours = You do not serve a desk. An operator appoints whoever does.
desk-code = Code
desk-look = Look it up
desk-hint = Type or scan a code. Enter shows it, Enter again does what is to be done, Escape clears.
desk-takes-in = Take this in
desk-hands-over = Hand this over
desk-takes-back = Take this back
desk-shown = What the code is for
desk-from = from { $name }
desk-to = to { $name }
desk-day = Pickup day
desk-state = State
desk-take = Take { $due }
desk-paid = Paid: take nothing
desk-no-cash = No cash changes hands
desk-return-cash = Give no money: it goes to the buyer's wallet
desk-drop-off = Taken in
desk-collect = Handed over
desk-take-return = Taken back
desk-nothing = There is nothing to do with this code at the moment.
desk-did-drop-off = Taken in from { $name }: { $what }.
desk-did-collect = Handed over to { $name }: { $what }.
desk-did-take-return = Taken back from { $name }: { $what }.
desk-did-cash = { $cash } taken.
desk-last = Last
desk-top-up = Top up a wallet
desk-top-up-hint = Take the cash first. It is there to spend at once.
desk-top-up-cash = Cash taken
desk-top-up-go = Put it into the wallet
desk-topped-up = { $name }: { $cash } put in.
desk-topped-up-now = There was { $before }, now there is { $after }.

## What operators do
operator-title = Running the market
operator-settings = Settings
setting-email-domains = E-mail domains that may join, with commas between; empty for all
setting-commission-basis-points = Commission, in hundredths of a percent
setting-lbp-per-usd = Pounds for a dollar
setting-handling-basis-points = Kept for handling what was not collected, in hundredths of a percent
setting-auction-commission-basis-points = Commission of auctions, in hundredths of a percent
setting-increments-usd = By how much bids in dollars exceed the price, in cents: 0:50,1000:100 is 50 from 0 on, 100 from 1,000 on
setting-increments-lbp = By how much bids in pounds exceed the price: 0:50000,1000000:100000
setting-soft-close-minutes = Minutes a late bid leaves to the others
setting-bids-per-minute = Bids one member may place in a minute
setting-messages-per-minute = Messages one member may send in a minute
operator-closed = Closed for good
operator-change-point = Name, address and opening hours
operator-address = How to find it
operator-zone = Time zone
operator-capacity = Orders a day
operator-opening = Opening hours, like 08:00-17:00; empty where it is closed
weekday-mon = Monday
weekday-tue = Tuesday
weekday-wed = Wednesday
weekday-thu = Thursday
weekday-fri = Friday
weekday-sat = Saturday
weekday-sun = Sunday
operator-closures = Closed days
operator-open-day = Open after all
operator-close-day = Close on a day: its pickups move to the next open one
operator-close-day-go = Close
operator-attendants = Who serves the desk
operator-dismiss = Dismiss
operator-appoint = Username of a member
operator-appoint-go = Appoint
operator-close = Close it for good
operator-close-explained = It takes no new orders. What is under way is finished.
operator-close-go = Close it for good
operator-add = Another pickup point
operator-add-go = Add it
operator-role = What a member may do
operator-role-is = Role
operator-role-go = Change
operator-payouts = Payouts that wait
operator-payouts-none = Nobody waits for a payout.
operator-payouts-hint = Hand the money over, then confirm. What nobody confirms in time goes back to where it was.
operator-payout-to = to { $name }
operator-payout-of = earned by { $name }
operator-payout-wallet = from the wallet
operator-payout-sales = from sales
operator-payout-until = until { $date }
operator-payout-note = How it was handed over, or why not
operator-payout-confirm = Handed over
operator-payout-void = Take back
role-member = Member
role-moderator = Moderator
role-operator = Operator

## What was just done
done-operator = Done.
done-claimed = It is a full account now. Log in with its new password.
done-older-add = The name is yours. Log in with it there.
done-older-link = The name is one of yours now.
done-older-remove = The name is given up.
done-bought = It is yours. Here is your code.
done-in-cart = It is in your cart.
done-left = You left the checkout. Everything is still in your cart.
done-order-paid = Paid. There is nothing to pay at the desk.
done-give-back = Bring it to the desk with this code.
done-payout = Asked for. You are told when it is handed over.
done-payout-back = The money is back where it was.
done-bid-leads = Your bid is in, and you lead.
done-bid-outbid = Your bid is in, and somebody’s maximum is higher.
done-watched = You are told what happens here.
done-unwatched = You no longer watch this.
done-auction-opened = It is up for auction.
done-price-lowered = The price is lowered, and those who watch are told.
done-price-kept = The price stays.
done-reserve-lowered = The reserve price is changed.
done-note-added = The note is added, and everybody who bids or watches is told.
done-auction-canceled = The auction is called off, and everybody who bid is told.
done-offered = Offered. It stands for 24 hours.
done-offer-declined = Declined.
done-second-chances = Saved.
done-listed = It is on sale.
done-edited = Saved.
done-withdrawn = It is off the market. Only you see it.
done-published = It is back on sale.
done-canceled = The order is canceled.
done-cancel-requested = The seller was asked.
done-shipped = Good! The buyer is told.
done-confirmed = Good! The seller is credited.
done-blocked = Blocked. You hear nothing of them any more.
done-unblocked = You hear them again.
done-logged-out = You are logged out. See you soon.
done-name = Your name is changed.
done-username = Your username is changed.
done-email = Your address is changed.
done-password = Your password is changed. Every other session has ended.
done-presence = Saved.
done-session-ended = That session has ended.

## When something goes wrong
error-home = To the home page
error-not-found-title = There is nothing here
error-forbidden-title = That is not yours to do
error-too-many-title = A little slower, please
error-busy-title = The market is busy
error-broken-title = Something is wrong on our side
error-refused-title = That did not work
error-no-page = There is no such page. It may have been moved, or the address has a slip in it.
error-busy = Nothing was changed. Try again in a moment.
error-broken = It was noted as { $incident }. Nothing of yours is lost; tell the operator if it keeps happening.
refusal-sign-in-needed = Log in first.
refusal-session-ended = Your session has ended. Log in again.
refusal-role-needed = Only a { $role } can do this.
refusal-wrong-credentials = The login or the password is wrong.
refusal-too-many-tries = Too many tries. Wait { $wait_seconds } seconds, then try again.
refusal-not-found = There is no such { $what }, or it is not for you to see.
refusal-not-yours = This listing belongs to another member. Only its owner can change it.
refusal-key-reused = This form was sent before with something else in it. Load the page again and repeat it.
refusal-key-invalid = This form is out of date. Load the page again.
refusal-username-invalid = A username is 3 to 30 of the letters a-z, the digits and the underscore.
refusal-username-reserved = This username is reserved. Choose another.
refusal-username-taken = This username is taken. Choose another, or log in if it is yours.
refusal-email-invalid = This does not look like an e-mail address.
refusal-email-domain-not-allowed = Only addresses at { $domains } can join this market.
refusal-email-taken = There is an account with this address. Log in instead.
refusal-account-in-use = The account of this name has sold, bought, bid or owns a store. Make it a full account of its own instead, with the name and the password of the older program.
refusal-password-length = A password has { $least } to { $most } characters.
refusal-password-weak = This password is too easy to guess. { $advice }
refusal-struck-out = After { $strikes } missed handovers you cannot buy or sell until { $until }.
refusal-last-operator = This is the last operator. Make another member operator first.
refusal-text-length = This needs { $least } to { $most } characters.
refusal-text-unprintable = This has a character in it that cannot be shown. Remove it.
refusal-search-empty = Search for a word of at least one letter or digit, and no more than { $most } words.
refusal-currency-unknown = The currencies are USD and LBP.
refusal-currency-needed = Choose a currency first: prices in two currencies cannot be compared.
refusal-price-range-invalid = The lower price comes first, and neither is below zero.
refusal-price-out-of-range = This price is too low or too high.
refusal-price-unreadable = This is not a price. Write it like 12.50 for USD or 350000 for LBP.
refusal-category-unknown = Choose a category.
refusal-condition-unknown = Choose a condition.
refusal-sort-unknown = Choose an order: { $known }.
refusal-listing-sold = This is sold.
refusal-listing-withdrawn = This was taken off the market by its owner.
refusal-listing-published = This is on sale already.
refusal-own-listing = This is your own listing.
refusal-price-changed = The price is now { $price }. Look again, and buy at the new price if you still want it.
refusal-too-many-listings = You have { $most } listings on sale, the most a member may have. Withdraw one first.
refusal-stock-short = Only { $available } can be bought at the moment. Ask for fewer, or look again later.
refusal-quantity-out-of-range = A number of copies is a whole number of 1 to { $most }.
refusal-card-number = This looks like the number of a payment card. Never write it to anybody: remove it. Cards are only asked for on the page of the payment provider.
refusal-held = Only { $available } can be bought at the moment: somebody else is paying for the rest. Try again after { $until }.
refusal-quantity-limit = You can buy { $most } of this at once. Take fewer.
refusal-cart-empty = Your cart is empty. Put something into it first.
refusal-cart-full = A cart has at most { $most } lines. Check out, or remove one first.
refusal-total-changed = The total is now { $totals }. Look at it again, and check out if you still want everything.
refusal-line-unavailable = { $title } cannot be bought as it stands. What you can do is said beside it.
refusal-too-many-checkouts = Things were set aside for you for an hour, and you did not buy them. Wait { $wait_seconds } seconds, then check out again.
refusal-auction-over = Bidding on this is over.
refusal-bid-too-low = This bid is too low. The least you can bid is { $minimum }.
refusal-bid-too-high = The highest bid taken from you is { $most }. It is more once you have been here for a week.
refusal-not-cash-unit = Amounts in an auction are multiples of { $unit }. Change it a little.
refusal-auction-currency = This auction is in { $currency }. Give the amount in { $currency }.
refusal-own-auction = This is your own auction: you cannot bid on it.
refusal-not-your-auction = This auction belongs to another member. Only its seller can do this.
refusal-bidder-linked = You cannot bid here: you and the seller belong together, by an invitation, a store, or a device you both use. It keeps prices honest.
refusal-bidder-blocked = You cannot bid here: you or the seller has blocked the other.
refusal-too-many-bids = You are bidding very fast. Wait { $wait_seconds } seconds, then bid again.
refusal-too-many-auctions = You take part in { $most } running auctions, the most for now. Wait until one of them is over.
refusal-buy-now-gone = It can no longer be had at once: bidding has gone too far. Place a bid instead.
refusal-reserve-too-low = The reserve price is { $least } or more: it is never below the starting price.
refusal-buy-now-too-low = The buy-now price is { $least } or more: 1.3 times the starting price, and not below the reserve price.
refusal-lot-name-taken = Something was put up under this name before. Choose another name.
refusal-duration-invalid = Bidding lasts a minute at least and 30 days at most. Choose another end.
refusal-auction-has-bids = There are bids on this. What was said stays: add a note instead.
refusal-price-not-lower = Ask for less than { $price }, in the same currency.
refusal-not-asked = There is nothing to answer: you were not asked to lower the price, or have answered.
refusal-reserve-fixed = The reserve price stays: there is none, it is met, or bidding ends within the hour.
refusal-too-many-notes = There are { $most } additions, the most there may be.
refusal-cancel-too-late = It has bids and ends within { $hours } hours: let it run. A moderator can still call it off.
refusal-retraction-refused = This bid stands. A typing error can be put right within ten minutes, more than an hour before the end, by a lower bid; any bid, when the seller changed the description after it.
refusal-not-negotiable = There is nothing to negotiate here: it runs, it is sold, or the time for it is over.
refusal-counter-invalid = Ask once, for more than { $least } and no more than { $most }.
refusal-too-many-relists = A lot is put up again { $most } times at most. Sell it at a fixed price, or begin a new auction later.
refusal-offer-over = This offer is over.
refusal-auction-not-due = There is nothing due in this auction.
refusal-too-many-watched = You watch { $most } auctions, the most there may be. Stop watching one first.
refusal-auction-still-open = The bid log can be downloaded once bidding is over.
refusal-not-single = A store's product cannot be put up for auction. Put up a single thing instead.
refusal-at-auction = This is up for auction: bid on it.
refusal-pay-first = What was won in an auction is paid before it is handed over: from your wallet or by card. Put cash into your wallet at any desk.
refusal-delivery-needed = Say first how it shall reach you: choose a pickup point, or give an address.
refusal-delivery-fixed = What you buy here is collected at the pickup point of its listing.
refusal-checkout-over = This checkout is over. What was not bought is still in your cart: check out again.
refusal-balance-short = There are only { $available } here. Take less, or pay another way.
refusal-amount-out-of-range = This amount is too low or too high.
refusal-cards-off = This market takes no cards. Pay from your wallet, or in cash at the desk.
refusal-payment-mismatch = The payment was asked for { $asked }, and another amount is told of.
refusal-payout-over = This payout is over: it was handed over, or taken back.
refusal-period-invalid = A period has its first day before its last, and at most { $days } days and { $lines } lines. Choose a shorter one.
refusal-return-over = Only goods of stores can be given back, once, within { $days } days after the order was completed.
refusal-refund-too-large = Of this order { $left } can be given back at most.
refusal-store-name-invalid = The name of a store has a letter or a digit in it.
refusal-store-name-taken = This name is taken by another store or member. Choose another.
refusal-store-owned = You have a store already. A member owns one store; others can make you staff of theirs.
refusal-store-away = This store is closed until the end of { $until }. Nothing can be bought from it until then.
refusal-invitation-invalid = This invitation opens no store. Check the code, or ask for a new one.
refusal-invitation-over = This invitation is over: it was used, taken back, or has expired.
refusal-too-many-invitations = You have { $most } open invitations, the most a member may have. Take one back first.
refusal-too-much-staff = A store has at most { $most } members of staff. Dismiss somebody first.
refusal-not-stock = This is a single thing of a member, not the stock of a store.
refusal-variant-taken = Each variant of a product has a name of its own.
refusal-sku-taken = Your store uses this SKU for something else. Choose another, or leave it empty.
refusal-variant-count = A product has 1 to { $most } variants.
refusal-total-out-of-range = These lines cost more together than an order may. Buy fewer at once.
refusal-pickup-point-full = The pickup point has no free day in the next { $days } days. Try again later.
refusal-pickup-point-closed = This pickup point is closed for good. Choose another.
refusal-opening-invalid = Opening hours are given per weekday as 08:00-17:00, on at least one day.
refusal-capacity-out-of-range = A daily capacity is a whole number of 1 to { $most }.
refusal-time-zone-unknown = There is no such time zone. Use a name such as Asia/Beirut.
refusal-day-invalid = A day is written like 2026-11-24 and lies today or later.
refusal-order-state = This order has moved on: that can no longer be done. What you see here is how it stands now.
refusal-cancel-needs-consent = { $minutes ->
    [0] What was won in an auction is canceled with the seller's consent alone. Ask the seller to cancel.
   *[other] You could cancel for { $minutes } minutes. Now ask the seller to cancel.
}
refusal-cash-due = { $due } is due. Take exactly this amount.
refusal-yourself = This is you.
refusal-conversation-blocked = You cannot write to this member. If it is you who blocks them, unblock them first.
refusal-stranger-limit = You can send { $messages } messages to somebody who has not answered yet, and write to { $conversations } such members a day. Wait for an answer.
refusal-too-many-messages = You are sending messages very fast. Wait { $wait_seconds } seconds, then send it again.
refusal-message-id-used = This message was sent before with another text. Load the page again and repeat it.
refusal-picture-too-large = A picture has at most 8 MB. Choose another, or make it smaller.
refusal-picture-too-many-pixels = This picture has too many pixels. Make it smaller and try again.
refusal-picture-unreadable = { $problem }
refusal-too-many-uploads = You have { $most } pictures on no listing. Use some of them, or wait a day.
refusal-upload-misplaced = The picture did not arrive whole. Try again.
refusal-picture-needed = Add a picture: in this category people want to see it.
refusal-too-many-pictures = A listing has at most { $most } pictures.
refusal-resync-required = The market was restored. Load the page again.
refusal-setting-invalid = { $problem }

# Stores
nav-stores = Stores
stores-title = Stores
stores-yours = Your store
stores-none = No store has opened yet
stores-none-hint = Clubs and merchants open one here by invitation.
store-by = By { $name }
store-room = Back room
store-message = Message the store
store-away = Closed from { $from } to { $until }. Nothing can be bought until then.
store-shelves = On the shelves
store-nothing = The shelves are empty at the moment. Come back later.
store-open-title = Open a store
store-open-explained = A store has its own page, a stock that is counted, and staff. Somebody who owns one invites you with a code.
store-open-go = Open it
store-code = Invitation code
store-name = Name of the store
store-email = E-mail, for everybody to see
store-as-seen = As others see it
store-about = About the store
store-closed = Closed days
store-closed-hint = Nothing can be bought on these days. Leave both empty to be open.
store-closed-from = From
store-closed-until = Until
store-limit = Most copies of one thing one buyer may have at once
store-picture = Picture of the store
store-picture-now = The picture now
store-picture-hint = JPEG, PNG, WebP or GIF, up to 8 MB. It stands beside the name, cut to a square.
store-staff = Staff
store-owner = { $name } owns the store and names its staff.
store-dismiss = Dismiss
store-appoint = Username of a member
store-appoint-go = Make staff
store-invitations = Invitations
store-invitations-hint = Each opens one store within 30 days.
store-invite = Invite somebody
store-invited = Give this code to whoever opens a store
store-invited-hint = It is shown this once. Take the invitation back if it gets into wrong hands.
invitation-open = Waiting to be used
invitation-used = Opened a store
invitation-revoked = Taken back
invitation-expired = Expired
invitation-until = Until { $date }
invitation-revoke = Take back
store-stock = Stock
store-orders = Orders
store-money = Money
store-add = Add a product
stock-none = Nothing in stock
stock-none-hint = Put your first product on the shelves.
stock-low = Running low
stock-left = { $count ->
    [0] None left
    [one] { $count } left
   *[other] { $count } left
}
stock-promised = { $count } promised to orders
stock-copies = Copies
stock-restock = Add to stock
stock-adjust = Correct the count
stock-by = More (5) or fewer (-5)
stock-reason = Why?
stock-withdraw = Take off the shelf
order-lines = What was bought
store-queue = To be handed over
store-sold = Sold
store-sold-nothing = Nothing has been sold yet.

# What a store earned
money-profit = Profit
money-profit-hint = What completed orders brought after the commission, less what went back. Payouts are no part of it.
money-balance = The market owes you
money-balance-hint = As of now: what was earned and has not been paid out.
money-debt = You owe the market
money-debt-hint = More went back than was there: what you earn next pays for it.
money-period = Period
money-month = This month
money-last-month = Last month
money-week = Last 7 days
money-days = Last 30 days
money-year = This year
money-from = From
money-until = Until
money-show = Show
money-span = { $from } – { $until }
money-csv = Download as CSV
money-chart = Sales in { $currency }
money-drawn = Bars of what came in, in { $currency }: the same numbers stand in the table below.
money-bar = { $when }: { $amount }
money-numbers = The numbers
money-when = When
money-orders = Orders
money-earned = Earned
money-lines = What it is the sum of
money-lines-count = { $count ->
    [one] { $count } line
   *[other] { $count } lines
}
money-nothing = Nothing was earned in this period
money-nothing-hint = An order counts when its buyer says that all is well, or two days after it was collected.
earned-order-completed = Order completed
earned-sale-refunded = Money given back
earned-other = Put right
store-payout = Have it paid out
store-payout-hint = An operator hands it to you within 7 days. Until then it is set aside, and you can take it back.
store-payout-none = There is nothing to be paid out at the moment.
store-payout-amount = How much, in { $currency }?
store-payout-go = Ask for it
store-payouts = Payouts
store-payout-requested = Waiting until { $date }
store-payout-paid = Handed over on { $date }
store-payout-voided = Taken back on { $date }
store-payout-back = Take back

# An order, for who sold it
sold-return-open = The buyer brings it back
sold-return-open-hint = There is nothing to do yet. When it is at the desk, fetch it and look at it.
sold-return-reason = Why: { $reason }
sold-returned = It is back: look at it
sold-returned-hint = The buyer gets { $amount } back either way, at the latest two days after it came back. Say where it goes.
sold-restock = Back into stock
sold-write-off = Write off
sold-refund = Give money back
sold-refund-hint = A part of the price, or all of it, into the buyer's wallet. { $left } can go back at most.
sold-refund-amount = How much, in { $currency }?
sold-refund-go = Give it back
sold-refunded = { $amount } went back to the buyer.
store-returns = Coming back
product-variants = Variants
product-variants-hint = One is enough. Sizes or colors are variants, each with its own price and stock; leave the rest empty.
product-variant = Variant { $count }
product-label = What sets it apart
product-sku = Your code (SKU)
product-low = Warn me below
product-go = Put it on the shelves
listing-store = Sold by
listing-variants = Choose
listing-quantity = How many?
done-store = Saved.
done-store-opened = Your store is open. Put something on its shelves.
done-stock = The stock is up to date.
done-product = It is on the shelves.
done-store-payout = Asked for. You are told when it is handed over.
done-store-payout-back = It is taken back: the money is where it was.
done-restocked = It is back in stock, and the buyer has the money.
done-written-off = It is written off, and the buyer has the money.
done-refunded = The buyer has the money in their wallet.

# Auctions
auctions-title = Auctions
auctions-explained = Bid your maximum; the market bids for you, no more than is needed.
auctions-running = Running
auctions-over = Over
auctions-all = All auctions
auctions-own = Your auctions
auctions-none = Nothing is up for auction at the moment
auctions-none-over = No auction is over yet
auctions-none-hint = What is dear to somebody finds its price here. Put something up.
auctions-bidding = Bidding
auctions-watched = Watched
auctions-to-pay = You won: to be paid
auctions-asked = Waiting for your answer
auctions-none-bidding = You have not bid on anything yet
auctions-none-watched = You watch no auction
auctions-none-selling = You have put nothing up for auction
auction-tag-open = At auction
auction-tag-asked = Lower the price?
auction-tag-leading = You lead
auction-tag-outbid = Outbid
auction-tag-to-pay = To be paid
auction-tag-won = Yours
ending-sold = Sold
ending-reserve-not-met = Reserve not met
ending-not-paid = Not paid
ending-no-bids = No bids
ending-canceled = Called off
auction-left = Time left
auction-price = Price now
auction-price-over = Hammer price
auction-price-last = Leading bid
auction-you = You
auction-bidder = Bidder { $count }
auction-leads = Leading: { $bidder }
auction-winner = Highest bid: { $bidder }
auction-bids = { $count ->
    [0] no bids
    [one] { $count } bid
   *[other] { $count } bids
}
auction-bidders = { $count ->
    [one] { $count } bidder
   *[other] { $count } bidders
}
auction-watchers = { $count ->
    [one] { $count } watches
   *[other] { $count } watch
}
auction-here = look at this now
auction-reserve-met = Reserve met
auction-reserve-not-met = Reserve not met
auction-no-reserve = No reserve
auction-buy-now-at = { $price } at once
auction-buy-now = Buy now for { $price }
auction-buy-now-explained = Bidding ends at once and it is yours for { $price }. You have 48 hours to pay.
auction-ends-at = Bidding ends { $moment }.
auction-moved = A late bid moved the end.
auction-closed-at = Bidding ended { $moment }.
auction-you-lead = You lead.
auction-you-are-outbid = You were outbid.
auction-your-maximum = Your maximum: { $maximum }
auction-your-maximum-was = Your maximum was { $maximum }. Bid more, if it is worth more to you.
auction-you-won = It is yours!
auction-due = { $price } to pay
auction-pay-by = To be paid by { $moment }.
auction-pay = Choose how to get it, and pay
auction-waits-for-payment = Sold. You are told where it goes as soon as it is paid.
auction-watch = Watch
auction-unwatch = Stop watching
auction-log = Download the bid log
auction-log-hint = Every bid, for anybody to check the result.
auction-history = Bids
auction-no-bids-yet = No bids yet. The first one could be yours.
auction-note-of = Added { $moment }
bid-amount = Your maximum: { $minimum } or more
bid-go = Bid
bid-raise = Raise
bid-explained = We bid for you only as much as is needed to lead, up to your maximum. Nobody sees it while bidding runs; the log that decided the auction is public afterwards, without names.
bid-raise-explained = Raising your maximum tells nobody and never moves the end, though it may complete the increment.
bid-login = Bid { $minimum } or more
bid-retract = Was your last bid a mistake?
bid-corrected = What you meant to bid
bid-retract-go = Put it right
bid-retract-hint = A typing error can be put right within ten minutes, by a lower bid in its place.
bid-retract-changed = The seller added a note after your bid: you may take it back. Leave the field empty to bid nothing.
bid-removed = no longer counts
bid-outbid-at-once = outbid at once
offer-yours = It can be yours for { $price }
offer-second-chance = The winner did not pay, and you are next.
offer-leading-bid = The reserve price was not met, and the seller takes your bid all the same.
offer-counter = The reserve price was not met, and the seller asks for this.
offer-watchers = Nobody bid, and the seller offers it to everybody who watches. The first who takes it has it.
offer-until = It stands until { $moment }.
offer-take = Take it for { $price }
offer-leave = No, thank you
offers-title = Offers
offer-kind-second-chance = second chance
offer-kind-leading-bid = leading bid taken
offer-kind-counter = counter-offer
offer-kind-watchers = to those who watch
offer-state-open = Open
offer-state-accepted = Taken
offer-state-declined = Turned down
offer-state-expired = Expired
offer-state-withdrawn = Taken back
auction-yours = Your auction
auction-your-reserve = Your secret reserve price: { $reserve }
auction-lower = Lower the price
auction-lower-hint = As long as nobody has bid. Those who watch are told.
auction-lower-reserve = Lower the reserve price
auction-lower-reserve-hint = Until an hour before the end. It can be lowered, never raised.
auction-remove-reserve = Remove the reserve price
auction-note = Add a note to the description
auction-note-label = Note
auction-note-go = Add it
auction-cancel = Call it off
auction-cancel-reason = Why?
auction-cancel-hint = With bids on it only until 12 hours before the end, and with a reason that everybody who bid is told.
asked-title = Half of the time is gone without a bid. It is { $price } now: do you want to ask for less?
asked-left = Time left:
asked-lower = Ask for this
asked-keep = Leave it as it is
negotiation-until = It was not sold. Until { $moment } you can do something about it.
negotiation-accept = Take the leading bid, { $price }
negotiation-accept-hint = The bidder has 24 hours to say yes.
negotiation-counter = Ask the leading bidder for more
negotiation-counter-go = Ask for this
negotiation-counter-hint = Once, for something between the leading bid and your reserve price.
negotiation-watchers = { $count ->
    [one] Offer it to the one who watches
   *[other] Offer it to the { $count } who watch
}
negotiation-watchers-go = Offer
negotiation-watchers-hint = For 24 hours. The first who takes it has it.
negotiation-relist = Put it up again
negotiation-relist-price = Starting price: { $price } or less
negotiation-relists-left = { $count ->
    [one] This can be done once more.
   *[other] This can be done { $count } times more.
}
negotiation-fixed = Sell it at a fixed price
negotiation-fixed-go = Put it on sale
negotiation-fixed-hint = It is a listing like any other, as you described it.
second-chances = Second chances
second-chances-on = When a winner does not pay and you are next, it is offered to you.
second-chances-off = Nothing is offered to you when a winner does not pay.
second-chances-stop = No more
second-chances-start = Tell me
put-up-title = Put it up for auction
put-up-hint = It stays as you described it. Say on which terms.
put-up-promise = With the first bid the description stays as it is; you can add notes. The winner has 48 hours to pay.
terms-lasts = How long?
terms-until = Until …
terms-until-label = The end
terms-until-hint = By the clock of the pickup point. A minute from now at least, 30 days at most.
terms-more = Reserve price, buy now, increment
terms-reserve = Reserve price
terms-reserve-hint = Secret. Below it you need not sell.
terms-buy-now = Buy-now price
terms-buy-now-hint = Ends it at once. At least 1.3 times the starting price; gone with the first bid, or when the reserve is met.
terms-increment = Your own increment
terms-increment-hint = By how much bids rise at least. Leave it empty for the usual one.
