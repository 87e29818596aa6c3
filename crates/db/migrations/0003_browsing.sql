-- What is on sale, in the order of its prices: of one currency, since two have no order between them.
CREATE INDEX listings_price ON listings (currency, price, number) WHERE sold_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX listings_category_price ON listings (category, currency, price, number)
    WHERE sold_at IS NULL AND withdrawn_at IS NULL;
