package io.github.resilientkafka.message;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Event ids: UUID version 7 (RFC 9562), so that ids of later events sort later to the millisecond.
 * <p>
 * The random part is not a secret and comes from {@link ThreadLocalRandom}, which is several times cheaper than a secure
 * generator.
 */
public final class EventIds {

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private EventIds() {}

    /**
     * Returns a new id.
     * @param epochMillis the time it shall carry, in milliseconds since 1970
     * @return a version 7 UUID
     */
    public static UUID next(long epochMillis) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long high = (epochMillis << 16) | 0x7000L | (random.nextInt() & 0x0FFFL);
        long low = (random.nextLong() >>> 2) | 0x8000000000000000L;
        return new UUID(high, low);
    }

    /**
     * Returns an id's text as bytes, without making the text.
     * @param id any UUID
     * @return its 36 characters, as {@link UUID#toString()} writes them
     */
    public static byte[] toAscii(UUID id) {
        long high = id.getMostSignificantBits();
        long low = id.getLeastSignificantBits();
        byte[] text = new byte[36];
        group(text, 0, 8, high >>> 32);
        group(text, 9, 4, high >>> 16);
        group(text, 14, 4, high);
        group(text, 19, 4, low >>> 48);
        group(text, 24, 12, low);
        text[8] = text[13] = text[18] = text[23] = '-';
        return text;
    }

    private static void group(byte[] text, int start, int digits, long bits) {
        long left = bits;
        for (int i = start + digits - 1; i >= start; i--) {
            text[i] = HEX[(int) left & 0xF];
            left >>>= 4;
        }
    }

    /**
     * Returns the time that an id carries.
     * @param id any UUID
     * @return the time, to the millisecond, or empty if the id is not of version 7
     */
    public static Optional<Instant> timeOf(UUID id) {
        return (id.version() == 7 && id.variant() == 2)
                ? Optional.of(Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16))
                : Optional.empty();
    }
}
