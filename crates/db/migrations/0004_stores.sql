-- The handle is the name's words, folded: two names that read the same are one. away is a pair of days as JSON.
CREATE TABLE stores (
    id TEXT PRIMARY KEY NOT NULL,
    owner_id TEXT NOT NULL UNIQUE REFERENCES members (id),
    name TEXT NOT NULL,
    handle TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    email TEXT NOT NULL,
    picture TEXT,
    away TEXT,
    opened_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE staff (
    store_id TEXT NOT NULL REFERENCES stores (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    appointed_at BIGINT NOT NULL,
    PRIMARY KEY (store_id, member_id)
);
CREATE INDEX staff_member ON staff (member_id);

-- Who invited whom is kept for ever; the code only as its hash. Without an inviter it was the operator.
CREATE TABLE invitations (
    id TEXT PRIMARY KEY NOT NULL,
    code_hash TEXT NOT NULL UNIQUE,
    inviter_id TEXT REFERENCES members (id),
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    used_at BIGINT,
    store_id TEXT UNIQUE REFERENCES stores (id),
    version BIGINT NOT NULL,
    CHECK ((used_at IS NULL) = (store_id IS NULL)),
    CHECK (used_at IS NULL OR revoked_at IS NULL)
);
CREATE INDEX invitations_inviter ON invitations (inviter_id, id);

-- A variant of a product of a store is a listing. The product is named by its first variant; a single thing of a member
-- has neither store nor product. Of a product, one variant stands on the shelves.
ALTER TABLE listings ADD COLUMN store_id TEXT REFERENCES stores (id);
ALTER TABLE listings ADD COLUMN product_id TEXT;
ALTER TABLE listings ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE listings ADD COLUMN sku TEXT NOT NULL DEFAULT '';
ALTER TABLE listings ADD COLUMN low_stock BIGINT NOT NULL DEFAULT 0 CHECK (low_stock >= 0);
ALTER TABLE listings ADD COLUMN unshelved_at BIGINT;
CREATE INDEX listings_product ON listings (product_id, number) WHERE product_id IS NOT NULL;
CREATE INDEX listings_store ON listings (store_id, number) WHERE store_id IS NOT NULL;
CREATE UNIQUE INDEX listings_label ON listings (product_id, label) WHERE product_id IS NOT NULL;
CREATE UNIQUE INDEX listings_sku ON listings (store_id, sku) WHERE sku <> '';

-- What is on the shelves: the indexes of it leave out the variants that another one stands for.
DROP INDEX listings_newest;
DROP INDEX listings_category;
DROP INDEX listings_on_sale;
DROP INDEX listings_price;
DROP INDEX listings_category_price;
CREATE INDEX listings_newest ON listings (number)
    WHERE sold_at IS NULL AND withdrawn_at IS NULL AND unshelved_at IS NULL;
CREATE INDEX listings_category ON listings (category, number)
    WHERE sold_at IS NULL AND withdrawn_at IS NULL AND unshelved_at IS NULL;
CREATE INDEX listings_on_sale ON listings (seller_id) WHERE sold_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX listings_price ON listings (currency, price, number)
    WHERE sold_at IS NULL AND withdrawn_at IS NULL AND unshelved_at IS NULL;
CREATE INDEX listings_category_price ON listings (category, currency, price, number)
    WHERE sold_at IS NULL AND withdrawn_at IS NULL AND unshelved_at IS NULL;

-- A count that is put right goes up or down, and says why and by whom. The table is made anew for what its kinds may be.
ALTER TABLE movements RENAME TO old_movements;
DROP INDEX movements_listing;
CREATE TABLE movements (
    id TEXT PRIMARY KEY NOT NULL,
    listing_id TEXT NOT NULL REFERENCES listings (id),
    kind TEXT NOT NULL CHECK (kind IN ('receive', 'adjust', 'commit', 'uncommit', 'collect')),
    quantity BIGINT NOT NULL CHECK (quantity <> 0 AND (quantity > 0 OR kind = 'adjust')),
    order_id TEXT REFERENCES orders (id),
    member_id TEXT REFERENCES members (id),
    reason TEXT,
    at BIGINT NOT NULL,
    CHECK ((kind = 'adjust') = (reason IS NOT NULL))
);
INSERT INTO movements (id, listing_id, kind, quantity, order_id, at)
    SELECT id, listing_id, kind, quantity, order_id, at FROM old_movements;
DROP TABLE old_movements;
CREATE INDEX movements_listing ON movements (listing_id, id);
-- @append-only movements

-- A picture is on a listing, or shows a store, or is not used. The table is made anew for when it counts as used.
ALTER TABLE pictures RENAME TO old_pictures;
DROP INDEX pictures_listing;
DROP INDEX pictures_unused;
DROP INDEX pictures_forgotten;
DROP INDEX pictures_large;
DROP INDEX pictures_thumbnail;
CREATE TABLE pictures (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    large_hash TEXT NOT NULL,
    large_width BIGINT NOT NULL CHECK (large_width > 0),
    large_height BIGINT NOT NULL CHECK (large_height > 0),
    large_bytes BIGINT NOT NULL CHECK (large_bytes > 0),
    thumbnail_hash TEXT NOT NULL,
    thumbnail_width BIGINT NOT NULL CHECK (thumbnail_width > 0),
    thumbnail_height BIGINT NOT NULL CHECK (thumbnail_height > 0),
    thumbnail_bytes BIGINT NOT NULL CHECK (thumbnail_bytes > 0),
    added_at BIGINT NOT NULL,
    listing_id TEXT REFERENCES listings (id),
    place BIGINT,
    store_id TEXT REFERENCES stores (id),
    unused_since BIGINT,
    CHECK ((listing_id IS NULL) = (place IS NULL)),
    CHECK (listing_id IS NULL OR store_id IS NULL),
    CHECK ((listing_id IS NULL AND store_id IS NULL) = (unused_since IS NOT NULL))
);
INSERT INTO pictures (id, member_id, large_hash, large_width, large_height, large_bytes, thumbnail_hash, thumbnail_width,
        thumbnail_height, thumbnail_bytes, added_at, listing_id, place, unused_since)
    SELECT id, member_id, large_hash, large_width, large_height, large_bytes, thumbnail_hash, thumbnail_width,
        thumbnail_height, thumbnail_bytes, added_at, listing_id, place, unused_since FROM old_pictures;
DROP TABLE old_pictures;
CREATE INDEX pictures_listing ON pictures (listing_id) WHERE listing_id IS NOT NULL;
CREATE INDEX pictures_unused ON pictures (member_id, unused_since) WHERE unused_since IS NOT NULL;
CREATE INDEX pictures_forgotten ON pictures (unused_since) WHERE unused_since IS NOT NULL;
CREATE INDEX pictures_large ON pictures (large_hash);
CREATE INDEX pictures_thumbnail ON pictures (thumbnail_hash);
CREATE UNIQUE INDEX pictures_store ON pictures (store_id) WHERE store_id IS NOT NULL;

ALTER TABLE orders ADD COLUMN store_id TEXT REFERENCES stores (id);
CREATE INDEX orders_store ON orders (store_id, id) WHERE store_id IS NOT NULL;
-- What a seller still has to hand over.
CREATE INDEX orders_to_hand_over ON orders (seller_id, pickup_day, id) WHERE state IN ('placed', 'at_desk');
