-- What a buyer has gathered. The price is the one the buyer saw.
CREATE TABLE cart_lines (
    member_id TEXT NOT NULL REFERENCES members (id),
    listing_id TEXT NOT NULL REFERENCES listings (id),
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    price BIGINT NOT NULL CHECK (price > 0),
    currency TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, listing_id)
);

CREATE TABLE checkouts (
    id TEXT PRIMARY KEY NOT NULL,
    buyer_id TEXT NOT NULL REFERENCES members (id),
    state TEXT NOT NULL CHECK (state IN ('held', 'placed', 'canceled', 'expired')),
    rate BIGINT NOT NULL CHECK (rate > 0),
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    version BIGINT NOT NULL,
    CHECK ((state = 'held') = (ended_at IS NULL))
);
-- One checkout of a buyer at a time.
CREATE UNIQUE INDEX checkouts_held ON checkouts (buyer_id) WHERE state = 'held';
CREATE INDEX checkouts_due ON checkouts (expires_at) WHERE state = 'held';
CREATE INDEX checkouts_buyer ON checkouts (buyer_id, ended_at);

-- What is set aside. A hold lives while it has not ended and its time is not over: the clock is asked, not a sweeper.
CREATE TABLE holds (
    checkout_id TEXT NOT NULL REFERENCES checkouts (id),
    place BIGINT NOT NULL,
    listing_id TEXT NOT NULL REFERENCES listings (id),
    buyer_id TEXT NOT NULL REFERENCES members (id),
    title TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    price BIGINT NOT NULL CHECK (price > 0),
    currency TEXT NOT NULL,
    seller_id TEXT NOT NULL REFERENCES members (id),
    store_id TEXT REFERENCES stores (id),
    pickup_point_id TEXT NOT NULL REFERENCES pickup_points (id),
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (checkout_id, place)
);
-- One live hold per buyer and listing, and what others hold of a listing without looking at its past.
CREATE UNIQUE INDEX holds_live ON holds (listing_id, buyer_id) WHERE ended_at IS NULL;

CREATE TABLE payments (
    id TEXT PRIMARY KEY NOT NULL,
    checkout_id TEXT NOT NULL REFERENCES checkouts (id),
    buyer_id TEXT NOT NULL REFERENCES members (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL CHECK (currency IN ('USD', 'LBP')),
    state TEXT NOT NULL CHECK (state IN ('started', 'declined', 'authorized', 'placed', 'refunded', 'voided')),
    reason TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX payments_checkout ON payments (checkout_id, id);
CREATE INDEX payments_open ON payments (id) WHERE state IN ('started', 'declined', 'authorized');

CREATE TABLE payouts (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    purse TEXT NOT NULL CHECK (purse IN ('wallet', 'sales', 'store')),
    store_id TEXT REFERENCES stores (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL CHECK (currency IN ('USD', 'LBP')),
    state TEXT NOT NULL CHECK (state IN ('requested', 'paid', 'voided')),
    requested_at BIGINT NOT NULL,
    due_at BIGINT,
    ended_at BIGINT,
    note TEXT NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((purse = 'store') = (store_id IS NOT NULL)),
    CHECK ((state = 'requested') = (ended_at IS NULL))
);
CREATE INDEX payouts_member ON payouts (member_id, id);
CREATE INDEX payouts_open ON payouts (id) WHERE state = 'requested';
CREATE INDEX payouts_due ON payouts (due_at) WHERE due_at IS NOT NULL;

-- The most copies of one thing a store sells one buyer at once.
ALTER TABLE stores ADD COLUMN most_at_once BIGINT NOT NULL DEFAULT 10 CHECK (most_at_once BETWEEN 1 AND 1000000);

-- The group an order belongs to, how it was paid, and what went back. Until now everything was paid in cash.
ALTER TABLE orders ADD COLUMN checkout_id TEXT REFERENCES checkouts (id);
ALTER TABLE orders ADD COLUMN means TEXT CHECK (means IN ('cash', 'wallet', 'card'));
ALTER TABLE orders ADD COLUMN paid BIGINT;
ALTER TABLE orders ADD COLUMN paid_currency TEXT;
ALTER TABLE orders ADD COLUMN paid_rate BIGINT;
ALTER TABLE orders ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND total);
ALTER TABLE orders ADD COLUMN return_requested_at BIGINT;
ALTER TABLE orders ADD COLUMN return_reason TEXT;
UPDATE orders SET means = 'cash', paid = total, paid_currency = currency WHERE paid_at IS NOT NULL;
CREATE INDEX orders_checkout ON orders (checkout_id, id) WHERE checkout_id IS NOT NULL;
-- Codes are shown again when goods come back.
DROP INDEX orders_pickup_code;
DROP INDEX orders_drop_off_code;
CREATE UNIQUE INDEX orders_pickup_code ON orders (pickup_point_id, pickup_code)
    WHERE state IN ('placed', 'at_desk', 'return_open');
CREATE UNIQUE INDEX orders_drop_off_code ON orders (pickup_point_id, drop_off_code)
    WHERE state IN ('placed', 'at_desk', 'return_open');

-- Stock is set aside and let go, and comes back. The table is made anew for what its kinds may be.
ALTER TABLE movements RENAME TO old_movements;
DROP INDEX movements_listing;
CREATE TABLE movements (
    id TEXT PRIMARY KEY NOT NULL,
    listing_id TEXT NOT NULL REFERENCES listings (id),
    kind TEXT NOT NULL
        CHECK (kind IN ('receive', 'adjust', 'hold', 'release', 'commit', 'uncommit', 'collect', 'return')),
    quantity BIGINT NOT NULL CHECK (quantity <> 0 AND (quantity > 0 OR kind = 'adjust')),
    order_id TEXT REFERENCES orders (id),
    checkout_id TEXT REFERENCES checkouts (id),
    member_id TEXT REFERENCES members (id),
    reason TEXT,
    at BIGINT NOT NULL,
    CHECK ((kind = 'adjust') = (reason IS NOT NULL)),
    CHECK ((kind IN ('hold', 'release')) = (checkout_id IS NOT NULL))
);
INSERT INTO movements (id, listing_id, kind, quantity, order_id, member_id, reason, at)
    SELECT id, listing_id, kind, quantity, order_id, member_id, reason, at FROM old_movements;
DROP TABLE old_movements;
CREATE INDEX movements_listing ON movements (listing_id, id);
-- @append-only movements

-- An entry is about an order, a payment, a payout, or money paid in. Both tables are made anew, since one refers to the
-- other.
ALTER TABLE postings RENAME TO old_postings;
ALTER TABLE entries RENAME TO old_entries;
DROP INDEX postings_account;
CREATE TABLE entries (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (kind, source)
);
INSERT INTO entries (id, kind, source, at) SELECT id, kind, order_id, at FROM old_entries;
CREATE TABLE postings (
    entry_id TEXT NOT NULL REFERENCES entries (id),
    place BIGINT NOT NULL,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (entry_id, place),
    FOREIGN KEY (account, currency) REFERENCES accounts (name, currency)
);
INSERT INTO postings (entry_id, place, account, currency, amount)
    SELECT entry_id, place, account, currency, amount FROM old_postings;
DROP TABLE old_postings;
DROP TABLE old_entries;
-- Ids of entries sort by time: an account is read from a moment on.
CREATE INDEX postings_account ON postings (account, entry_id);
-- @append-only entries
-- @append-only postings
