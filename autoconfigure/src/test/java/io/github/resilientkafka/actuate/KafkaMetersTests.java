package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.ConnectionState;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Metrics by name and value (rows W8, H8).
 */
class KafkaMetersTests {

    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    private final MeterRegistry registry = new SimpleMeterRegistry();

    private final StubPublisher publisher = StubPublisher.healthy();

    private final StubRetryService service = StubRetryService.pending(5, NOW.minusSeconds(90));

    private final AtomicLong nanos = new AtomicLong();

    private final RetryFigures figures =
            new RetryFigures(() -> this.service, Clock.fixed(NOW, ZoneOffset.UTC), this.nanos::get);

    @AfterEach
    void close() {
        this.figures.close();
    }

    @Test
    void whenNothingHasHappenedThenEveryMeterIsThereAtZero() {
        bindAll();
        assertThat(this.registry.getMeters().stream().map(meter -> meter.getId().getName()))
                .containsAll(Arrays.stream(KafkaMeters.values())
                        .map(KafkaMeters::getName)
                        .filter(name -> !name.startsWith("kafka.listener."))
                        .collect(Collectors.toSet()));
        assertThat(counter("kafka.events.published", "status", "success")).isZero();
        assertThat(counter("kafka.publish.errors", "type", "queue_full")).isZero();
    }

    @Test
    void whenEventsAreSentThenTheyAreCountedAndTimed() {
        PublisherMeters meters = new PublisherMeters(this.registry);
        meters.sent(TimeUnit.MILLISECONDS.toNanos(20));
        meters.sent(TimeUnit.MILLISECONDS.toNanos(40));
        assertThat(counter("kafka.events.published", "status", "success")).isEqualTo(2);
        assertThat(this.registry.get("kafka.publish.latency").timer().count()).isEqualTo(2);
        assertThat(this.registry.get("kafka.publish.latency").timer().totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(60);
    }

    @Test
    void whenEventsAreNotSentThenTheyAreErrorsByKindWhateverBecomesOfThem() {
        PublisherMeters meters = new PublisherMeters(this.registry);
        meters.notSent(FailureKind.OUTAGE, 1);
        meters.notSent(FailureKind.OUTAGE, 1);
        meters.notSent(FailureKind.RECORD, 1);
        meters.notSent(FailureKind.TOPIC, 1);
        meters.stored();
        meters.lost();
        meters.notSerialized();
        meters.queueFull();
        meters.producerFailed();
        meters.connectionFailed(ConnectionError.Kind.DNS);
        assertThat(counter("kafka.connection.errors", "type", "dns")).isOne();
        assertThat(counter("kafka.connection.errors", "type", "refused")).isZero();
        assertThat(counter("kafka.events.published", "status", "error")).isEqualTo(4);
        assertThat(counter("kafka.publish.errors", "type", "outage")).isEqualTo(2);
        assertThat(counter("kafka.publish.errors", "type", "record")).isOne();
        assertThat(counter("kafka.publish.errors", "type", "topic")).isOne();
        assertThat(counter("kafka.publish.errors", "type", "serialization")).isOne();
        assertThat(counter("kafka.publish.errors", "type", "queue_full")).isOne();
        assertThat(counter("kafka.events.stored_for_retry")).isOne();
        assertThat(counter("kafka.events.lost")).isOne();
        assertThat(counter("kafka.producer.init.failures")).isOne();
    }

    @Test
    void whenTheRelayWorksThenItsBatchesAreCounted() {
        DeliveryMeters meters = new DeliveryMeters(this.registry);
        meters.retrySucceeded(500);
        meters.retryFailed(3);
        meters.deadLettered(2);
        assertThat(counter("kafka.retry.success")).isEqualTo(500);
        assertThat(counter("kafka.retry.failed")).isEqualTo(3);
        assertThat(counter("kafka.dlq.sent")).isEqualTo(2);
    }

    @Test
    void whenTheStateChangesThenTheGaugesFollow() {
        bindAll();
        assertThat(gauge("kafka.circuit_breaker.open")).isZero();
        assertThat(gauge("kafka.connections")).isOne();
        this.publisher.circuit("OPEN").connection = ConnectionState.DISCONNECTED;
        this.publisher.queuedBytes = 1234;
        this.publisher.divertedLanes = 3;
        assertThat(gauge("kafka.circuit_breaker.open")).isOne();
        assertThat(gauge("kafka.connections")).isZero();
        assertThat(gauge("kafka.publish.queue.bytes")).isEqualTo(1234);
        assertThat(gauge("kafka.publish.lanes.diverted")).isEqualTo(3);
        this.publisher.circuit("HALF_OPEN");
        assertThat(gauge("kafka.circuit_breaker.open")).isZero();
        assertThat(gauge("kafka.retry.pending")).isEqualTo(5);
        assertThat(gauge("kafka.dlq.failed")).isEqualTo(1);
        assertThat(this.registry.get("kafka.retry.oldest.age").timeGauge().value(TimeUnit.SECONDS))
                .isEqualTo(90);
    }

    @Test
    void whenTheDatabaseFailsThenItsFiguresAreUnknown() {
        this.service.failure = new IllegalStateException("down");
        bindAll();
        assertThat(gauge("kafka.retry.pending")).isNaN();
        assertThat(this.registry.get("kafka.retry.oldest.age").timeGauge().value())
                .isNaN();
        assertThat(gauge("kafka.circuit_breaker.open")).isZero();
    }

    @Test
    @DisplayName("W8: where counting takes longer than a scrape waits, figures are of up to a minute ago, then unknown")
    void whenTheDatabaseIsSlowThenItsLastFiguresAreShown() {
        bindAll();
        assertThat(gauge("kafka.retry.pending")).isEqualTo(5);
        this.service.hang = new CountDownLatch(1);
        this.nanos.addAndGet(Duration.ofSeconds(60).toNanos());
        assertThat(gauge("kafka.retry.pending")).isEqualTo(5);
        assertThat(gauge("kafka.dlq.failed")).isEqualTo(1);
        this.nanos.addAndGet(Duration.ofSeconds(15).toNanos());
        assertThat(gauge("kafka.retry.pending")).isNaN();
        this.service.hang.countDown();
        Awaitility.await().until(() -> gauge("kafka.retry.pending") == 5);
    }

    @Test
    void whenTheDatabaseHangsThenAScrapeDoesNot() {
        this.service.hang = new CountDownLatch(1);
        bindAll();
        long start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            assertThat(gauge("kafka.retry.pending")).isNaN();
            assertThat(gauge("kafka.dlq.failed")).isNaN();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        assertThat(this.service.asked).hasValue(1);
    }

    private void bindAll() {
        new PublisherMeters(this.registry);
        new DeliveryMeters(this.registry);
        new EventGauges(this.publisher, this.figures).bindTo(this.registry);
    }

    private double counter(String name, String... tags) {
        return this.registry.get(name).tags(tags).counter().count();
    }

    private double gauge(String name) {
        return this.registry.get(name).gauge().value();
    }
}
