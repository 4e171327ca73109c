package io.github.resilientkafka.chaos;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/**
 * The {@code Clock} bean of an application on trial: the machine's, off by what its {@link Switches} say, which may change
 * at any moment.
 */
final class SkewedClock extends Clock {

    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Switches switches;

    private volatile Duration offset = Duration.ZERO;

    private volatile long lookedNanos = System.nanoTime() - LOOK_AGAIN_NANOS;

    SkewedClock(Switches switches) {
        this.switches = switches;
    }

    @Override
    public Instant instant() {
        if (System.nanoTime() - this.lookedNanos >= LOOK_AGAIN_NANOS) {
            this.lookedNanos = System.nanoTime();
            this.offset = this.switches.clockOffset();
        }
        return Instant.now().plus(this.offset);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
