"""A newer seller of system 004: lists one item and answers when it is asked to lower the price.

    negotiator_004.py HOST:PORT NAME ITEM PRICE MINUTES NEW_PRICE

With `-` for a new price it refuses. Every message stands in a line of JSON on standard output. It ends when standard input
does.
"""

import json
import socket
import sys
import threading


def tell(**what):
    print(json.dumps(what), flush=True)


def main(server, name, item, price, minutes, new_price):
    host, port = server.rsplit(":", 1)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("0.0.0.0", 0))
    server = (host, int(port))
    udp.sendto(f"REGISTER 1 {name} seller 127.0.0.1 {udp.getsockname()[1]} 7999".encode(), server)

    def converse():
        while True:
            text = udp.recvfrom(1024)[0].decode()
            tell(got=text)
            words = text.split()
            if words[0] == "REGISTERED":
                udp.sendto(f"LIST_ITEM 2 {item} as_it_is {price} {minutes}".encode(), server)
            if words[0] == "NEGOTIATE_REQ":
                answer = f"ACCEPT {words[1]} {item} {new_price}" if new_price != "-" else f"REFUSE {words[1]} {item} REJECT"
                tell(sent=answer)
                udp.sendto(answer.encode(), server)

    threading.Thread(target=converse, daemon=True).start()
    sys.stdin.read()


main(*sys.argv[1:])
