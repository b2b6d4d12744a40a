# SPDX-License-Identifier: Apache-2.0
"""Programs that verify themselves, as test/attack/run drives them."""
import hashlib
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLOT = struct.Struct("IIIII28s208s")  # struct slot of slot.h
PATIENCE = 30  # seconds until a program that does not answer counts as dead


class Casualty(Exception):
    pass


class Missing(Exception):
    pass


def state(tid):
    try:
        with open(f"/proc/{tid}/status") as f:
            want = [line.split(":") for line in f if line.startswith(("State", "TracerPid", "SigBlk"))]
        return ", ".join(f"{key} {value.strip()}" for key, value in want)
    except OSError:
        return "gone"


def start(argv):
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            start_new_session=True)


class Program:
    eintrs = 0

    def seen_alive(self):
        if self.root.poll() is not None:
            raise Casualty(f"the root died: {self.root.returncode}")

    def wait_for(self, what, happened):
        end = time.monotonic() + PATIENCE
        while not happened():
            self.seen_alive()
            if time.monotonic() > end:
                raise Casualty(f"{what}; {state(self.root.pid)}")
            time.sleep(0.0005)

    def end(self):
        self.root.kill()
        self.root.wait()


class Table(Program):
    """A tree of test/attack/target or crowd, which verifies itself when it is poked."""

    def __init__(self, argv, directory):
        path = tempfile.mktemp(dir=directory)
        self.root = start([argv[0], path, *argv[1:]])
        self.wait_for("no table", lambda: os.path.exists(path) and os.path.getsize(path))
        with open(path, "r+b") as f:
            self.table = mmap.mmap(f.fileno(), 0)
        self.wait_for("it does not start", lambda: self.slot(0)["tid"])
        if any(s["name"] == "-" for s in self.every()[:2]):
            raise Missing("not allowed here")
        self.check()

    def slot(self, n):
        names = ("go", "done", "tid", "eintr", "word", "name", "message")
        slot = dict(zip(names, SLOT.unpack_from(self.table, n * SLOT.size)))
        for key in ("name", "message"):
            slot[key] = slot[key].split(b"\0")[0].decode(errors="replace")
        return slot

    def every(self):
        return [self.slot(n) for n in range(len(self.table) // SLOT.size)]

    def slots(self):
        return [s for s in self.every() if s["name"] not in ("", "-")]

    def seen_alive(self):
        super().seen_alive()
        for s in self.slots() if hasattr(self, "table") else ():
            if s["message"]:
                raise Casualty(f"{s['name']}: {s['message']}")

    def check(self):
        """Every task finds itself in order, and says so."""
        before = self.slot(0)["done"]
        struct.pack_into("I", self.table, 0, 1)
        try:
            self.wait_for("no answer", lambda: self.slot(0)["done"] != before)
        except Casualty as e:
            silent = [f"{s['name']} ({state(s['tid'])})" for s in self.slots() if s["go"]]
            raise Casualty(f"{e}: " + ", ".join(silent)) from e
        self.seen_alive()

    @property
    def eintrs(self):
        return sum(s["eintr"] for s in self.slots() if s["name"].startswith("epoll"))

    def lacks(self, name):
        return name not in [s["name"] for s in self.slots()]

    def reap(self):
        """After a dump all are ours; and the root will be again after a restore."""
        for s in self.slots():
            try:
                os.waitpid(s["tid"], os.WNOHANG)
            except ChildProcessError:
                pass

    def end(self):
        for s in self.slots():
            try:
                os.kill(s["tid"], signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.root.wait()
        self.reap()


class Growing(Program):
    """One of test/real: a file with a number in it that grows."""

    def __init__(self, argv, directory):
        if not shutil.which(argv[0]):
            raise Missing(f"no {argv[0]} here")
        self.dir = tempfile.mkdtemp(dir=directory)
        self.root = start([a.replace("DIR", self.dir) for a in argv])
        self.check()

    def progress(self):
        try:
            with open(f"{self.dir}/progress") as f:
                return int(f.read() or 0)
        except FileNotFoundError:
            return 0

    def check(self):
        before = self.progress()
        self.wait_for("it does not get on", lambda: self.progress() > before)


class Java(Growing):
    def __init__(self, directory):
        super().__init__(["java", "-XX:+UseSerialGC", "-Xmx48m", f"{TOP}/test/real/Compute.java", "DIR"], directory)


class Node(Growing):
    def __init__(self, directory):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.url, self.steps, self.hash = f"http://127.0.0.1:{port}/", 0, "ckpt"
        super().__init__(["node", f"{TOP}/test/real/serve.js", "DIR", str(port)], directory)

    def check(self):
        super().check()
        try:
            with urllib.request.urlopen(self.url, timeout=PATIENCE) as answer:
                steps, said = answer.read().decode().split()
        except OSError as e:
            raise Casualty(f"the server does not answer: {e}") from e
        while self.steps < int(steps):
            self.hash = hashlib.sha256(self.hash.encode()).hexdigest()
            self.steps += 1
        if said != self.hash:
            raise Casualty(f"after {steps} steps another hash")


# Name, how to start it, and which obstacle refuses its dump: None: none; "": whichever.
SORTS = [
    ("tree", lambda programs, d: Table([f"{programs}/target"], d), None),
    ("threads", lambda programs, d: Table([f"{programs}/crowd", "threads"], d), None),
    ("faults", lambda programs, d: Table([f"{programs}/crowd", "faults"], d), None),
    ("rain", lambda programs, d: Table([f"{programs}/crowd", "rain"], d), None),
    ("bell", lambda programs, d: Table([f"{programs}/crowd", "bell"], d), None),
    ("job", lambda programs, d: Table([f"{programs}/crowd", "job"], d), None),
    ("filter", lambda programs, d: Table([f"{programs}/crowd", "filter"], d), "task.seccomp"),
    ("nested", lambda programs, d: Table([f"{programs}/crowd", "nested"], d), "task.namespace.pid"),
    ("java", lambda programs, d: Java(d), ""),
    ("node", lambda programs, d: Node(d), ""),
]
