package io.github.resilientkafka.message;

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
