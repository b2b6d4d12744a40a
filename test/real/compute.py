# SPDX-License-Identifier: Apache-2.0
# compute.py - a computation in three threads, which hand work on through queues
# and files. Works in the directory given until SIGTERM.
#
#   chain:  h = sha256(h); the number in its first three bytes goes into a queue, and h, in hex, is
#           appended to the file `chain`
#   primes: takes numbers from the queue and counts primes, writes how far it is to `progress`, in place
#   reader: reads `chain` through a descriptor of its own, and makes one digest of all lines
#
# At the end `result` gets: steps, the last h, primes, lines, digest of the lines.
import hashlib
import os
import queue
import signal
import sys
import threading

SMALL = [p for p in range(2, 4096) if all(p % d for d in range(2, int(p ** .5) + 1))]


def chain(path, out, stop, result):
    h, steps = b"ckpt", 0
    with open(path, "a") as f:
        while not stop.is_set():
            h = hashlib.sha256(h).digest()
            steps += 1
            f.write(h.hex() + "\n")
            if steps % 64 == 0:
                f.flush()
            out.put(int.from_bytes(h[:3], "big"))
    out.put(None)
    result["steps"], result["last"] = steps, h.hex()


def primes(path, numbers, done, result):
    found = count = 0
    with open(path, "w+b", buffering=0) as f:
        while (n := numbers.get()) is not None:
            count += 1
            found += n > 1 and all(n % p for p in SMALL if p * p <= n)
            if count % 100 == 0:
                f.seek(0)
                f.write(b"%12d\n" % count)
    result["primes"] = found
    done.set()


def reader(path, done, result):
    digest, lines = hashlib.sha256(), 0
    with open(path, "rb") as f:
        while True:
            last = done.is_set()  # asked first: then what is read is all there is
            for line in f:
                lines += 1 if line.endswith(b"\n") else 0
                digest.update(line)
            if last:
                break
            done.wait(0.02)
    result["lines"], result["digest"] = lines, digest.hexdigest()


def main(directory):
    os.chdir(directory)
    stop, done, result = threading.Event(), threading.Event(), {}
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    open("chain", "w").close()
    numbers = queue.Queue(maxsize=50)
    threads = [threading.Thread(target=chain, args=("chain", numbers, stop, result)),
               threading.Thread(target=primes, args=("progress", numbers, done, result)),
               threading.Thread(target=reader, args=("chain", done, result))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    with open("result", "w") as f:
        print(*(result[key] for key in ("steps", "last", "primes", "lines", "digest")), file=f)


main(sys.argv[1])
