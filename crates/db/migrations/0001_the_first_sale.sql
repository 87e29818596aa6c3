-- One text for both databases. Two column types: TEXT, and BIGINT (on SQLite INTEGER, in STRICT tables).
-- Ids are text, moments are microseconds since 1970, money is minor units, a flag is a moment.
-- A line that starts with "-- @" is an order to dialect.rs.

CREATE TABLE members (
    id TEXT PRIMARY KEY NOT NULL,
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('member', 'moderator', 'operator')),
    registered_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX members_role ON members (role);

-- One secret per wire that needs its own; 'password' serves the wires that take a password as typed.
CREATE TABLE credentials (
    member_id TEXT NOT NULL REFERENCES members (id),
    kind TEXT NOT NULL,
    hash TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, kind)
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    token_hash TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX sessions_member ON sessions (member_id, started_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Tries of credentials and codes, counted before they are checked. The subject is a hash of what was tried.
CREATE TABLE tries (
    subject TEXT PRIMARY KEY NOT NULL,
    since BIGINT NOT NULL,
    count BIGINT NOT NULL
);
CREATE INDEX tries_since ON tries (since);

CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE pickup_points (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    opening TEXT NOT NULL,
    daily_capacity BIGINT NOT NULL CHECK (daily_capacity > 0),
    closed_at BIGINT,
    version BIGINT NOT NULL
);

CREATE TABLE closures (
    pickup_point_id TEXT NOT NULL REFERENCES pickup_points (id),
    day TEXT NOT NULL,
    PRIMARY KEY (pickup_point_id, day)
);

CREATE TABLE pickup_days (
    pickup_point_id TEXT NOT NULL REFERENCES pickup_points (id),
    day TEXT NOT NULL,
    booked BIGINT NOT NULL CHECK (booked >= 0),
    PRIMARY KEY (pickup_point_id, day)
);

CREATE TABLE attendants (
    pickup_point_id TEXT NOT NULL REFERENCES pickup_points (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    appointed_at BIGINT NOT NULL,
    PRIMARY KEY (pickup_point_id, member_id)
);
CREATE INDEX attendants_member ON attendants (member_id);

CREATE TABLE listings (
    id TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL UNIQUE,
    seller_id TEXT NOT NULL REFERENCES members (id),
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price BETWEEN 1 AND 1000000000000),
    currency TEXT NOT NULL CHECK (currency IN ('USD', 'LBP')),
    category TEXT NOT NULL,
    condition TEXT NOT NULL,
    pickup_point_id TEXT NOT NULL REFERENCES pickup_points (id),
    on_hand BIGINT NOT NULL CHECK (on_hand >= 0),
    committed BIGINT NOT NULL CHECK (committed >= 0),
    published_at BIGINT NOT NULL,
    withdrawn_at BIGINT,
    sold_at BIGINT,
    version BIGINT NOT NULL,
    CHECK (committed <= on_hand)
);
CREATE INDEX listings_newest ON listings (number) WHERE sold_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX listings_category ON listings (category, number) WHERE sold_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX listings_seller ON listings (seller_id, number);
-- Counted at every new listing, so it is counted in the index alone.
CREATE INDEX listings_on_sale ON listings (seller_id) WHERE sold_at IS NULL AND withdrawn_at IS NULL;
-- @search listing_search

CREATE TABLE orders (
    id TEXT PRIMARY KEY NOT NULL,
    buyer_id TEXT NOT NULL REFERENCES members (id),
    seller_id TEXT NOT NULL REFERENCES members (id),
    state TEXT NOT NULL,
    total BIGINT NOT NULL CHECK (total > 0),
    commission BIGINT NOT NULL CHECK (commission BETWEEN 0 AND total),
    currency TEXT NOT NULL CHECK (currency IN ('USD', 'LBP')),
    pickup_point_id TEXT NOT NULL REFERENCES pickup_points (id),
    pickup_day TEXT NOT NULL,
    pickup_code TEXT NOT NULL,
    drop_off_code TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    dropped_off_at BIGINT,
    paid_at BIGINT,
    cancel_requested_at BIGINT,
    changed_at BIGINT NOT NULL,
    due_at BIGINT,
    version BIGINT NOT NULL,
    CHECK (buyer_id <> seller_id)
);
CREATE INDEX orders_buyer ON orders (buyer_id, id);
CREATE INDEX orders_seller ON orders (seller_id, id);
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_day ON orders (pickup_point_id, pickup_day) WHERE state IN ('placed', 'at_desk');
CREATE UNIQUE INDEX orders_pickup_code ON orders (pickup_point_id, pickup_code) WHERE state IN ('placed', 'at_desk');
CREATE UNIQUE INDEX orders_drop_off_code ON orders (pickup_point_id, drop_off_code) WHERE state IN ('placed', 'at_desk');

CREATE TABLE order_lines (
    order_id TEXT NOT NULL REFERENCES orders (id),
    place BIGINT NOT NULL,
    listing_id TEXT NOT NULL REFERENCES listings (id),
    title TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    price BIGINT NOT NULL CHECK (price > 0),
    currency TEXT NOT NULL,
    one_off BIGINT NOT NULL CHECK (one_off IN (0, 1)),
    released_at BIGINT,
    PRIMARY KEY (order_id, place)
);
-- The last wall before a thing is sold twice: one live sale per one-off listing.
CREATE UNIQUE INDEX order_lines_one_sale ON order_lines (listing_id) WHERE one_off = 1 AND released_at IS NULL;
CREATE INDEX order_lines_listing ON order_lines (listing_id);

CREATE TABLE movements (
    id TEXT PRIMARY KEY NOT NULL,
    listing_id TEXT NOT NULL REFERENCES listings (id),
    kind TEXT NOT NULL CHECK (kind IN ('receive', 'commit', 'uncommit', 'collect')),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    order_id TEXT REFERENCES orders (id),
    at BIGINT NOT NULL
);
CREATE INDEX movements_listing ON movements (listing_id);
-- @append-only movements

CREATE TABLE strikes (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    order_id TEXT NOT NULL REFERENCES orders (id),
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (order_id, reason)
);
CREATE INDEX strikes_member ON strikes (member_id, at);

-- Debits are positive, credits negative. An account with a floor is a liability that may not go below zero.
CREATE TABLE accounts (
    name TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (currency IN ('USD', 'LBP')),
    balance BIGINT NOT NULL,
    has_floor BIGINT NOT NULL CHECK (has_floor IN (0, 1)),
    PRIMARY KEY (name, currency),
    CHECK (has_floor = 0 OR balance <= 0)
);

CREATE TABLE entries (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (id),
    at BIGINT NOT NULL,
    UNIQUE (kind, order_id)
);
-- @append-only entries

CREATE TABLE postings (
    entry_id TEXT NOT NULL REFERENCES entries (id),
    place BIGINT NOT NULL,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (entry_id, place),
    FOREIGN KEY (account, currency) REFERENCES accounts (name, currency)
);
CREATE INDEX postings_account ON postings (account, currency);
-- @append-only postings

-- Everything that happened, in one order without gaps. Each row's hash covers the one before it.
CREATE TABLE events (
    seq BIGINT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    subject TEXT NOT NULL,
    audience TEXT NOT NULL,
    body TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX events_subject ON events (subject, seq);
-- @append-only events

-- The head of the event log, in one row. Whoever commits holds it, so numbers are given out in the order of commits.
CREATE TABLE log_head (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    at BIGINT NOT NULL
);
INSERT INTO log_head (id, seq, hash, at) VALUES (1, 0, '', 0);

-- What was answered under an idempotency key. An answer without expiry is kept for ever: orders are.
CREATE TABLE answers (
    asker TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (asker, key)
);
CREATE INDEX answers_expiry ON answers (expires_at) WHERE expires_at IS NOT NULL;
