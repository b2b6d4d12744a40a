# SPDX-License-Identifier: Apache-2.0
# spawn.py - starts programs all the time, which subprocess does with vfork.
#
#	spawn.py DIR
#
# Two threads let echo(1) say one number after the other, and check what comes
# through the pipe and the exit status. DIR/numbers.N grows; SIGTERM ends it.
import os
import signal
import subprocess
import sys
import threading

stop = threading.Event()


def say(directory, which):
    number, path = 0, os.path.join(directory, f"numbers.{which}")
    while not stop.is_set():
        number += 1
        said = subprocess.run(["sh", "-c", f"echo {number}; exit {number % 100}"], stdout=subprocess.PIPE)
        if said.stdout != b"%d\n" % number or said.returncode != number % 100:
            print(f"number {number}: {said}", flush=True)
            os._exit(1)
        with open(path + ".new", "w") as f:
            f.write(str(number))
        os.rename(path + ".new", path)


signal.signal(signal.SIGTERM, lambda *_: stop.set())
threads = [threading.Thread(target=say, args=(sys.argv[1], which)) for which in range(2)]
for t in threads:
    t.start()
while not stop.wait(0.5):
    pass
for t in threads:
    t.join()
