"""A client of system 004: auctions over datagrams, and the dialogue that closes them over TCP.

It does on the network what the clients of that system do: one UDP socket on a port of 6000 to 7000 that two threads read, so
that the one eats what the other waits for; a TCP listener on a port of 7001 to 8000; three seconds of patience, five once
something was listed or subscribed to; one `recv` taken for one message, with exact numbers of fields; blanks that become `_`
when listing and subscribing and do not when bidding. `--no-race` is a newer client: one reader, replies told apart by number.

    client_004.py [--no-race] [--server HOST:PORT] [--pin PIN]

What it shall do stands in lines on standard input, fields separated by `|`:

    register|alice|buyer        login|alice             deregister
    list|Desk Lamp|green|10|1   subscribe|Desk Lamp     desubscribe|Desk Lamp
    bid|Desk_Lamp|20            accept|Lamp|4           refuse|Lamp
    raw|ANY DATAGRAM            hex|ff00                wait|0.5
    answer|Alice Doe|4242424242424242|12/27|Bliss Street 5
    say|INFORM_Res 1 nonsense   silence                 hangup
    quit

`answer`, `say`, `silence` and `hangup` are for the next time it is asked for what it takes to close a sale. What it sends and
receives stands in lines of JSON on standard output; a line with `done` ends each command.
"""

import json
import queue
import random
import socket
import sys
import threading
import time

printing = threading.Lock()


def tell(**what):
    with printing:
        print(json.dumps(what), flush=True)


class Client:
    def __init__(self, server, race, pin):
        self.server, self.race, self.pin = server, race, pin
        self.number, self.name, self.patience = 0, None, 3.0
        self.udp = self.bound(socket.SOCK_DGRAM, 6000, 7000)
        self.tcp = self.bound(socket.SOCK_STREAM, 7001, 8000)
        self.tcp.listen(5)
        self.udp.settimeout(self.patience)
        self.replies, self.answers = queue.Queue(), queue.Queue()
        self.open = True
        threading.Thread(target=self.listen, daemon=True).start()
        threading.Thread(target=self.accept, daemon=True).start()
        tell(ready=True, udp=self.udp.getsockname()[1], tcp=self.tcp.getsockname()[1])

    @staticmethod
    def bound(kind, least, most):
        while True:
            made = socket.socket(socket.AF_INET, kind)
            try:
                made.bind(("0.0.0.0", random.randint(least, most)))
                return made
            except OSError:
                made.close()

    # ---- datagrams ----

    def listen(self):
        """The thread that prints whatever comes, be it a notice or a reply that somebody waits for."""
        while self.open:
            try:
                data, _ = self.udp.recvfrom(1024)
            except socket.timeout:
                continue
            except OSError:
                return
            text = data.decode("utf-8", "replace")
            words = text.split()
            is_reply = len(words) > 1 and words[0] not in ("BID_UPDATE", "NEGOTIATE_REQ", "PRICE_ADJUSTMENT")
            if self.race or not is_reply:
                tell(notice=text)
            else:
                self.replies.put((words[1], text))

    def reply(self, number, replies):
        if self.race:
            return [self.stolen() for _ in range(replies)]
        got, end = [], time.monotonic() + self.patience
        while len(got) < replies:
            try:
                rq, text = self.replies.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                break
            # What comes twice, or late, is not an answer to this.
            if rq == str(number) and text not in got:
                got.append(text)
                tell(reply=text)
                if "DENIED" in text or "FAILED" in text or "REJECTED" in text:
                    break
        if not got:
            tell(timeout=self.patience)
        return got

    def stolen(self):
        """Waits on the socket that the other thread reads too."""
        try:
            data, _ = self.udp.recvfrom(1024)
            text = data.decode("utf-8", "replace")
            tell(reply=text)
            return text
        except socket.timeout:
            tell(timeout=self.patience)
            return None

    def ask(self, name, *fields, replies=1):
        self.number += 1
        text = " ".join([name, str(self.number), *map(str, fields)])
        tell(sent=text)
        self.udp.sendto(text.encode(), self.server)
        return self.reply(self.number, replies) if replies else []

    def ports(self):
        return self.udp.getsockname()[1], self.tcp.getsockname()[1]

    def patient(self):
        self.patience = 5.0
        self.udp.settimeout(self.patience)

    # ---- the closing dialogue ----

    def accept(self):
        while self.open:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with connection:
            while True:
                try:
                    data = connection.recv(1024)
                except OSError:
                    data = b""
                if not data:
                    tell(dialogue="", end=True)
                    return
                text = data.decode("utf-8", "replace")
                tell(dialogue=text, at=time.monotonic())
                words = text.split()
                fields = {"WINNER": 5, "SOLD": 5, "INFORM_Req": 4}.get(words[0])
                if fields is not None and len(words) != fields:
                    tell(broken=text)
                    return
                if words[0] == "INFORM_Req" and not self.inform(connection, words[1]):
                    tell(dialogue="", end=True)
                    return
                if words[0] in ("Shipping_Info", "CANCEL"):
                    tell(dialogue="", end=True)
                    return

    def inform(self, connection, number):
        kind, *what = self.answers.get()
        if kind == "hangup":
            return False
        if kind == "answer":
            name, card, expiry, address = what
            connection.send(f"INFORM_Res {number} {name} {card} {expiry} {address}".encode())
        if kind == "say":
            connection.send(what[0].encode())
        return True

    # ---- what it shall do ----

    def do(self, verb, fields):
        if verb == "register":
            self.name, role = fields
            address = socket.gethostbyname(socket.gethostname())
            more = [self.pin] if self.pin else []
            self.ask("REGISTER", self.name, role, address, *self.ports(), *more)
        elif verb == "login":
            self.name = fields[0]
            more = [self.pin] if self.pin else []
            self.ask("LOGIN", self.name, self.ports()[1], *more)
        elif verb == "deregister":
            self.ask("DE-REGISTER", self.name, replies=0)
        elif verb == "list":
            item, description, price, minutes = fields
            self.patient()
            underlined = item.replace(" ", "_"), description.replace(" ", "_")
            self.ask("LIST_ITEM", *underlined, price, minutes, self.name)
        elif verb == "subscribe":
            self.patient()
            self.ask("SUBSCRIBE", fields[0].replace(" ", "_"), self.name, replies=2)
        elif verb == "desubscribe":
            self.ask("DE-SUBSCRIBE", fields[0].replace(" ", "_"), self.name, replies=0)
        elif verb == "bid":
            self.ask("BID", *fields)
        elif verb == "accept":
            self.ask("ACCEPT", *fields, replies=0)
        elif verb == "refuse":
            self.ask("REFUSE", fields[0], "REJECT", replies=0)
        elif verb == "raw":
            self.udp.sendto("|".join(fields).encode(), self.server)
        elif verb == "hex":
            self.udp.sendto(bytes.fromhex(fields[0]), self.server)
        elif verb == "wait":
            time.sleep(float(fields[0]))
        elif verb in ("answer", "say", "silence", "hangup"):
            self.answers.put((verb, *fields))
        else:
            tell(unknown=verb)


def main(arguments):
    race, server, pin = "--no-race" not in arguments, ("127.0.0.1", 5000), None
    for option, value in zip(arguments, arguments[1:]):
        if option == "--server":
            host, port = value.rsplit(":", 1)
            server = (host, int(port))
        if option == "--pin":
            pin = value
    client = Client(server, race, pin)
    for line in sys.stdin:
        verb, *fields = line.rstrip("\n").split("|")
        if verb == "quit":
            break
        client.do(verb, fields)
        tell(done=verb)


main(sys.argv[1:])
