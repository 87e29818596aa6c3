"""A client of system 001, as its users have it: what it typed, how it reads, and where it breaks.

Every line of standard input is what the user types at the next prompt. What the user would see goes to standard output,
and every chunk that the server sent goes there too, behind an `@`, as a JSON string.

It behaves as the original does, defects included: a thread that listens takes one recv(1024) for one message; what begins
like a message of somebody is shown, and everything else is the reply, of which the last one counts; whoever waits for it
looks ten times a second; a list that is no JSON ends the program. Only the address is not fixed, and two switches play what
networks do.
"""

import argparse
import json
import socket
import sys
import threading
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--host", default="localhost")
arguments.add_argument("--port", type=int, default=8888)
arguments.add_argument("--gap", type=float, default=0.0, help="seconds before each thing typed")
arguments.add_argument("--fragment", action="store_true", help="one byte per segment")
options = arguments.parse_args()

connection = socket.create_connection((options.host, options.port))
last = None
ended = False


def show(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def typed(prompt):
    show(prompt)
    line = sys.stdin.readline()
    if not line:
        show("END OF INPUT")
        sys.exit(3)
    if options.gap:
        time.sleep(options.gap)
    return line.rstrip("\n")


def listen():
    global last, ended
    while True:
        chunk = connection.recv(1024)
        if not chunk:
            ended = True
            return
        text = chunk.decode("utf-8")
        show("@" + json.dumps(text))
        if text.startswith("\nNew message from"):
            show(text)
        else:
            last = text


def send(request):
    data = json.dumps(request).encode("utf-8")
    if not options.fragment:
        connection.send(data)
        return
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(len(data)):
        connection.send(data[at : at + 1])


def ask(request):
    global last
    last = None
    send(request)
    while last is None:
        time.sleep(0.1)
    return last


def quit():
    global last
    last = None
    send({"command": "quit"})
    while not ended and last is None:
        time.sleep(0.1)
    connection.close()
    show("Goodbye!")


def table(reply):
    for row in json.loads(reply):
        show(" | ".join(str(cell) for cell in row))


def shop(user):
    while True:
        choice = typed("1 Add 2 Buyers 3 All 4 By owner 5 Buy 6 Online? 7 Message 8 Quit:")
        if choice == "1":
            name, description = typed("Name:"), typed("Description:")
            price = typed("Price:")
            show(
                ask(
                    {
                        "command": "add_product",
                        "name": name,
                        "description": description,
                        "price": price,
                        "owner": user,
                    }
                )
            )
        elif choice == "2":
            table(ask({"command": "view_buyers"}))
        elif choice == "3":
            table(ask({"command": "view_products"}))
        elif choice == "4":
            table(ask({"command": "view_products_by_owner", "owner": typed("Owner:")}))
        elif choice == "5":
            show(ask({"command": "buy_product", "product": typed("Product:")}))
        elif choice == "6":
            show(ask({"command": "check_online_status", "owner": typed("Owner:")}))
        elif choice == "7":
            owner, message = typed("To:"), typed("Message:")
            show(ask({"command": "send_message", "owner": owner, "message": message}))
        elif choice == "8":
            quit()
            return


def enter():
    while True:
        choice = typed("1 Register 2 Log in 3 Quit:")
        if choice == "1":
            name, email = typed("Name:"), typed("E-mail:")
            username, password = typed("User name:"), typed("Password:")
            request = {"command": "register", "name": name, "email": email}
            show(ask({**request, "username": username, "password": password}))
        elif choice == "2":
            username, password = typed("User name:"), typed("Password:")
            reply = ask({"command": "login", "username": username, "password": password})
            show(reply)
            if reply.startswith("Login successful"):
                shop(username)
                return
        elif choice == "3":
            quit()
            return


threading.Thread(target=listen, daemon=True).start()
enter()
