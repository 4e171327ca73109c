package io.github.resilientkafka;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.context.annotation.Bean;

/**
 * A clock that a test can put forward; otherwise it goes like any other.
 */
public final class TestClock extends Clock {

    private final AtomicReference<Duration> offset = new AtomicReference<>(Duration.ZERO);

    /**
     * Makes it the application's clock.
     */
    @org.springframework.context.annotation.Configuration(proxyBeanMethods = false)
    public static class Configuration {

        @Bean
        TestClock clock() {
            return new TestClock();
        }
    }

    public void advance(Duration time) {
        this.offset.updateAndGet(before -> before.plus(time));
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new IllegalArgumentException("This clock knows UTC only");
    }

    @Override
    public Instant instant() {
        return Instant.now().plus(this.offset.get());
    }
}
