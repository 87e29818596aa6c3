"""A client of system 003, as its programs are: one pickle per send, one recv of 2048 bytes per reply, tables by pandas.

    client_003.py persistent PORT PASSWORD    the whole menu over connections that stay
    client_003.py window PORT PASSWORD        what the window of the program does: a connection per request
    client_003.py tables                      reads pickles in hex from standard input, each with what it should hold

PASSWORD is that of the store of the house. The first reply that is not what the program expects ends it with an error.
"""

import json
import pickle
import re
import socket
import sys
import threading
import time

import pandas

MERCHANTS = ["storename", "description", "email"]
PRODUCTS = ["product_id", "storename", "productname", "description", "price", "stock"]
ITEMS = ["storename", "product_id", "productname", "price", "quantity"]
NOT_LOGGED_IN = "401 Unauthorized: You have not logged in or your login has timed out"
UNDEFINED = "400 Bad Request: You are trying to call an undefined method"
NOTHING = object()


class Connection:
    """A connection that stays, as tests and other programs have it."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.count = 0

    def ask(self, command, *arguments, id=None, protocol=pickle.DEFAULT_PROTOCOL, kind=tuple):
        self.count += 1
        id = str(1795301023 + self.count) if id is None else id
        self.socket.sendall(pickle.dumps(kind([command, id, *arguments]), protocol=protocol))
        received = self.socket.recv(2048)
        assert received, f"{command}: the server closed the connection"
        reply = pickle.loads(received)
        assert isinstance(reply, list), reply
        said, text = reply[0].split(" ", 1)
        assert said == str(id), (said, id)
        return [text, *reply[1:]]

    def close(self):
        self.socket.close()


class Window:
    """What the window of the program has: a new connection for every request."""

    def __init__(self, port):
        self.port = port

    def ask(self, command, *arguments, **how):
        how.setdefault("id", str(int(time.time())))
        connection = Connection(self.port)
        try:
            return connection.ask(command, *arguments, **how)
        finally:
            connection.close()


def expect(reply, text, extra=NOTHING):
    assert reply[0] == text, f"expected {text!r}, got {reply!r}"
    if extra is NOTHING:
        assert len(reply) == 1, reply
    elif isinstance(extra, pandas.DataFrame):
        table(reply[1], extra)
    else:
        assert type(reply[1]) is type(extra) and reply[1] == extra, f"expected {extra!r}, got {reply!r}"
    return reply


def table(found, expected):
    """Two tables are the same when pandas says so, to the last type of a column."""
    same = (
        found.equals(expected)
        and list(found.columns) == list(expected.columns)
        and list(found.dtypes) == list(expected.dtypes)
        and found.index.equals(expected.index)
        and type(found.index) is type(expected.index)
    )
    assert same, f"expected\n{expected}\n{expected.dtypes}\ngot\n{found}\n{found.dtypes}"


def frame(columns, *rows):
    """A table as the older server made it: from a dictionary of columns, or from nothing."""
    if not rows:
        return pandas.DataFrame([], columns=columns)
    return pandas.DataFrame({column: [row[place] for row in rows] for place, column in enumerate(columns)})


def persistent(port, password):
    public, client, house = Connection(port), Connection(port), Connection(port)

    # Everybody.
    official = ("Cybermarket", "Cybermarket official store", "cybermarket@cybermarket.com")
    expect(public.ask("LIST_MERCHANT"), "200 OK", frame(MERCHANTS, official))
    expect(public.ask("LIST_PRODUCT", "Cybermarket"), "200 OK: Product list has been obtained", frame(PRODUCTS))
    expect(public.ask("LIST_PRODUCT", "Nowhere"), "404 Not Found: No store with this name found")
    expect(public.ask("LIST_EVERYTHING"), UNDEFINED)
    expect(public.ask("list_merchant"), UNDEFINED)
    expect(public.ask(7), UNDEFINED)
    expect(public.ask(None, None), UNDEFINED)
    for command in ["CLIENT_CREATE", "CLIENT_LOGIN", "MERCHANT_CREATE", "LIST_PRODUCT", "CLIENT_ADD_ITEM"]:
        expect(public.ask(command), UNDEFINED)
    expect(public.ask("LIST_MERCHANT", 1, None, [2], id=12), "200 OK", frame(MERCHANTS, official))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for kind in [tuple, list]:
            expect(public.ask("LIST_MERCHANT", protocol=protocol, kind=kind), "200 OK", frame(MERCHANTS, official))

    # Nobody is logged in.
    for command, arguments in [
        ("CLIENT_LOGOUT", ()),
        ("SET_CLIENT_USERNAME", ("x",)),
        ("SET_CLIENT_EMAIL", ("x",)),
        ("SET_CLIENT_PASSWORD", ("x", "y")),
        ("CLIENT_GET_ITEMS", ()),
        ("CLIENT_GET_PRICE", ()),
        ("CLIENT_CHECKOUT_ITEM", ()),
        ("MERCHANT_CREATE_IVITATION", ()),
        ("MERCHANT_LOGOUT", ()),
        ("SET_MERCHANT_STORENAME", ("x",)),
        ("SET_MERCHANT_EMAIL", ("x",)),
        ("SET_MERCHANT_DESCRIPTION", ("x",)),
        ("SET_MERCHANT_PASSWORD", ("x", "y")),
        ("MERCHANT_ADD_PRODUCT", ("x", "1", "y")),
        ("MERCHANT_DEL_PRODUCT", (1,)),
        ("MERCHANT_RESTOCK_PRODUCT", (1, "2")),
        ("MERCHANT_GET_PROFIT", ("x",)),
    ]:
        expect(client.ask(command, *arguments), NOT_LOGGED_IN)
    quantity = "400 Bad Request: The quantity of added products should be a positive integer"
    unknown = "404 Not Found: The product you are trying to add cannot be found"
    expect(client.ask("CLIENT_ADD_ITEM", 1, "0"), quantity)
    expect(client.ask("CLIENT_ADD_ITEM", 1, "1"), unknown)
    expect(client.ask("CLIENT_REMOVE_ITEM", 1), "404 Not Found: This product is not in your shopping cart")

    # One who buys.
    expect(client.ask("CLIENT_CREATE", "nour", "nour@example.org", "12345"), "201 Created")
    expect(client.ask("CLIENT_CREATE", "nour", "other@example.org", "x"), "409 Conflict: This username is occupied")
    expect(client.ask("CLIENT_CREATE", 4711, "no address", 3.5), "201 Created")
    wrong = "403 Forbidden: The password of the user is incorrect"
    expect(client.ask("CLIENT_LOGIN", "nour", "54321"), wrong)
    expect(client.ask("CLIENT_LOGIN", "nobody", "12345"), NOT_LOGGED_IN)
    logged_in = "200 OK: This user is logged in"
    expect(client.ask("CLIENT_LOGIN", "nour", "12345"), logged_in)
    again = "400 Bad Request: The user has been logged in, please do not log in again"
    expect(client.ask("CLIENT_LOGIN", "nour", "12345"), again)
    expect(client.ask("CLIENT_LOGIN", "nobody", "x"), again)
    other = Connection(port)
    expect(other.ask("CLIENT_GET_ITEMS"), NOT_LOGGED_IN)
    expect(other.ask("CLIENT_LOGIN", "nour@example.org", 12345), logged_in)
    expect(other.ask("CLIENT_GET_PRICE"), "200 OK: Order price obtained", 0)
    expect(client.ask("CLIENT_GET_PRICE"), NOT_LOGGED_IN)
    expect(client.ask("CLIENT_LOGIN", "nour", "12345"), logged_in)
    expect(other.ask("CLIENT_GET_PRICE"), NOT_LOGGED_IN)
    other.close()
    expect(client.ask("SET_CLIENT_USERNAME", "4711"), "409 Conflict: This username is occupied")
    expect(client.ask("SET_CLIENT_USERNAME", "nour h."), "200 OK: Username has been set")
    expect(client.ask("SET_CLIENT_EMAIL", "nour.h@example.org"), "200 OK: Email has been set")
    expect(client.ask("SET_CLIENT_PASSWORD", "abc", "xyz"), wrong)
    expect(client.ask("SET_CLIENT_PASSWORD", "abc", "12345"), "200 OK: New password has been set")
    expect(client.ask("CLIENT_LOGOUT"), "200 OK: You have successfully logged out")
    expect(client.ask("CLIENT_LOGOUT"), NOT_LOGGED_IN)
    expect(client.ask("CLIENT_LOGIN", "nour", "abc"), NOT_LOGGED_IN)
    expect(client.ask("CLIENT_LOGIN", "nour.h@example.org", "12345"), wrong)
    expect(client.ask("CLIENT_LOGIN", "nour.h@example.org", "abc"), logged_in)

    # The store of the house invites others. No connection is logged in as it by the password it was shipped with.
    wrong = "403 Forbidden: The password of the merchant is incorrect"
    expect(house.ask("MERCHANT_LOGIN", "Cybermarket", "123456"), wrong)
    expect(house.ask("MERCHANT_LOGIN", "Nowhere", "123456"), NOT_LOGGED_IN)
    logged_in = "200 OK: This merchant is logged in"
    expect(house.ask("MERCHANT_LOGIN", "Cybermarket", password), logged_in)
    again = "400 Bad Request: The merchant has been logged in, please do not log in again"
    expect(house.ask("MERCHANT_LOGIN", "Cybermarket", password), again)

    def invite():
        text, code = house.ask("MERCHANT_CREATE_IVITATION")
        assert text == "200 OK: Invitation code has been generated", text
        assert re.fullmatch("[A-Za-z0-9]{12}", code), code
        return code

    code = invite()
    unverified = (
        "406 Not Acceptable: Your invitation code cannot be verified. This invitation code may be wrong or has already been "
        "used. Please contact other merchants to request the invitation code."
    )
    corner = ("Book Corner", "Old books", "corner@example.org", "pages")
    expect(public.ask("MERCHANT_CREATE", *corner, "Cybermarket", "aB3dE6gH9jK2"), unverified)
    expect(public.ask("MERCHANT_CREATE", *corner, "Nowhere", code), unverified)
    expect(public.ask("MERCHANT_CREATE", *corner, "Cybermarket", code.swapcase()), unverified)
    expect(public.ask("MERCHANT_CREATE", *corner, "Cybermarket", code), "201 Created")
    expect(public.ask("MERCHANT_CREATE", "Another", *corner[1:], "Cybermarket", code), unverified)
    code = invite()
    occupied = "409 Conflict:  This storename is occupied"
    expect(public.ask("MERCHANT_CREATE", *corner, "Cybermarket", code), occupied)
    expect(public.ask("MERCHANT_CREATE", "Another", *corner[1:], "Cybermarket", code), unverified)
    expect(public.ask("MERCHANT_CREATE", "cyberMarket", *corner[1:], "Cybermarket", invite()), occupied)

    store = Connection(port)
    expect(store.ask("MERCHANT_LOGIN", "Book Corner", "x"), wrong)
    expect(store.ask("MERCHANT_LOGIN", "corner@example.org", "pages"), logged_in)
    expect(store.ask("SET_MERCHANT_STORENAME", "Cybermarket"), occupied)
    expect(store.ask("SET_MERCHANT_STORENAME", "Page One"), "200 OK: Storename has been set")
    expect(store.ask("SET_MERCHANT_EMAIL", "not an address"), "200 OK: Email has been set")
    expect(store.ask("SET_MERCHANT_DESCRIPTION", "Old and new books"), "200 OK: Description has been set")
    expect(store.ask("SET_MERCHANT_PASSWORD", "new", "new"), wrong)
    expect(store.ask("SET_MERCHANT_PASSWORD", "leaves", "pages"), "200 OK: New password has been set")
    page_one = ("Page One", "Old and new books", "not an address")
    expect(public.ask("LIST_MERCHANT"), "200 OK", frame(MERCHANTS, official, page_one))
    profit = "200 OK: Your total profit has been obtained"
    expect(store.ask("MERCHANT_GET_PROFIT"), profit, 0.0)

    # What it sells.
    added = "200 OK: This product has been added to the product list"
    expect(store.ask("MERCHANT_ADD_PRODUCT", "A novel", "12.5", "Unread"), added)
    expect(store.ask("MERCHANT_ADD_PRODUCT", "é!", 400, "دفتر\nتمارين"), added)
    for price in ["cheap", "-1", "", "nan", 0]:
        text = store.ask("MERCHANT_ADD_PRODUCT", "Nothing", price, "No price")[0]
        assert text.startswith("400 Bad Request: "), text
    listed = "200 OK: Product list has been obtained"
    rows = public.ask("LIST_PRODUCT", "Page One")[1]
    novel, notes = (int(product) for product in rows["product_id"])
    products = [
        (novel, "Page One", "A novel", "Unread", 12.5, 0),
        (notes, "Page One", "é!", "دفتر\nتمارين", 400.0, 0),
    ]
    expect(public.ask("LIST_PRODUCT", "Page One"), listed, frame(PRODUCTS, *products))
    restocked = "200 OK: This product has been restock"
    foreign = "400 Bad Request: You are restocking an item that is not from this store"
    expect(house.ask("MERCHANT_RESTOCK_PRODUCT", novel, "5"), foreign)
    expect(store.ask("MERCHANT_RESTOCK_PRODUCT", 12345, "5"), foreign)
    expect(store.ask("MERCHANT_RESTOCK_PRODUCT", novel, "5"), restocked)
    expect(store.ask("MERCHANT_RESTOCK_PRODUCT", str(novel), -2), restocked)
    expect(store.ask("MERCHANT_RESTOCK_PRODUCT", novel, 0), restocked)
    assert store.ask("MERCHANT_RESTOCK_PRODUCT", novel, "-9")[0].startswith("400 Bad Request: ")
    assert store.ask("MERCHANT_RESTOCK_PRODUCT", novel, "many")[0].startswith("400 Bad Request: ")
    products[0] = (novel, "Page One", "A novel", "Unread", 12.5, 3)
    expect(public.ask("LIST_PRODUCT", "Page One"), listed, frame(PRODUCTS, *products))

    # The cart, and checking out.
    in_cart = "200 OK: This product has been added to the shopping cart"
    items = "200 OK: Obtained order list"
    price = "200 OK: Order price obtained"
    expect(client.ask("CLIENT_GET_ITEMS"), items, frame(ITEMS))
    checked_out = "200 OK: Order has been checked out"
    expect(client.ask("CLIENT_CHECKOUT_ITEM"), checked_out)
    for few in ["0", -1, "x", None, 0.5]:
        expect(client.ask("CLIENT_ADD_ITEM", novel, few), quantity)
    expect(client.ask("CLIENT_ADD_ITEM", 12345, "1"), unknown)
    expect(client.ask("CLIENT_ADD_ITEM", "x", "1"), unknown)
    expect(public.ask("CLIENT_ADD_ITEM", novel, "1"), NOT_LOGGED_IN)
    expect(client.ask("CLIENT_ADD_ITEM", novel, "1"), in_cart)
    expect(client.ask("CLIENT_ADD_ITEM", notes, 1), in_cart)
    expect(client.ask("CLIENT_ADD_ITEM", float(novel), 1.9), in_cart)
    rows = [("Page One", novel, "A novel", 12.5, 2), ("Page One", notes, "é!", 400.0, 1)]
    expect(client.ask("CLIENT_GET_ITEMS"), items, frame(ITEMS, *rows))
    expect(client.ask("CLIENT_GET_PRICE"), price, 425.0)
    # The first line is bought; the second cannot be and stays.
    shortage = (
        "400 Bad Request: Inventory shortage for product é! from merchant Page One, checkout was not fully executed and this "
        "item is still in your cart"
    )
    expect(client.ask("CLIENT_CHECKOUT_ITEM"), shortage)
    expect(client.ask("CLIENT_GET_ITEMS"), items, frame(ITEMS, rows[1]))
    expect(store.ask("MERCHANT_GET_PROFIT"), profit, 25.0)
    products[0] = (novel, "Page One", "A novel", "Unread", 12.5, 1)
    expect(public.ask("LIST_PRODUCT", "Page One"), listed, frame(PRODUCTS, *products))
    removed = "200 OK: This product has been removed from the shopping cart"
    not_there = "404 Not Found: This product is not in your shopping cart"
    expect(client.ask("CLIENT_REMOVE_ITEM", novel), not_there)
    expect(client.ask("CLIENT_REMOVE_ITEM", "x"), not_there)
    expect(client.ask("CLIENT_REMOVE_ITEM", notes), removed)
    expect(client.ask("CLIENT_REMOVE_ITEM", notes), not_there)
    expect(client.ask("CLIENT_ADD_ITEM", novel, "1"), in_cart)
    expect(client.ask("CLIENT_CHECKOUT_ITEM"), checked_out)
    expect(store.ask("MERCHANT_GET_PROFIT", "ignored", 2), profit, 37.5)

    # What is taken away.
    expect(client.ask("CLIENT_ADD_ITEM", notes, 1), in_cart)
    deleted = "200 OK: This product has been deleted from the product list"
    assert house.ask("MERCHANT_DEL_PRODUCT", notes)[0].startswith("404 Not Found: ")
    assert store.ask("MERCHANT_DEL_PRODUCT", 12345)[0].startswith("404 Not Found: ")
    expect(store.ask("MERCHANT_DEL_PRODUCT", str(notes)), deleted)
    assert store.ask("MERCHANT_DEL_PRODUCT", notes)[0].startswith("404 Not Found: ")
    products[0] = (novel, "Page One", "A novel", "Unread", 12.5, 0)
    expect(public.ask("LIST_PRODUCT", "Page One"), listed, frame(PRODUCTS, products[0]))
    expect(client.ask("CLIENT_CHECKOUT_ITEM"), shortage)
    expect(client.ask("CLIENT_REMOVE_ITEM", notes), removed)
    expect(client.ask("CLIENT_ADD_ITEM", notes, 1), unknown)
    expect(store.ask("MERCHANT_RESTOCK_PRODUCT", notes, 1), foreign)

    # One connection may be both.
    expect(store.ask("CLIENT_LOGIN", "nour h.", "abc"), "200 OK: This user is logged in")
    expect(store.ask("CLIENT_GET_PRICE"), price, 0)
    expect(client.ask("CLIENT_GET_PRICE"), NOT_LOGGED_IN)
    expect(store.ask("MERCHANT_LOGOUT"), "200 OK: You have successfully logged out")
    expect(store.ask("MERCHANT_LOGOUT"), NOT_LOGGED_IN)
    expect(store.ask("CLIENT_GET_PRICE"), price, 0)
    expect(store.ask("MERCHANT_LOGIN", "Page One", "leaves"), logged_in)

    public.socket.sendall(pickle.dumps(("DISCONNECT", "1")))
    assert public.socket.recv(2048) == b"", "nothing is said to who goes"


def window(port, password):
    # It begins by logging out as both, in two threads.
    gui = Window(port)
    out = []
    threads = [
        threading.Thread(target=lambda command=command: out.append(gui.ask(command)))
        for command in ["CLIENT_LOGOUT", "MERCHANT_LOGOUT"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert out == [[NOT_LOGGED_IN]] * 2, out

    # A store: the window asks for each of its pages.
    assert "200" in gui.ask("MERCHANT_LOGIN", "Cybermarket", password)[0]
    code = gui.ask("MERCHANT_CREATE_IVITATION")[1]
    expect(gui.ask("MERCHANT_LOGOUT"), "200 OK: You have successfully logged out")
    expect(gui.ask("MERCHANT_GET_PROFIT"), NOT_LOGGED_IN)
    opening = ("Tea House", "Tea", "tea@example.org", "leaves", "Cybermarket", code)
    expect(gui.ask("MERCHANT_CREATE", *opening), "201 Created")
    assert "200" in gui.ask("MERCHANT_LOGIN", "Tea House", "leaves")[0]
    # A log-in on a new connection is never one too many: it replaces the one before.
    assert "200" in gui.ask("MERCHANT_LOGIN", "Cybermarket", password)[0]
    assert "200" in gui.ask("MERCHANT_LOGIN", "Tea House", "leaves")[0]
    gui.ask("MERCHANT_ADD_PRODUCT", "Green tea", "3.25", "From the south")
    gui.ask("MERCHANT_ADD_PRODUCT", "Black tea", "2", "From the north")
    table = gui.ask("LIST_PRODUCT", "Tea House")[1]
    assert list(table["productname"]) == ["Green tea", "Black tea"], table
    for product in table["product_id"]:
        text = gui.ask("MERCHANT_RESTOCK_PRODUCT", int(product), "4")[0]
        assert text == "200 OK: This product has been restock", text
    assert gui.ask("MERCHANT_GET_PROFIT", "Tea House")[1] == 0.0
    expect(gui.ask("SET_MERCHANT_EMAIL", "tea.house@example.org"), "200 OK: Email has been set")
    # Its page for this sends the new one twice.
    expect(gui.ask("SET_MERCHANT_PASSWORD", "x", "x"), "403 Forbidden: The password of the merchant is incorrect")

    # One who buys, in the same window.
    expect(gui.ask("CLIENT_CREATE", "omar", "omar@example.org", "secret"), "201 Created")
    assert "200" in gui.ask("CLIENT_LOGIN", "omar", "secret")[0]
    stores = gui.ask("LIST_MERCHANT")[1]
    assert "Tea House" in list(stores["storename"]), stores
    product = int(table["product_id"][0])
    text = gui.ask("CLIENT_ADD_ITEM", product, "2")[0]
    assert text == "200 OK: This product has been added to the shopping cart", text
    cart = gui.ask("CLIENT_GET_ITEMS")[1]
    assert gui.ask("CLIENT_GET_PRICE")[1] == 6.5
    # Its cart takes the last column for the product: Delete sends the quantity.
    shown = int(cart.values.tolist()[0][4])
    assert shown == 2
    expect(gui.ask("CLIENT_REMOVE_ITEM", shown), "404 Not Found: This product is not in your shopping cart")
    expect(gui.ask("CLIENT_CHECKOUT_ITEM"), "200 OK: Order has been checked out")
    assert gui.ask("CLIENT_GET_PRICE")[1] == 0
    assert gui.ask("MERCHANT_GET_PROFIT", "Tea House")[1] == 6.5

    # Logging out sends what came back as the next command.
    reply = gui.ask("CLIENT_LOGOUT")
    expect(reply, "200 OK: You have successfully logged out")
    expect(gui.ask([f"1795301023 {reply[0]}"]), UNDEFINED)
    expect(gui.ask("CLIENT_GET_ITEMS"), NOT_LOGGED_IN)
    expect(gui.ask("MERCHANT_LOGOUT"), "200 OK: You have successfully logged out")

    # Who keeps a connection is nobody else, and nobody is them.
    stays = Connection(port)
    expect(stays.ask("CLIENT_LOGIN", "omar", "secret"), "200 OK: This user is logged in")
    expect(stays.ask("CLIENT_GET_PRICE"), "200 OK: Order price obtained", 0)
    expect(gui.ask("CLIENT_GET_PRICE"), NOT_LOGGED_IN)
    # The same name logs in from the window: the one that stays is logged out.
    assert "200" in gui.ask("CLIENT_LOGIN", "omar", "secret")[0]
    expect(stays.ask("CLIENT_GET_PRICE"), NOT_LOGGED_IN)
    expect(gui.ask("CLIENT_GET_PRICE"), "200 OK: Order price obtained", 0)


def tables():
    """Each line: a reply in hex, the columns, and the rows, with numbers as JSON has them."""
    for line in sys.stdin:
        line = json.loads(line)
        reply = pickle.loads(bytes.fromhex(line["reply"]))
        table(reply[1], frame(line["columns"], *line["rows"]))


if __name__ == "__main__":
    mode, *rest = sys.argv[1:]
    if mode == "tables":
        tables()
    else:
        port, password = rest
        {"persistent": persistent, "window": window}[mode](int(port), password)
    print("done")
