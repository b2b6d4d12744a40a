# SPDX-License-Identifier: Apache-2.0
# scene.py - a tree that verifies itself (test/attack/family), checkpoints of it, and what must be as before.
import ctypes
import fcntl
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path += [f"{TOP}/test/real", f"{TOP}/test/zdtm/lib"]
import box
from outside import Outside
from snapshot import blocked_tasks

# A user of this pid namespace alone: signals queued and sockets that listen are the tree's.
UID = 20000 + os.stat("/proc/self/ns/pid").st_ino % 40000
PATIENCE = 30
MS_RDONLY, MS_REMOUNT, MNT_DETACH = 1, 32, 2
DUMPS_PER_TREE = 60  # each that is cut short may leave a few pages behind in the tree
libc = ctypes.CDLL(None, use_errno=True)


class Wrong(Exception):
    """Something is not as it must be; the text says what."""


def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def mount(path, size, flags=0):
    os.makedirs(path, exist_ok=True)
    call("mount", b"tmpfs", os.fsencode(path), b"tmpfs", flags, f"size={size},mode=0755".encode())


def unmount(path):
    call("umount2", os.fsencode(path), MNT_DETACH)


def contents(directory):
    found = {}
    for name in sorted(os.listdir(directory)):
        with open(f"{directory}/{name}", "rb") as f:
            found[name] = (os.fstat(f.fileno()).st_mode, f.read())
    return found


def queued_signals(pid):
    return re.search(r"^SigQ:\s*(\d+)", box.read(f"/proc/{pid}/status"), re.M)[1]


class Result:
    def __init__(self, status, out, messages):
        self.status, self.out, self.messages = status, out, messages
        self.errors = [m for m in messages.splitlines() if m.startswith("Error (")]


class Scene:
    large = False  # the family with its clan

    def __init__(self, args, directory):
        self.args, self.dir, self.pid, self.dumps = args, directory, None, 0
        self.said, self.images, self.old = f"{directory}/said", f"{directory}/images", f"{directory}/old"
        self.last, self.fifo = None, f"{directory}/fifo"
        os.chmod(directory, 0o755)
        os.mkfifo(self.fifo)
        os.chown(self.fifo, UID, UID)
        with open(f"{directory}/file", "w") as f:
            f.write("abcdefgh")
        self.family, self.ckpt = f"{directory}/family", f"{directory}/ckpt"
        shutil.copy(f"{args.programs}/family", self.family)
        shutil.copy(args.ckpt, self.ckpt)  # where an ordinary user gets at it

    # The tree.

    def start(self):
        with open(self.said, "w"):
            os.chown(self.said, UID, UID)
        argv = [self.family, f"{self.dir}/file", self.said] + ([self.fifo] if self.large else [])
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                                 user=UID, group=UID, extra_groups=[], cwd="/")
        child.returncode = 0  # box.reap() waits for it
        self.pid, self.dumps = child.pid, 0
        box.wait_until(self.at_rest, "the tree is at rest")
        self.before, self.queued = Outside(self.pid), queued_signals(self.pid)

    def at_rest(self):
        status = box.read(f"/proc/{self.pid}/status")
        return (int(re.search(r"^SigPnd:\s*(\S+)", status, re.M)[1], 16) == 1 << signal.SIGUSR1 - 1
                and queued_signals(self.pid) == "1"
                and box.states(self.pid) == {"S", "T"} and len(box.tree(self.pid)) == (8 if self.large else 4))

    def fresh(self):
        """A tree, perhaps the one that is there."""
        if self.pid and self.dumps >= DUMPS_PER_TREE:
            self.finish()
        if not self.pid:
            self.kill()
            self.start()
        self.dumps += 1

    def finish(self):
        """Every task says whether all is as it should be."""
        pid, self.pid = self.pid, None
        os.kill(pid, signal.SIGTERM)
        try:
            status = box.wait_end(pid, "the tree")
        except box.Failed:
            raise Wrong("\n  ".join(["the tree does not end: "] + blocked_tasks(box.tree(pid)))) from None
        said = self.take_said()
        if said != "OK\n" or status:
            raise Wrong(f"the tree ends with {status} and says: {said.strip()}")

    def take_said(self):
        with open(self.said, "r+") as f:
            said = f.read()
            f.truncate(0)
        return said

    def others(self):
        box.reap()
        return [p for p in box.pids() if p != os.getpid()]

    def kill(self):
        """All processes but this one."""
        while others := self.others():
            for pid in others:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.pid = None
        box.ended.clear()

    def is_as_before(self, same_life=True):
        difference = ["it is gone"]
        for _ in range(200):
            if not os.path.exists(f"/proc/{self.pid}"):
                break
            difference = self.before.differences(Outside(self.pid, same_life))
            if same_life and queued_signals(self.pid) != self.queued:
                difference.append(f"signals queued: {self.queued}, now {queued_signals(self.pid)}")
            if not difference:
                return
            time.sleep(0.02)
        raise Wrong("\n  ".join(["the tree is not as before:"] + difference[:30]))

    # ckpt.

    def popen(self, *args, **kwargs):
        kwargs = {"stdin": subprocess.DEVNULL, "cwd": self.dir, **kwargs}
        return subprocess.Popen([self.ckpt, *map(str, args)], **kwargs)

    def wait(self, child):
        """Exit status of a ckpt, while whatever else ends is reaped."""
        end = time.monotonic() + PATIENCE
        while child.poll() is None:
            self.reap_but(child.pid)
            if time.monotonic() > end:
                where = blocked_tasks(box.pids())
                child.kill()
                raise Wrong("\n  ".join([f"ckpt does not end within {PATIENCE} s"] + where))
            time.sleep(0.0005)
        box.reap()
        return child.returncode

    def reap_but(self, spare):
        while True:
            try:
                seen = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            except ChildProcessError:
                return
            if seen is None or seen.si_pid == spare:
                return
            pid, status = os.waitpid(seen.si_pid, 0)
            box.ended[pid] = os.waitstatus_to_exitcode(status)

    def run(self, *args, meanwhile=lambda child: None, **kwargs):
        """Run ckpt with args; `meanwhile` may meddle with it."""
        pipes = os.pipe(), os.pipe()  # not files, as a limit of these would count
        for r, w in pipes:
            fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 1 << 20)
        child = self.popen(*args, **{"stdout": pipes[0][1], "stderr": pipes[1][1], **kwargs})
        try:
            meanwhile(child)
        finally:
            status = self.wait(child)
            texts = []
            for r, w in pipes:
                os.close(w)
                os.set_blocking(r, False)
                with open(r, "rb") as f:
                    texts.append((f.read() or b"").decode(errors="replace"))
        self.last = Result(status, *texts)
        return self.last

    def must(self, *args, **kwargs):
        r = self.run(*args, **kwargs)
        if r.status:
            raise Wrong(f"ckpt {args[0]} exits with {r.status}: {r.messages.strip()}")
        return r

    def failed_well(self, r, words=None, silent=False):
        """Exit 1, one clear message."""
        if r.status != 1:
            raise Wrong(f"exit status {r.status} instead of 1")
        if not silent and len(r.errors) != 1:
            raise Wrong(f"{len(r.errors)} error messages")
        if words and not re.search(words, r.messages):
            raise Wrong(f"no word of '{words}'")

    # Checkpoints.

    def make_old(self):
        """A checkpoint that works, in self.old; the tree of it is gone."""
        self.kill()
        self.start()
        self.dump_old()

    def dump_old(self):
        shutil.rmtree(self.old, ignore_errors=True)
        os.mkdir(self.old)
        self.must("dump", "-t", self.pid, "-D", self.old)
        self.pid = None
        box.ended.clear()

    def new_images(self, old=False):
        shutil.rmtree(self.images, ignore_errors=True)
        shutil.copytree(self.old, self.images) if old else os.mkdir(self.images)

    def fill(self, directory, old):
        """The old checkpoint into a directory that is there."""
        if old:
            for name in os.listdir(self.old):
                shutil.copy(f"{self.old}/{name}", directory)

    def dump_is_undone(self, before, images=None):
        """After a failed dump."""
        self.is_as_before()
        images = images or self.images
        if before is not None and contents(images) != before:
            raise Wrong(f"the images directory is not as before: {sorted(os.listdir(images))}, not {sorted(before)}")
        if extra := set(self.others()) - set(self.before.pids):
            raise Wrong("\n  ".join(["processes are left:"] + blocked_tasks(extra)))

    def dump_is_done(self, running, images=None):
        """After a dump that worked: prove it by a restore."""
        images = images or self.images
        self.must("verify", images)
        if running:
            self.is_as_before()
            return
        if os.path.exists(f"/proc/{self.pid}"):
            raise Wrong("the tree is still there after a dump")
        self.pid = None
        box.ended.clear()
        self.restores(images)

    def restores(self, images):
        """A restore of what has self.before works."""
        self.must("restore", "-d", "-D", images)
        self.pid, self.dumps = self.before.pids[0], 0
        self.is_as_before(same_life=False)
        self.finish()

    def restore_is_undone(self):
        if left := self.others():
            raise Wrong("\n  ".join(["processes are left:"] + blocked_tasks(left)))
        if contents(self.old) != self.old_contents:
            raise Wrong("the images are not as before")


