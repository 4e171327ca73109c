package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import io.micrometer.tracing.ScopedSpan;
import io.micrometer.tracing.Tracer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The trace goes on at the consumer, as Spring Boot sets up tracing.
 */
@Tag("unhurried")
class TraceContextTests {

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("trace");

    @AfterEach
    void brokerBack() {
        this.kafka.start();
    }

    @Test
    @DisplayName("events carry the W3C context of the span they were published in, sent or stored and relayed later")
    void sentAndStored() throws Exception {
        this.kafka.createTopic(this.topic, 1);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("trace")))
                .with("resilient-kafka.publisher.properties.max.block.ms", 20_000)
                .with("management.tracing.enabled", true)
                .with("management.tracing.sampling.probability", 1)
                .start()) {
            EventPublisher publisher = application.publisher();
            Tracer tracer = application.context().getBean(Tracer.class);

            get(publisher.publish(this.topic, "k", "without"));
            ScopedSpan direct = tracer.startScopedSpan("direct");
            CompletableFuture<PublishResult> sent = publisher.publish(this.topic, "k", "sent");
            CompletableFuture<PublishResult> own =
                    publisher.publish(OutgoingEvent.of(this.topic, "k", "own").withHeader("traceparent", "mine"));
            direct.end();
            assertThat(get(sent).outcome()).isEqualTo(Outcome.SENT);
            get(own);
            this.kafka.freeze();
            ScopedSpan outage = tracer.startScopedSpan("outage");
            CompletableFuture<PublishResult> stored = publisher.publish(this.topic, "k", "stored");
            outage.end();
            assertThat(get(stored).outcome()).isEqualTo(Outcome.STORED);
            this.kafka.thaw();
            application.awaitNoneLeft(Duration.ofSeconds(30));

            Map<String, String> parents = TopicReader.readAll(this.kafka.clientConfig(), this.topic).stream()
                    .collect(Collectors.toMap(
                            record -> TopicReader.text(record.value()), this::traceParent, (a, b) -> b));
            assertThat(parents)
                    .containsEntry("without", "none")
                    .containsEntry("own", "mine")
                    .containsEntry("sent", w3c(direct))
                    .containsEntry("stored", w3c(outage));
        }
    }

    private String traceParent(ConsumerRecord<byte[], byte[]> record) {
        String parent = TopicReader.header(record, "traceparent");
        return (parent == null) ? "none" : parent;
    }

    private static String w3c(ScopedSpan span) {
        return "00-" + span.context().traceId() + "-" + span.context().spanId() + "-01";
    }
}
