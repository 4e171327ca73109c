package io.github.resilientkafka.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What is published: 512 bytes that do not compress, under one of 5,000 keys, in turn or some far more often than others.
 */
final class Events {

    static final int VALUE_BYTES = 512;

    private static final int KEYS = 5_000;

    private static final String[] keys =
            IntStream.range(0, KEYS).mapToObj(i -> "customer-" + (100_000 + i)).toArray(String[]::new);

    private static final byte[][] keyBytes = IntStream.range(0, KEYS)
            .mapToObj(i -> keys[i].getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);

    private static final byte[][] values = values();

    /** The keys of events by Zipf's law. */
    private static final int[] popular = popular(1 << 16);

    private Events() {}

    private static byte[][] values() {
        Random random = new Random(42);
        byte[][] values = new byte[64][VALUE_BYTES];
        for (byte[] value : values) {
            random.nextBytes(value);
        }
        return values;
    }

    static String key(int event) {
        return keys[event % KEYS];
    }

    /**
     * The key of an event where the second most popular key has half as many as the first, the third a third and so on: the
     * first has a ninth of all.
     */
    static String hotKey(int event) {
        return keys[popular[event % popular.length]];
    }

    private static int[] popular(int events) {
        double[] sums = new double[KEYS];
        double sum = 0;
        for (int key = 0; key < KEYS; key++) {
            sum += 1.0 / (key + 1);
            sums[key] = sum;
        }
        Random random = new Random(42);
        int[] popular = new int[events];
        for (int event = 0; event < events; event++) {
            int found = Arrays.binarySearch(sums, random.nextDouble() * sum);
            popular[event] = (found < 0) ? -found - 1 : found;
        }
        return popular;
    }

    static byte[] keyBytes(int event) {
        return keyBytes[event % KEYS];
    }

    static byte[] value(int event) {
        return values[event % values.length];
    }
}