def run_all(tests, scene, only):
    """tests: name -> function, which returns a remark or None. Prints the results; the exit status."""
    passed = failed = skipped = 0
    for name, test in tests.items():
        if only and only not in name:
            continue
        began = time.monotonic()
        try:
            remark = test() or ""
            if scene.pid:
                scene.finish()
            passed += 1
            print(f"PASS {name}{': ' if remark else ''}{remark} ({time.monotonic() - began:.1f} s)", flush=True)
        except box.Skipped as e:
            skipped += 1
            print(f"SKIP {name}: {e}", flush=True)
        except (Wrong, box.Failed, OSError) as e:
            failed += 1
            print(f"FAIL {name}: {type(e).__name__}: {e}", flush=True)
            if scene.last:
                print(f"  exit status {scene.last.status}; ckpt says: {scene.last.messages.strip()[-2000:]}", flush=True)
            scene.kill()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return not passed or failed > 0


def options(parser):
    parser.add_argument("--ckpt", default=f"{TOP}/build/ckpt", help="default: build/ckpt")
    parser.add_argument("--programs", default=f"{TOP}/build/test/attack", metavar="DIR",
                        help="default: build/test/attack")
    parser.add_argument("--only", metavar="WORD", help="tests with WORD in their name")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="to choose the same moments again")
    parser.add_argument("--in-box", action="store_true", help="as process 1 already")


def main(script, args, in_box, net=False):
    args.ckpt = os.path.abspath(args.ckpt)
    if args.in_box:
        return in_box(args)
    reason = box.why_not()
    if reason:
        print(f"SKIP: {reason}\n0 passed, 0 failed, 1 skipped")
        return 0
    return box.main_in_box(os.path.abspath(script), sys.argv[1:] + ["--in-box", "--seed", str(args.seed)], net).wait()
