package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Callers that hold every connection, and data that databases do not like. H11, P6.
 */
@Tag("unhurried")
class AwkwardEventsTests {

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("awkward");

    private TestApplication.Builder application() {
        this.kafka.createTopic(this.topic, 1);
        return TestApplication.on(this.kafka, this.postgres).database(this.postgres.createDatabase(unique("awkward")));
    }

    @Test
    @DisplayName(
            "H11: two transactions that hold the whole pool of two while they wait for their futures are both stored")
    void noDeadlockOnTheApplicationsPool() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        try (TestApplication application = application()
                .with("spring.datasource.hikari.maximum-pool-size", 2)
                .start()) {
            get(application.publisher().publish(this.topic, "k", "before"));
            this.kafka.kill();
            TransactionTemplate transaction =
                    new TransactionTemplate(application.context().getBean(PlatformTransactionManager.class));
            JdbcTemplate jdbc = application.jdbc();
            CountDownLatch bothHold = new CountDownLatch(2);
            List<Future<PublishResult>> results = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                String value = "v" + i;
                results.add(executor.submit(() -> transaction.execute(status -> {
                    jdbc.queryForObject("select 1", Integer.class);
                    bothHold.countDown();
                    try {
                        assertThat(bothHold.await(10, TimeUnit.SECONDS)).isTrue();
                        return get(application.publisher().publish(this.topic, value, value));
                    } catch (Exception ex) {
                        throw new IllegalStateException(ex);
                    }
                })));
            }
            for (Future<PublishResult> result : results) {
                assertThat(result.get(20, TimeUnit.SECONDS).outcome()).isEqualTo(Outcome.STORED);
            }
        } finally {
            executor.shutdownNow();
            this.kafka.start();
        }
    }

    @Test
    @DisplayName(
            "P6: NUL in a key, 100 KB of header, invalid UTF-8, unpaired surrogates, tombstones: stored and delivered byte for byte")
    void awkwardData() throws Exception {
        byte[] invalidUtf8 = {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xc3};
        byte[] large = new byte[100_000];
        new Random(1).nextBytes(large);
        try (TestApplication application = application()
                .with(
                        "spring.kafka.producer.value-serializer",
                        "org.apache.kafka.common.serialization.ByteArraySerializer")
                .start()) {
            EventPublisher publisher = application.publisher();
            get(publisher.publish(this.topic, "k", new byte[] {1}));
            this.kafka.kill();
            List<OutgoingEvent> events = List.of(
                    OutgoingEvent.of(this.topic, "nul\0key", new byte[] {0, 1, 2}),
                    OutgoingEvent.of(this.topic, "surrogate\ud800", "v".getBytes(StandardCharsets.UTF_8)),
                    OutgoingEvent.of(this.topic, "header", new byte[] {3}).withHeader("large", large),
                    OutgoingEvent.of(this.topic, "names", new byte[] {4})
                            .withHeader("na\0me", "x")
                            .withHeader("bad", invalidUtf8)
                            .withHeader("", ""),
                    OutgoingEvent.of(this.topic, "payload", invalidUtf8),
                    OutgoingEvent.of(this.topic, "empty", new byte[0]),
                    OutgoingEvent.of(this.topic, "tombstone", null),
                    OutgoingEvent.unkeyed(this.topic, new byte[] {5}).withEventType("ty\0pe"));
            List<CompletableFuture<PublishResult>> futures =
                    events.stream().map(publisher::publish).toList();
            for (CompletableFuture<PublishResult> future : futures) {
                assertThat(get(future).outcome()).isEqualTo(Outcome.STORED);
            }
            this.kafka.start();
            application.awaitNoneLeft(Duration.ofSeconds(30));
            List<ConsumerRecord<byte[], byte[]>> records = TopicReader.readAll(this.kafka.clientConfig(), this.topic);
            for (int i = 0; i < events.size(); i++) {
                OutgoingEvent event = events.get(i);
                String id = get(futures.get(i)).eventId().toString();
                assertThat(records).as("key " + event.key()).anySatisfy(record -> {
                    assertThat(TopicReader.header(record, "ce_id")).isEqualTo(id);
                    assertThat(record.value()).isEqualTo((byte[]) event.event());
                    assertThat(record.key())
                            .isEqualTo(
                                    (event.key() == null)
                                            ? null
                                            : event.key().toString().getBytes(StandardCharsets.UTF_8));
                    event.headers().forEach(header -> assertThat(
                                    record.headers().lastHeader(header.key()).value())
                            .isEqualTo(header.value()));
                });
            }
        } finally {
            this.kafka.start();
        }
    }

    @Test
    @DisplayName(
            "P6: a row that the database refuses for itself fails its own future only, the rest of its batch is stored")
    void refusedRow() throws Exception {
        try (TestApplication application = application().start()) {
            EventPublisher publisher = application.publisher();
            get(publisher.publish(this.topic, "k", "before"));
            application
                    .jdbc()
                    .execute("alter table failed_kafka_events add constraint no_poison check (key_text <> 'poison')");
            this.kafka.kill();
            List<CompletableFuture<PublishResult>> futures = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                futures.add(publisher.publish(this.topic, (i % 100 == 50) ? "poison" : "key", "v" + i));
            }
            for (int i = 0; i < 500; i++) {
                CompletableFuture<PublishResult> future = futures.get(i);
                if (i % 100 == 50) {
                    assertThatThrownBy(() -> future.get(30, TimeUnit.SECONDS))
                            .cause()
                            .isInstanceOf(EventNotStoredException.class)
                            .hasMessageContaining("no_poison");
                } else {
                    assertThat(get(future).outcome()).isEqualTo(Outcome.STORED);
                }
            }
            assertThat(application.rows(EventStatus.PENDING)).isEqualTo(495);
            assertThat(publisher.getPublisherStats().healthy()).isTrue();
        } finally {
            this.kafka.start();
        }
    }
}
