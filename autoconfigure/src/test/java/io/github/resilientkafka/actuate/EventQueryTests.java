package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedEvents.Filter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Parameters of the endpoint kafkaevents.
 */
class EventQueryTests {

    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);

    @Test
    void whenNothingIsGivenThenAllRowsFiftyAtATime() {
        EventQuery query = new EventQuery.Parameters(null, "", null, "", null, "", "", null).read(CLOCK);
        assertThat(query).isEqualTo(new EventQuery(new Filter(null, null, null, null, null, null), null, 50));
    }

    @Test
    void whenEverythingIsGivenThenEverythingFilters() {
        UUID id = UUID.randomUUID();
        EventQuery query = new EventQuery.Parameters(
                        "orders", "dlq_failed", "10m", "2h", "c1", id.toString(), "77", "500")
                .read(CLOCK);
        assertThat(query.filter())
                .isEqualTo(new Filter(
                        "orders",
                        EventStatus.DLQ_FAILED,
                        Instant.parse("2026-01-01T11:50:00Z"),
                        Instant.parse("2026-01-01T10:00:00Z"),
                        "c1",
                        id));
        assertThat(query.before()).isEqualTo(77);
        assertThat(query.limit()).isEqualTo(500);
    }

    @Test
    void whenADurationIsIso8601ThenItIsUnderstood() {
        EventQuery query = new EventQuery.Parameters(null, null, "PT1H", null, null, null, null, null).read(CLOCK);
        assertThat(query.filter().createdBefore()).isEqualTo(Instant.parse("2026-01-01T11:00:00Z"));
    }

    @ParameterizedTest
    @CsvSource({
        "status, WAITING",
        "olderThan, soon",
        "olderThan, -5m",
        "newerThan, 999999999999d",
        "eventId, 1-2-3-4-5",
        "eventId, x",
        "before, -1",
        "before, abc",
        "limit, 0",
        "limit, 501",
        "limit, 99999999999999999999"
    })
    void whenAValueMakesNoSenseThenTheComplaintNamesParameterAndValue(String name, String value) {
        assertThatExceptionOfType(BadRequestException.class)
                .isThrownBy(() -> parameters(name, value).read(CLOCK))
                .withMessageContaining(name)
                .withMessageContaining(value);
    }

    @ParameterizedTest
    @CsvSource({"abc", "-1", "0", "1.5"})
    void whenAnIdIsNotAPositiveNumberThenItIsRefused(String id) {
        assertThatExceptionOfType(BadRequestException.class)
                .isThrownBy(() -> EventQuery.id(id))
                .withMessageContaining(id);
    }

    @Test
    void whenATimeIsOnlyADurationThenTheComplaintOffersNoInstant() {
        assertThatExceptionOfType(BadRequestException.class)
                .isThrownBy(() -> parameters("olderThan", "soon").read(CLOCK))
                .withMessage("olderThan 'soon' is not a duration such as 90s, 10m, 2h or 7d");
    }

    @Test
    void whenAFlagIsGivenWithoutValueThenItIsOn() {
        assertThat(EventQuery.flag("payload", "")).isTrue();
        assertThat(EventQuery.flag("payload", "TRUE")).isTrue();
        assertThat(EventQuery.flag("payload", "false")).isFalse();
        assertThat(EventQuery.flag("payload", null)).isFalse();
        assertThatExceptionOfType(BadRequestException.class)
                .isThrownBy(() -> EventQuery.flag("payload", "maybe"))
                .withMessage("payload 'maybe' is not true or false");
    }

    private static EventQuery.Parameters parameters(String name, String value) {
        return new EventQuery.Parameters(
                null,
                name.equals("status") ? value : null,
                name.equals("olderThan") ? value : null,
                name.equals("newerThan") ? value : null,
                null,
                name.equals("eventId") ? value : null,
                name.equals("before") ? value : null,
                name.equals("limit") ? value : null);
    }
}
