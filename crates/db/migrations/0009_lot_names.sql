-- What auctions are called on the wire of system 004, in one word and for ever: a name stands for one auction alone.
CREATE TABLE lot_names (
    name TEXT PRIMARY KEY NOT NULL,
    auction_id TEXT NOT NULL UNIQUE REFERENCES auctions (id)
);
