-- The winner of an auction has a checkout beside the one of the cart, and says how the lot shall reach them.
ALTER TABLE checkouts ADD COLUMN auction_id TEXT;
ALTER TABLE checkouts ADD COLUMN delivery TEXT CHECK (delivery IN ('pickup', 'shipment'));
ALTER TABLE checkouts ADD COLUMN delivery_point_id TEXT REFERENCES pickup_points (id);
-- One ordinary checkout of a buyer at a time, and one for the lot of an auction.
DROP INDEX checkouts_held;
CREATE UNIQUE INDEX checkouts_held ON checkouts (buyer_id) WHERE state = 'held' AND auction_id IS NULL;
CREATE UNIQUE INDEX checkouts_awarded ON checkouts (auction_id) WHERE state = 'held' AND auction_id IS NOT NULL;

-- Orders that are sent. Of those the pickup day is the last day to send them.
ALTER TABLE orders ADD COLUMN auction_id TEXT;
CREATE INDEX orders_auction ON orders (auction_id) WHERE auction_id IS NOT NULL;
ALTER TABLE orders ADD COLUMN fulfillment TEXT NOT NULL DEFAULT 'pickup'
    CHECK (fulfillment IN ('pickup', 'shipment'));
ALTER TABLE orders ADD COLUMN shipped_at BIGINT;
ALTER TABLE orders ADD COLUMN shipping_note TEXT NOT NULL DEFAULT '';

-- Where things are shipped to: nowhere else, and no longer than it is needed. What is erased leaves a row without text.
CREATE TABLE addresses (
    checkout_id TEXT PRIMARY KEY NOT NULL REFERENCES checkouts (id),
    order_id TEXT UNIQUE REFERENCES orders (id),
    name TEXT,
    address TEXT,
    written_at BIGINT NOT NULL,
    erased_at BIGINT,
    CHECK ((erased_at IS NULL) = (name IS NOT NULL)),
    CHECK ((erased_at IS NULL) = (address IS NOT NULL))
);
CREATE INDEX addresses_kept ON addresses (order_id) WHERE erased_at IS NULL;
