package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.FailedEvents.PurgeStep;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * How far a purge goes, and where the next one begins.
 */
class PurgeTests {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private final FailedEvents events = mock(FailedEvents.class);

    private final Clock clock = mock(Clock.class);

    /** Where each step began. */
    private final List<Long> begins = new ArrayList<>();

    private final List<Instant> limits = new ArrayList<>();

    /** The last row that is old enough, all before it in chunks of a thousand. */
    private long lastOld = 2_500;

    @BeforeEach
    void walk() {
        when(this.events.purgeResolved(any(), anyLong(), anyInt())).then(call -> {
            long after = call.getArgument(1);
            this.begins.add(after);
            this.limits.add(call.getArgument(0));
            long last = Math.min(after + 1_000, this.lastOld);
            return new PurgeStep((int) (last - after), last, last == after + 1_000);
        });
    }

    @Test
    @DisplayName("purge: goes on where it stopped, and begins anew after an hour for what it had to leave behind")
    void goesOn() {
        Purge purge = new Purge(this.events, Duration.ofDays(7), this.clock);
        run(purge, Duration.ZERO);
        this.lastOld = 2_600;
        run(purge, Duration.ofMinutes(1));
        run(purge, Duration.ofMinutes(59));
        run(purge, Duration.ofMinutes(60));

        assertThat(this.begins).containsExactly(0L, 1_000L, 2_000L, 2_500L, 2_600L, 0L, 1_000L, 2_000L);
        assertThat(this.limits).startsWith(NOW.minus(Duration.ofDays(7)));
    }

    @Test
    @DisplayName("purge: with a short retention it begins anew after a tenth of that")
    void beginsAnewSooner() {
        Purge purge = new Purge(this.events, Duration.ofMinutes(10), this.clock);
        this.lastOld = 10;
        run(purge, Duration.ZERO);
        run(purge, Duration.ofSeconds(59));
        run(purge, Duration.ofSeconds(60));

        assertThat(this.begins).containsExactly(0L, 10L, 0L);
    }

    @Test
    @DisplayName("purge: a walk that was interrupted is ended before the next one begins")
    void walksToTheEnd() {
        Purge purge = new Purge(this.events, Duration.ZERO, this.clock);
        when(this.clock.instant()).thenReturn(NOW);
        purge.run(() -> this.begins.size() < 2);
        purge.run(() -> true);
        run(purge, Duration.ofHours(2));

        assertThat(this.begins).containsExactly(0L, 1_000L, 2_000L, 0L, 1_000L, 2_000L);
    }

    private void run(Purge purge, Duration later) {
        when(this.clock.instant()).thenReturn(NOW.plus(later));
        purge.run(() -> true);
    }
}
