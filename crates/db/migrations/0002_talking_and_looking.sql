-- What a listing looks like, for pages: a list of pictures as JSON, the cover first. The pictures' own rows say the same.
ALTER TABLE listings ADD COLUMN pictures TEXT NOT NULL DEFAULT '[]';

-- A picture in its two sizes. The files lie outside the database, under their hash.
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
    unused_since BIGINT,
    CHECK ((listing_id IS NULL) = (place IS NULL)),
    CHECK ((listing_id IS NULL) = (unused_since IS NOT NULL))
);
CREATE INDEX pictures_listing ON pictures (listing_id) WHERE listing_id IS NOT NULL;
CREATE INDEX pictures_unused ON pictures (member_id, unused_since) WHERE unused_since IS NOT NULL;
CREATE INDEX pictures_forgotten ON pictures (unused_since) WHERE unused_since IS NOT NULL;
CREATE INDEX pictures_large ON pictures (large_hash);
CREATE INDEX pictures_thumbnail ON pictures (thumbnail_hash);

-- Two members have at most one conversation about one thing: low_id and high_id are the two in the order of their ids.
CREATE TABLE conversations (
    id TEXT PRIMARY KEY NOT NULL,
    starter_id TEXT NOT NULL REFERENCES members (id),
    other_id TEXT NOT NULL REFERENCES members (id),
    low_id TEXT NOT NULL,
    high_id TEXT NOT NULL,
    about TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    opened_at BIGINT,
    last_number BIGINT NOT NULL CHECK (last_number >= 0),
    version BIGINT NOT NULL,
    CHECK (low_id < high_id),
    UNIQUE (low_id, high_id, about)
);
CREATE INDEX conversations_starter ON conversations (starter_id, started_at);

-- How far each of the two is. active_at is where the conversation stands in the participant's list; nothing while it is
-- not seen there.
CREATE TABLE participants (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    with_id TEXT NOT NULL REFERENCES members (id),
    active_at BIGINT,
    sent BIGINT NOT NULL CHECK (sent >= 0),
    unread BIGINT NOT NULL CHECK (unread >= 0),
    delivered BIGINT NOT NULL CHECK (delivered >= 0),
    read_up_to BIGINT NOT NULL CHECK (read_up_to >= 0),
    PRIMARY KEY (conversation_id, member_id)
);
CREATE INDEX participants_active ON participants (member_id, active_at, conversation_id) WHERE active_at IS NOT NULL;
CREATE INDEX participants_with ON participants (member_id, with_id);

-- The id is the sender's: the same message sent again meets it here.
CREATE TABLE messages (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    number BIGINT NOT NULL CHECK (number > 0),
    sender_id TEXT NOT NULL REFERENCES members (id),
    sent_at BIGINT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (conversation_id, number)
);
CREATE INDEX messages_sender ON messages (sender_id, sent_at);

CREATE TABLE blocks (
    member_id TEXT NOT NULL REFERENCES members (id),
    blocked_id TEXT NOT NULL REFERENCES members (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (member_id, blocked_id),
    CHECK (member_id <> blocked_id)
);

-- When a member was last here, and whether they hide it. Who is here now is known to the running market alone.
CREATE TABLE presences (
    member_id TEXT PRIMARY KEY NOT NULL REFERENCES members (id),
    seen_at BIGINT,
    hidden_at BIGINT
);

-- A listener finds what it may see without reading the whole log: an audience is `public`, `operators`, or one or two ids
-- of members, each of 30 characters.
CREATE INDEX events_first ON events (substr(audience, 1, 30), seq);
CREATE INDEX events_second ON events (substr(audience, 32, 30), seq) WHERE length(audience) > 30;
