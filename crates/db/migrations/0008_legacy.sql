-- Under which name an older program knows a member. The secret each wire sends is among the credentials, by the wire's name.
CREATE TABLE identities (
    wire TEXT NOT NULL,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    email TEXT,
    contact TEXT,
    source TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (wire, name_key),
    UNIQUE (wire, member_id)
);
CREATE INDEX identities_email ON identities (wire, email) WHERE email IS NOT NULL;
CREATE INDEX identities_member ON identities (member_id);

-- Older programs buy by the name of a thing.
CREATE INDEX listings_title ON listings (title);
