package io.github.resilientkafka.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What is published: 512 bytes that do not compress, under one of 5,000 keys.
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

    static byte[] keyBytes(int event) {
        return keyBytes[event % KEYS];
    }

    static byte[] value(int event) {
        return values[event % values.length];
    }
}
