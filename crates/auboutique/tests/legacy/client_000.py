"""A client of system 000, as its users have it: what it typed, how it reads, and where it breaks.

Every line of standard input is what the user types at the next prompt. What the user would see goes to standard output,
and every message of the server goes there too, behind an `@`, as a JSON string.

It behaves as the original does, defects included: one recv(1024) for one message; four sends for a registration, with
nothing between them; the print lock is held while a prompt waits; the reader dies without a word of what is no JSON, and
whoever waits for it then waits for ever. Only the address is not fixed, and two switches play what networks do.
"""

import argparse
import hashlib
import json
import re
import socket
import sys
import threading
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--host", default="127.0.0.1")
arguments.add_argument("--port", type=int, default=1235)
arguments.add_argument("--gap", type=float, default=0.0, help="seconds before each thing typed")
arguments.add_argument("--fragment", action="store_true", help="one byte per segment")
options = arguments.parse_args()

connection = socket.create_connection((options.host, options.port))
print_lock = threading.RLock()
answered = threading.Event()
new_messages = 0


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


def send(text):
    data = text.encode("utf-8")
    if not options.fragment:
        connection.send(data)
        return
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(len(data)):
        connection.send(data[at : at + 1])


def receive():
    text = connection.recv(1024).decode("utf-8")
    show("@" + json.dumps(text))
    return text


def digest(password):
    return hashlib.sha256(password.encode("utf-8")).hexdigest()


def register():
    send(typed("Name:"))
    email = typed("E-mail:").lower()
    while not re.fullmatch(r"[^@]+@mail\.aub\.edu", email):
        email = typed("Use your AUB e-mail:").lower()
    send(email)
    username = typed("User name:").lower().strip()
    while not username:
        username = typed("User name:").lower().strip()
    send(username)
    password = typed("Password:")
    while len(password) < 8 or not any(letter.isupper() for letter in password):
        password = typed("At least 8 characters, one upper case:")
    send(digest(password))
    reply = receive()
    show(reply)
    return reply == "Account created. Please log in with your new account."


def log_in():
    username = typed("User name:")
    send(username)
    send(digest(typed("Password:")))
    reply = receive()
    show(reply)
    return "login successful." in reply


def enter():
    while True:
        show(receive())
        choice = typed("Your choice:").lower()
        send(choice)
        if choice == "register":
            if register() and log_in():
                return
        elif choice == "log in":
            if log_in():
                return
        else:
            show("INVALID CHOICE")


def buy(reply):
    """Runs in the reader: nothing is read while the user chooses."""
    show(reply["message"])
    if not reply["IDs"]:
        return False
    chosen = typed("ID of the product to buy:")
    if chosen not in reply["IDs"]:
        show("Product not found.")
        return False
    send(json.dumps({"action": "buy", "prod_list": reply["message"], "ID": chosen}))
    return True


def read():
    global new_messages
    while True:
        # What is no JSON ends this thread, and nobody is told.
        data = connection.recv(1024).decode("utf-8")
        show("@" + json.dumps(data))
        reply = json.loads(data)
        action = reply["action"]
        if action == "new_message":
            with print_lock:
                new_messages += 1
                if new_messages == 1:
                    show("You have 1 new message.")
                else:
                    show(f"You have {new_messages} new messages")
        elif action in ("display_all", "display_user"):
            with print_lock:
                show(reply["content"])
            answered.set()
        elif action == "matching_prods":
            with print_lock:
                waits = buy(reply)
            if not waits:
                answered.set()
        elif action == "get_msgs":
            with print_lock:
                if reply["new"]:
                    show(reply["content"])
                new_messages = 0
            answered.set()
        elif action == "message":
            with print_lock:
                show(reply["message"])
            answered.set()
        elif action == "log_out":
            show("logging out")
            return


def ask(request):
    answered.clear()
    send(json.dumps(request))
    answered.wait()
    # The user sees the prompt a moment later.
    time.sleep(0.1)


def menu():
    answered.wait()
    time.sleep(0.1)
    while True:
        with print_lock:
            line = typed("Your command:").lower()
        words = line.split(" ")
        if words == ["display"]:
            ask({"action": "display_all"})
        elif words[0] == "display":
            ask({"action": "display_user", "username": " ".join(words[1:])})
        elif words[0] == "buy" and len(words) > 1:
            ask({"action": "show_matching", "search_term": " ".join(words[1:])})
        elif words == ["add"]:
            with print_lock:
                name = typed("Name:")
                price = float(typed("Price:"))
                description = typed("Description:")
                image = typed("Image path:")
            ask({"action": "add", "name": name, "price": price, "description": description, "image": image})
        elif words == ["view"]:
            send("view")
            ask({"action": "view"})
        elif words[0] == "check" and len(words) > 1:
            ask({"action": "check", "user": words[1]})
        elif words[0] == "send" and len(words) > 2:
            ask({"action": "send", "to_user": words[1], "message": " ".join(words[2:])})
        elif words == ["messages"]:
            ask({"action": "get_msgs"})
        elif words == ["exit"]:
            send(json.dumps({"action": "log_out"}))
            show("Goodbye!")
            connection.close()
            return
        else:
            show("display, display USER, buy TERM, add, view, check USER, send USER TEXT, messages, exit")


enter()
threading.Thread(target=read, daemon=True).start()
menu()
