-- A lot is a listing, which is withdrawn as long as it is at auction. Of the bids three numbers are kept beside it: who
-- leads, by which maximum, and the highest maximum of anybody else. The price follows from them.
CREATE TABLE auctions (
    id TEXT PRIMARY KEY NOT NULL,
    listing_id TEXT NOT NULL REFERENCES listings (id),
    seller_id TEXT NOT NULL REFERENCES members (id),
    category TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (currency IN ('USD', 'LBP')),
    starting_price BIGINT NOT NULL CHECK (starting_price > 0),
    reserve BIGINT CHECK (reserve >= starting_price),
    buy_now BIGINT CHECK (buy_now > starting_price),
    increment BIGINT CHECK (increment > 0),
    ladder TEXT NOT NULL,
    salt TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    scheduled_end BIGINT NOT NULL,
    soft_close BIGINT NOT NULL,
    round BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'sold', 'settled', 'passed', 'canceled')),
    ends_at BIGINT NOT NULL CHECK (ends_at >= scheduled_end),
    leader BIGINT,
    leader_maximum BIGINT,
    leader_id TEXT REFERENCES members (id),
    second_maximum BIGINT CHECK (second_maximum <= leader_maximum),
    bids BIGINT NOT NULL,
    bidders BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    asked_at BIGINT,
    answered_at BIGINT,
    soon_at BIGINT,
    result TEXT CHECK (result IN ('sold', 'reserve_not_met', 'no_bids', 'canceled')),
    closed_at BIGINT,
    winner_id TEXT REFERENCES members (id),
    hammer BIGINT,
    sold_at BIGINT,
    reminded_at BIGINT,
    notes BIGINT NOT NULL,
    negotiable_until BIGINT,
    finished_at BIGINT,
    due_at BIGINT,
    version BIGINT NOT NULL,
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK ((closed_at IS NULL) = (result IS NULL)),
    CHECK (state NOT IN ('sold', 'settled') OR winner_id IS NOT NULL),
    CHECK (winner_id IS NULL OR winner_id <> seller_id),
    CHECK (leader_id IS NULL OR leader_id <> seller_id)
);
-- A lot is up in one auction at a time.
CREATE UNIQUE INDEX auctions_lot ON auctions (listing_id) WHERE finished_at IS NULL;
CREATE INDEX auctions_running ON auctions (ends_at, id) WHERE state = 'open';
CREATE INDEX auctions_category ON auctions (category, ends_at, id) WHERE state = 'open';
CREATE INDEX auctions_over ON auctions (closed_at, id) WHERE state <> 'open';
CREATE INDEX auctions_seller ON auctions (seller_id, id);
CREATE INDEX auctions_due ON auctions (due_at) WHERE due_at IS NOT NULL;

-- Everything that decided an auction, each line hashed over the one before it.
CREATE TABLE bid_log (
    auction_id TEXT NOT NULL REFERENCES auctions (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('opened', 'bid', 'removed', 'lowered', 'reserve', 'bought', 'closed')),
    bidder BIGINT,
    member_id TEXT REFERENCES members (id),
    amount BIGINT,
    detail TEXT,
    price BIGINT,
    leader BIGINT,
    hash TEXT NOT NULL,
    PRIMARY KEY (auction_id, seq)
);
-- @append-only bid_log

-- Who bids in an auction, by which number, and up to what.
CREATE TABLE bidders (
    auction_id TEXT NOT NULL REFERENCES auctions (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    number BIGINT NOT NULL,
    maximum BIGINT NOT NULL,
    PRIMARY KEY (auction_id, member_id)
);
CREATE INDEX bidders_member ON bidders (member_id, auction_id);

CREATE TABLE watches (
    auction_id TEXT NOT NULL REFERENCES auctions (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    watched_at BIGINT NOT NULL,
    PRIMARY KEY (auction_id, member_id)
);
CREATE INDEX watches_member ON watches (member_id, auction_id);

CREATE TABLE auction_notes (
    auction_id TEXT NOT NULL REFERENCES auctions (id),
    place BIGINT NOT NULL,
    at BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (auction_id, place)
);

CREATE TABLE auction_offers (
    id TEXT PRIMARY KEY NOT NULL,
    auction_id TEXT NOT NULL REFERENCES auctions (id),
    kind TEXT NOT NULL CHECK (kind IN ('second_chance', 'leading_bid', 'counter', 'watchers')),
    member_id TEXT REFERENCES members (id),
    price BIGINT NOT NULL CHECK (price > 0),
    currency TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')),
    ended_at BIGINT,
    version BIGINT NOT NULL,
    CHECK ((state = 'open') = (ended_at IS NULL))
);
-- One live offer of a lot.
CREATE UNIQUE INDEX auction_offers_open ON auction_offers (auction_id) WHERE state = 'open';
CREATE INDEX auction_offers_auction ON auction_offers (auction_id, id);
CREATE INDEX auction_offers_due ON auction_offers (expires_at) WHERE state = 'open';

-- Members who do not want second chances.
CREATE TABLE second_chances_off (
    member_id TEXT PRIMARY KEY NOT NULL REFERENCES members (id),
    since BIGINT NOT NULL
);

-- Which devices members signed in on. A device names itself by a secret, kept as its hash.
CREATE TABLE devices (
    device_hash TEXT NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (device_hash, member_id)
);
CREATE INDEX devices_member ON devices (member_id, device_hash);

-- The auction a listing is the lot of, while it is. The two refer to each other; the auction says so in the schema.
ALTER TABLE listings ADD COLUMN auction_id TEXT;

-- A strike is about an order or about an auction. The table is made anew for that.
ALTER TABLE strikes RENAME TO old_strikes;
DROP INDEX strikes_member;
CREATE TABLE strikes (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    order_id TEXT REFERENCES orders (id),
    auction_id TEXT REFERENCES auctions (id),
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (order_id, reason),
    UNIQUE (auction_id, member_id),
    CHECK ((order_id IS NULL) <> (auction_id IS NULL))
);
INSERT INTO strikes (id, member_id, order_id, reason, at) SELECT id, member_id, order_id, reason, at FROM old_strikes;
DROP TABLE old_strikes;
CREATE INDEX strikes_member ON strikes (member_id, at);
