# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: does one thing that an audit rule is to catch, or just about not to. `provoke.py NAME`.

Standard library and x86_64; where Python has no name for a call, its number is used.
"""

import ctypes
import os
import signal
import socket
import struct
import sys
import tempfile
import threading

CALL = ctypes.CDLL(None, use_errno=True).syscall
CALL.restype = ctypes.c_long
SETNS_FLAGS = 0x04000000  # CLONE_NEWUTS
(
    CLONE, PTRACE, ADJTIMEX, TGKILL, CLOCK_SETTIME, SENDMMSG, PROCESS_VM_READV, PROCESS_VM_WRITEV, BPF,
) = 56, 101, 159, 234, 227, 307, 310, 311, 321  # fmt: skip


def server(family=socket.AF_INET, address="127.0.0.1"):
    """A socket that listens, and its address."""
    listening = socket.socket(family)
    listening.bind((address, 0))
    listening.listen()
    return listening, listening.getsockname()


def connect():
    """TCP over IPv4."""
    _listening, address = server()
    socket.create_connection(address)


def connect6():
    """TCP over IPv6."""
    _listening, address = server(socket.AF_INET6, "::1")
    socket.socket(socket.AF_INET6).connect(address)


def accept():
    """The other end of it."""
    listening, address = server()
    client = socket.create_connection(address)
    listening.accept()
    client.close()


def send():
    """What goes through a connection has no address."""
    listening, address = server()
    client = socket.create_connection(address)
    peer = listening.accept()[0]
    for _time in range(5):
        client.send(b"x")
        client.sendmsg([b"x"])
    peer.recv(100)


def sendto():
    """A datagram."""
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))


def sendmsg():
    """A datagram."""
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("127.0.0.1", 9))


def sendmmsg():
    """Datagrams at once: struct mmsghdr of sendmmsg(2), with one message."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    address = ctypes.create_string_buffer(struct.pack("=HH4s8x", socket.AF_INET, socket.htons(9), b"\x7f\0\0\1"), 16)
    data = ctypes.create_string_buffer(b"x")
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(data), 1)
    header = struct.pack("=QI4xQQQQi4xI4x", ctypes.addressof(address), 16, ctypes.addressof(vector), 1, 0, 0, 0, 0)
    message = ctypes.create_string_buffer(header)
    if CALL(SENDMMSG, udp.fileno(), message, 1, 0) != 1:
        raise OSError(ctypes.get_errno(), "sendmmsg")


def unix():
    """Sockets that do not leave the host."""
    with tempfile.TemporaryDirectory() as directory:
        for kind, name in ((socket.SOCK_STREAM, "stream"), (socket.SOCK_DGRAM, "datagram")):
            receiving = socket.socket(socket.AF_UNIX, kind)
            receiving.bind(os.path.join(directory, name))
            sending = socket.socket(socket.AF_UNIX, kind)
            if kind == socket.SOCK_STREAM:
                receiving.listen()
                sending.connect(receiving.getsockname())
                receiving.accept()
            else:
                sending.sendto(b"x", receiving.getsockname())


def options():
    """Options of sockets that have nothing to do with a firewall."""
    tcp = socket.socket()
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    tcp.setsockopt(socket.SOL_IP, socket.IP_TTL, 64)


def bpf():
    """BPF_PROG_LOAD, of nothing."""
    CALL(BPF, 5, 0, 0)


def bpf_map():
    """BPF_MAP_CREATE, of nothing."""
    CALL(BPF, 0, 0, 0)


def child():
    """A process that waits to be dealt with."""
    pid = os.fork()
    if not pid:
        signal.pause()
    return pid


def tgkill():
    """A signal to a thread."""
    pid = child()
    CALL(TGKILL, pid, pid, signal.SIGTERM)
    os.waitpid(pid, 0)


def pidfd():
    """A signal by a descriptor of the process."""
    pid = child()
    signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL)
    os.waitpid(pid, 0)


def other_signals():
    """Signals that end nothing."""
    pid = child()
    for number in (0, signal.SIGCONT, signal.SIGUSR1):
        os.kill(pid, number)
    os.waitpid(pid, 0)


def ptrace():
    """PTRACE_ATTACH, and PTRACE_POKEUSER of a register that may be set."""
    pid = child()
    CALL(PTRACE, 16, pid, 0, 0)
    os.waitpid(pid, 0)
    CALL(PTRACE, 6, pid, ctypes.c_void_p(8), ctypes.c_void_p(0))
    CALL(PTRACE, 17, pid, 0, signal.SIGKILL)


def ptrace_me():
    """PTRACE_TRACEME and PTRACE_PEEKUSER, which change nothing of another process."""
    CALL(PTRACE, 3, os.getppid(), 0, 0)
    CALL(PTRACE, 0, 0, 0, 0)


def memory(call):
    """Write to the memory of a child, or read it; it has the same addresses."""
    data = ctypes.create_string_buffer(b"before")
    pid = child()
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(data), 6)
    if CALL(call, pid, vector, ctypes.c_ulong(1), vector, ctypes.c_ulong(1), 0) != 6:
        raise OSError(ctypes.get_errno(), "process_vm")
    os.kill(pid, signal.SIGUSR1)
    os.waitpid(pid, 0)


def write_memory():
    """process_vm_writev()."""
    memory(PROCESS_VM_WRITEV)


def read_memory():
    """process_vm_readv()."""
    memory(PROCESS_VM_READV)


def clone():
    """A child in a UTS namespace of its own."""
    pid = CALL(CLONE, SETNS_FLAGS | signal.SIGCHLD, 0, 0, 0, 0)
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)


def fork():
    """A child and a thread, as every program has them."""
    os.waitpid(os.spawnlp(os.P_NOWAIT, "true", "true"), 0)
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


def adjtimex():
    """ADJ_FREQUENCY of struct timex, and back."""
    for frequency in (65536, 0):
        if CALL(ADJTIMEX, struct.pack("=I4xqq", 2, 0, frequency) + bytes(400)) < 0:
            raise OSError(ctypes.get_errno(), "adjtimex")


def other_clock():
    """A clock that is not the time of day, and cannot be set."""
    CALL(CLOCK_SETTIME, 1, 0)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
