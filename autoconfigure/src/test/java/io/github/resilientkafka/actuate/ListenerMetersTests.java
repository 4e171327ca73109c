package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

import io.github.resilientkafka.listener.ErrorClass;
import io.github.resilientkafka.listener.LagWatch;
import io.github.resilientkafka.listener.ListenerLag;
import io.github.resilientkafka.listener.PartitionState;
import io.github.resilientkafka.listener.PartitionStatus;
import io.github.resilientkafka.listener.ResilientListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListener;

/**
 * Metrics of listeners by name and value.
 */
@DisplayName("D6: metrics of listeners")
class ListenerMetersTests {

    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    private final MeterRegistry registry = new SimpleMeterRegistry();

    private final LagWatch lagWatch = mock(LagWatch.class);

    private final ListenerMeters meters =
            new ListenerMeters(this.registry, this.lagWatch, Clock.fixed(NOW, ZoneOffset.UTC));

    ListenerMetersTests() {
        given(this.lagWatch.lag(any())).willReturn(new ListenerLag(0, 0));
    }

    @Test
    void everyMeterIsThereAtZeroBeforeAnythingHappens() {
        this.meters.added(recordListener("orders"));
        this.meters.added(batchListener("batches"));
        assertThat(this.registry.getMeters().stream()
                        .map(meter -> meter.getId().getName())
                        .collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(KafkaMeters.values())
                        .map(KafkaMeters::getName)
                        .filter(name -> name.startsWith("kafka.listener.") && !name.endsWith(".restarts"))
                        .collect(Collectors.toSet()));
        assertThat(counter("kafka.listener.errors", "listener", "orders", "error", "bad_data"))
                .isZero();
        assertThat(this.registry.find("kafka.listener.batch.size").summaries()).hasSize(1);
    }

    @Test
    void aListenerThatIsGoneTakesItsMetersAlongUnlessThereIsAnotherOfItsId() {
        ResilientListener gone = recordListener("orders");
        ResilientListener successor = recordListener("orders");
        this.meters.added(gone);
        this.meters.added(successor);
        this.meters.added(recordListener("others"));
        int all = this.registry.getMeters().size();
        this.meters.removed(gone);
        assertThat(this.registry.getMeters()).hasSize(all);
        this.meters.removed(successor);
        assertThat(this.registry.getMeters()).isNotEmpty().allMatch(meter -> "others"
                .equals(meter.getId().getTag("listener")));
        verify(this.lagWatch).forget(gone);
    }

