package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RetryScheduleTests {

    private final Instant now = Instant.parse("2026-01-01T00:00:00Z");

    private final RetrySchedule schedule = new RetrySchedule(
            List.of(Duration.ofMinutes(1), Duration.ofMinutes(5), Duration.ofMinutes(15), Duration.ofMinutes(60)));

    @Test
    @DisplayName("W3: 1 minute after it was stored, 5 and 15 minutes after failed retries, then 60 for ever")
    void backoff() {
        assertThat(this.schedule.first(FailureKind.RECORD, this.now)).isEqualTo(in(1));
        assertThat(this.schedule.first(FailureKind.TOPIC, this.now)).isEqualTo(in(1));
        assertThat(this.schedule.afterFailure(1, this.now)).isEqualTo(in(5));
        assertThat(this.schedule.afterFailure(2, this.now)).isEqualTo(in(15));
        assertThat(this.schedule.afterFailure(3, this.now)).isEqualTo(in(60));
        assertThat(this.schedule.afterFailure(30, this.now)).isEqualTo(in(60));
        assertThat(this.schedule.afterRefusedDeadLetter(this.now)).isEqualTo(in(60));
    }

    @Test
    @DisplayName("W3: an event that met an outage is due always, whatever the clocks say")
    void outage() {
        assertThat(this.schedule.first(FailureKind.OUTAGE, this.now)).isEqualTo(Instant.EPOCH);
    }

    @Test
    void aSingleEntryServesAll() {
        RetrySchedule single = new RetrySchedule(List.of(Duration.ofMinutes(2)));
        assertThat(single.first(FailureKind.RECORD, this.now)).isEqualTo(in(2));
        assertThat(single.afterFailure(1, this.now)).isEqualTo(in(2));
    }

    private Instant in(int minutes) {
        return this.now.plus(Duration.ofMinutes(minutes));
    }
}
