package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.listener.NotHandledException.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("N5: what a moved record's headers tell")
class RetryTicketTests {

    private static final Instant FIRST_FAILURE = Instant.parse("2026-01-02T03:04:05.678Z");

    private static final Instant NOT_BEFORE = Instant.parse("2026-01-02T03:04:10.987Z");

    private static final RecordDestination SOMEWHERE = new RecordDestination() {

        @Override
        public CompletableFuture<?> send(FailedRecord record) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void arrived(FailedRecord record) {}
    };

    @Test
    void isReadAsItWasWritten() {
        RetryTicket ticket = RetryTicket.of(record(moved("orders-app", NOT_BEFORE)), "orders-app");

        assertThat(ticket)
                .isEqualTo(new RetryTicket(
                        new Origin("orders", 3, 4711, 1_700_000_000_000L), 2, FIRST_FAILURE, NOT_BEFORE));
        assertThat(ticket.isDue(NOT_BEFORE.minusMillis(1))).isFalse();
        assertThat(ticket.isDue(NOT_BEFORE)).isTrue();
    }

    @Test
    void movedAgainItTellsOfTheLastTimeAndKeepsTheApplicationsHeaders() {
        Headers headers = moved("orders-app", NOT_BEFORE);
        headers.add("tenant", "x".getBytes(StandardCharsets.UTF_8));
        failed(3).addHeaders(headers, "orders-app");
        RetryTicket.addNotBefore(headers, NOT_BEFORE.plusSeconds(10));

        RetryTicket ticket = RetryTicket.of(record(headers), "orders-app");

        assertThat(ticket.attempts()).isEqualTo(3);
        assertThat(ticket.notBefore()).isEqualTo(NOT_BEFORE.plusSeconds(10));
        assertThat(headers.headers(RetryTicket.NOT_BEFORE)).hasSize(1);
        assertThat(headers.lastHeader("tenant")).isNotNull();
    }

    @Test
    void ofAnotherGroupItIsNone() {
        assertThat(RetryTicket.of(record(moved("others", NOT_BEFORE)), "orders-app"))
                .isNull();
    }

    @Test
    @DisplayName("H7: a dead letter that was sent back to its topic begins anew")
    void withoutItsDateItIsNone() {
        Headers headers = moved("orders-app", NOT_BEFORE);
        headers.remove(RetryTicket.NOT_BEFORE);

        assertThat(RetryTicket.of(record(headers), "orders-app")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rk_not_before",
                "rk_attempts",
                "rk_first_failure",
                "rk_original_partition",
                "rk_original_offset",
                "rk_original_timestamp"
            })
    void thatCannotBeReadItIsNone(String header) {
        Headers headers = moved("orders-app", NOT_BEFORE);
        headers.remove(header);
        headers.add(header, "soon".getBytes(StandardCharsets.UTF_8));
        assertThat(RetryTicket.of(record(headers), "orders-app")).isNull();

        headers.remove(header);
        headers.add(header, null);
        assertThat(RetryTicket.of(record(headers), "orders-app")).isNull();
    }

    @Test
    void saysWhyARecordMustNotBeHandled() {
        RetryMoves republished = RetryMoves.comingRound(SOMEWHERE, "orders-app");
        RetryMoves retries = RetryMoves.ofRetryTopic(SOMEWHERE, "orders-app");
        ConsumerRecord<?, ?> fresh = record(new RecordHeaders());
        ConsumerRecord<?, ?> due = record(moved("orders-app", Instant.now()));
        ConsumerRecord<?, ?> later = record(moved("orders-app", Instant.now().plus(Duration.ofHours(1))));
        ConsumerRecord<?, ?> others = record(moved("others", Instant.now().plus(Duration.ofHours(1))));

        for (RetryMoves moves : List.of(republished, retries)) {
            assertThat(moves.reasonAgainst(fresh)).isNull();
            assertThat(moves.reasonAgainst(due)).isNull();
            assertThat(moves.reasonAgainst(later)).isEqualTo(Reason.NOT_DUE);
        }
        assertThat(republished.reasonAgainst(others)).as("as new here").isNull();
        assertThat(retries.reasonAgainst(others)).isEqualTo(Reason.OTHER_GROUP);
        assertThat(RetryMoves.NONE.reasonAgainst(later)).isNull();
        assertThat(RetryMoves.elsewhere(SOMEWHERE).reasonAgainst(later)).isNull();
    }

    private static Headers moved(String group, Instant notBefore) {
        Headers headers = new RecordHeaders();
        failed(2).addHeaders(headers, group);
        RetryTicket.addNotBefore(headers, notBefore);
        return headers;
    }

    private static FailedRecord failed(int attempts) {
        return new FailedRecord(
                record(new RecordHeaders()),
                new Origin("orders", 3, 4711, 1_700_000_000_000L),
                new Failure(ErrorClass.TRANSIENT, new IllegalStateException("no"), null, null),
                attempts,
                FIRST_FAILURE);
    }

    private static ConsumerRecord<?, ?> record(Headers headers) {
        return new ConsumerRecord<>(
                "orders.retry", 0, 7, 0, TimestampType.CREATE_TIME, 1, 1, "k", "v", headers, Optional.empty());
    }
}