    @Test
    void whatHandlersDoIsCountedByListener() {
        ResilientListener orders = recordListener("orders");
        given(orders.handledRecords()).willReturn(2L);
        this.meters.added(orders);
        this.meters.added(batchListener("batches"));
        this.meters.handled("orders", 1, false, TimeUnit.MILLISECONDS.toNanos(20));
        this.meters.handled("orders", 1, false, TimeUnit.MILLISECONDS.toNanos(40));
        this.meters.handled("batches", 7, true, TimeUnit.MILLISECONDS.toNanos(5));
        this.meters.failed("orders", ErrorClass.DEPENDENCY_DOWN);
        this.meters.failed("orders", ErrorClass.TRANSIENT);
        this.meters.failed("orders", ErrorClass.TRANSIENT);
        this.meters.givenUp("orders", true);
        this.meters.givenUp("batches", false);
        this.meters.restarted("orders", "fenced");

        assertThat(this.registry
                        .get("kafka.listener.processing")
                        .tags("listener", "orders", "type", "record")
                        .timer()
                        .totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(60);
        assertThat(this.registry
                        .get("kafka.listener.processing")
                        .tags("listener", "batches", "type", "batch")
                        .timer()
                        .count())
                .isOne();
        assertThat(this.registry.get("kafka.listener.batch.size").summary().max())
                .isEqualTo(7);
        assertThat(this.registry
                        .get("kafka.listener.records")
                        .tag("listener", "orders")
                        .functionCounter()
                        .count())
                .isEqualTo(2);
        assertThat(counter("kafka.listener.errors", "listener", "orders", "error", "transient"))
                .isEqualTo(2);
        assertThat(counter("kafka.listener.errors", "listener", "orders", "error", "dependency_down"))
                .isOne();
        assertThat(counter("kafka.listener.dead_letters", "listener", "orders")).isOne();
        assertThat(counter("kafka.listener.dead_letters", "listener", "batches"))
                .isZero();
        assertThat(counter("kafka.listener.skipped", "listener", "batches")).isOne();
        assertThat(counter("kafka.listener.restarts", "listener", "orders", "reason", "fenced"))
                .isOne();
    }

    @Test
    void gaugesFollowThePartitions() {
        ResilientListener orders = recordListener("orders");
        this.meters.added(orders);
        given(orders.partitions())
                .willReturn(List.of(
                        partition(0, PartitionState.RUNNING, 500),
                        partition(1, PartitionState.HELD, 30),
                        partition(2, PartitionState.HELD, 90),
                        partition(3, PartitionState.DEAD_LETTER_BLOCKED, 10)));
        given(this.lagWatch.lag(orders)).willReturn(new ListenerLag(12, 7));
        assertThat(gauge("kafka.listener.partitions.assigned")).isEqualTo(4);
        assertThat(gauge("kafka.listener.partitions.paused", "state", "held")).isEqualTo(2);
        assertThat(gauge("kafka.listener.partitions.paused", "state", "backoff"))
                .isZero();
        assertThat(gauge("kafka.listener.partitions.paused", "state", "dead_letter_blocked"))
                .isOne();
        assertThat(this.registry
                        .get("kafka.listener.paused.oldest.age")
                        .timeGauge()
                        .value(TimeUnit.SECONDS))
                .isEqualTo(90);
        assertThat(gauge("kafka.listener.lag")).isEqualTo(12);
        assertThat(gauge("kafka.listener.lag.max")).isEqualTo(7);

        given(orders.partitions()).willReturn(List.of());
        given(this.lagWatch.lag(orders)).willReturn(new ListenerLag(Double.NaN, Double.NaN));
        assertThat(gauge("kafka.listener.partitions.assigned")).isZero();
        assertThat(gauge("kafka.listener.partitions.paused", "state", "held")).isZero();
        assertThat(this.registry
                        .get("kafka.listener.paused.oldest.age")
                        .timeGauge()
                        .value())
                .isZero();
        assertThat(gauge("kafka.listener.lag")).isNaN();
        assertThat(gauge("kafka.listener.lag.max")).isNaN();
    }

    @Test
    void listenersOfOneIdAreOne() {
        ResilientListener one = recordListener("shared");
        ResilientListener other = recordListener("shared");
        this.meters.added(one);
        this.meters.added(other);
        given(one.partitions()).willReturn(List.of(partition(0, PartitionState.RUNNING, 0)));
        given(other.partitions()).willReturn(List.of(partition(1, PartitionState.RUNNING, 0)));
        given(this.lagWatch.lag(one)).willReturn(new ListenerLag(3, 3));
        given(this.lagWatch.lag(other)).willReturn(new ListenerLag(5, 4));
        assertThat(gauge("kafka.listener.partitions.assigned")).isEqualTo(2);
        assertThat(gauge("kafka.listener.lag")).isEqualTo(8);
        assertThat(gauge("kafka.listener.lag.max")).isEqualTo(4);
    }

    @Test
    void whatTheApplicationsOwnErrorHandlerDoesIsNotClaimed() {
        ResilientListener own = recordListener("own");
        given(own.pausesPartitions()).willReturn(false);
        this.meters.added(own);
        assertThat(this.registry.getMeters())
                .extracting(meter -> meter.getId().getName())
                .containsExactlyInAnyOrder(
                        "kafka.listener.partitions.assigned", "kafka.listener.lag", "kafka.listener.lag.max");
    }

    @Test
    void nothingIsLeftAfterTheEnd() {
        this.registry.counter("the.applications.own");
        this.meters.added(recordListener("orders"));
        this.meters.added(batchListener("batches"));
        this.meters.restarted("orders", "fenced");
        this.meters.close();
        this.meters.givenUp("orders", true);
        this.meters.handled("batches", 3, true, 1);
        assertThat(this.registry.getMeters())
                .extracting(meter -> meter.getId().getName())
                .containsExactly("the.applications.own");
    }

    @Test
    void prometheusTakesAllOfThem() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ListenerMeters meters = new ListenerMeters(prometheus, this.lagWatch, Clock.systemUTC());
        meters.added(recordListener("orders"));
        meters.added(batchListener("batches"));
        meters.restarted("orders", "fenced");
        assertThat(prometheus.scrape())
                .contains(
                        "kafka_listener_lag{listener=\"orders\"} 0.0",
                        "kafka_listener_lag_max{listener=\"batches\"} 0.0",
                        "kafka_listener_records_total{listener=\"orders\"} 0.0",
                        "kafka_listener_processing_seconds_count{listener=\"batches\",type=\"batch\"} 0",
                        "kafka_listener_partitions_paused{listener=\"orders\",state=\"backoff\"} 0.0",
                        "kafka_listener_restarts_total{listener=\"orders\",reason=\"fenced\"} 1.0");
    }

    private double counter(String name, String... tags) {
        return this.registry.get(name).tags(tags).counter().count();
    }

    private double gauge(String name, String... tags) {
        return this.registry.get(name).tags(tags).gauge().value();
    }

    private static PartitionStatus partition(int number, PartitionState state, int seconds) {
        return new PartitionStatus("topic", number, state, NOW.minusSeconds(seconds), null, null, 0, null);
    }

    private static ResilientListener recordListener(String id) {
        return listener(id, (MessageListener<Object, Object>) record -> {});
    }

    private static ResilientListener batchListener(String id) {
        return listener(id, (BatchMessageListener<Object, Object>) records -> {});
    }

    private static ResilientListener listener(String id, Object handler) {
        ContainerProperties properties = new ContainerProperties("topic");
        properties.setMessageListener(handler);
        AbstractMessageListenerContainer<?, ?> container = mock(AbstractMessageListenerContainer.class);
        given(container.getContainerProperties()).willReturn(properties);
        ResilientListener listener = mock(ResilientListener.class);
        given(listener.id()).willReturn(id);
        given(listener.pausesPartitions()).willReturn(true);
        given(listener.partitions()).willReturn(List.of());
        org.mockito.Mockito.doReturn(container).when(listener).container();
        return listener;
    }
}
