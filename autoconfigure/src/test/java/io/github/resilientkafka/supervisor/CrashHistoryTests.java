package io.github.resilientkafka.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.supervisor.Crash.Kind;
import io.github.resilientkafka.supervisor.SupervisorProperties.Supervisor;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;

class CrashHistoryTests {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static final Crash OOM = Crash.of(Reason.ERROR, new OutOfMemoryError("heap"));

    private static CrashHistory history(boolean enabled) {
        Supervisor settings = new Supervisor(
                enabled,
                Duration.ofSeconds(1),
                Duration.ofSeconds(10),
                Duration.ofMinutes(1),
                3,
                Duration.ofMinutes(10),
                true);
        return new CrashHistory(settings, new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10), () -> 1));
    }

    @Test
    @DisplayName("P3: restarts go on for ever, later and later, until there is progress")
    void forEver() {
        CrashHistory history = history(true);
        for (int crash = 1; crash <= 1_000; crash++) {
            assertThat(history.crashed(Crash.of(Kind.ERROR), NOW)).isNotNull();
        }
        assertThat(history.crashed(Crash.of(Kind.ACCESS), NOW)).isEqualTo(Duration.ofSeconds(10));
        history.progressed();
        assertThat(history.crashed(Crash.of(Kind.ACCESS), NOW)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    @DisplayName("N1: a crash that was overcome says nothing of the next start")
    void overcome() {
        CrashHistory history = history(true);
        history.crashed(Crash.of(Kind.ACCESS), NOW);
        assertThat(history.lastCrash()).isNotNull();
        history.progressed();
        assertThat(history.lastCrash()).isNull();
    }

    @Test
    @DisplayName("P3: errors of the JVM: three restarts within ten minutes, then none, unless an operator wants one")
    void jvmErrors() {
        CrashHistory history = history(true);
        assertThat(history.crashed(OOM, NOW)).isNotNull();
        assertThat(history.crashed(OOM, NOW.plusSeconds(60))).isNotNull();
        assertThat(history.crashed(OOM, NOW.plusSeconds(120))).isNotNull();
        assertThat(history.crashed(OOM, NOW.plusSeconds(599))).isNull();
        history.pardon();
        assertThat(history.crashed(OOM, NOW.plusSeconds(600))).isNotNull();
    }

    @Test
    @DisplayName("P3: errors of the JVM that are far apart, or lie before some progress, do not add up in the window")
    void window() {
        CrashHistory history = history(true);
        for (int minute = 0; minute < 100; minute += 4) {
            assertThat(history.crashed(OOM, NOW.plusSeconds(minute * 60L)))
                    .as("minute " + minute)
                    .isNotNull();
        }
    }

    @Test
    void whenRestartsAreSwitchedOffThenThereAreNone() {
        assertThat(history(false).crashed(Crash.of(Kind.ERROR), NOW)).isNull();
    }

    @Test
    @DisplayName(
            "an error that no handler threw counts as one of the JVM's, one that a handler threw counts by its type")
    void kinds() {
        assertThat(OOM.kind()).isEqualTo(Kind.JVM_ERROR);
        assertThat(Crash.of(Reason.ERROR, null).kind()).isEqualTo(Kind.JVM_ERROR);
        assertThat(Crash.of(Reason.ERROR, new java.util.ServiceConfigurationError("x"))
                        .kind())
                .isEqualTo(Kind.ERROR);
        assertThat(Crash.of(Reason.AUTH, null).kind()).isEqualTo(Kind.ACCESS);
        assertThat(Crash.of(Reason.NORMAL, null).kind()).isEqualTo(Kind.STOPPED_ABNORMALLY);
        assertThat(Crash.of((Reason) null, null).kind()).isEqualTo(Kind.STOPPED_ABNORMALLY);
        assertThat(Crash.rank(Reason.ERROR)).isGreaterThan(Crash.rank(Reason.FENCED));
        assertThat(Crash.rank(Reason.FENCED)).isGreaterThan(Crash.rank(Reason.AUTH));
        assertThat(Crash.rank(Reason.AUTH)).isGreaterThan(Crash.rank(Reason.NO_OFFSET));
        assertThat(Crash.rank(Reason.NO_OFFSET)).isGreaterThan(Crash.rank(Reason.NORMAL));
    }
}
