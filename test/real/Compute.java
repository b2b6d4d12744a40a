// SPDX-License-Identifier: Apache-2.0
// Compute.java - threads that make garbage and count primes, checked all the time.
//
//	java Compute DIR
//
// DIR/progress grows; SIGTERM ends it.
import java.io.File;
import java.io.FileWriter;
import java.io.IOException;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

public class Compute {
	static final int PRIMES_BELOW_20000 = 2262;
	static final AtomicLong rounds = new AtomicLong();

	static void count() {
		for (;;) {
			TreeMap<Integer, Integer> smallest = new TreeMap<>();
			int found = 0;
			for (int i = 2; i < 20000; i++) {
				if (smallest.containsKey(i))
					continue;
				found++;
				for (int j = 2 * i; j < 20000; j += i)
					smallest.putIfAbsent(j, i);
			}
			if (found != PRIMES_BELOW_20000) {
				System.out.println("there are not " + found + " primes");
				Runtime.getRuntime().halt(1);
			}
			rounds.incrementAndGet();
		}
	}

	public static void main(String[] args) throws IOException, InterruptedException {
		for (int i = 0; i < 3; i++) {
			Thread t = new Thread(Compute::count);
			t.setDaemon(true);
			t.start();
		}
		File fresh = new File(args[0], "progress.new"), progress = new File(args[0], "progress");
		for (;;) {
			try (FileWriter w = new FileWriter(fresh)) {
				w.write(Long.toString(rounds.get()));
			}
			fresh.renameTo(progress);
			Thread.sleep(5);
		}
	}
}
