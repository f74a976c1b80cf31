# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: `load.py NAME RATE` makes numbered records until its standard input ends, and prints how many."""

import select
import socket
import struct
import sys
import time

NETLINK_AUDIT, USER_AVC, REQUEST_ACK = 9, 1107, 5  # of types of user messages, one that nothing else makes here


def main(name, rate):
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    began = time.monotonic()
    made = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        text = f"load={name} number={made}.\0".encode()
        kernel.send(struct.pack("=IHHII", 16 + len(text), USER_AVC, REQUEST_ACK, made + 1, 0) + text)
        (error,) = struct.unpack_from("=i", kernel.recv(65536), 16)
        if error:
            raise OSError(-error, "the kernel does not take the record")
        made += 1
        time.sleep(max(0, began + made / rate - time.monotonic()))
    print(made, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
