package io.github.resilientkafka.listener;

import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.publisher.ProducerRecreationPolicy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The producer for records that are to be tried again, apart from the publisher's: what it cannot send stays where it is,
 * so nothing has to be stored, and nobody's events wait for it. Made when the first listener needs it. Thread-safe.
 */
final class RetryProducer implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(RetryProducer.class);

    private static final String BOOTSTRAP = "bootstrap";

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    private final Supplier<Producer<byte @Nullable [], byte @Nullable []>> factory;

    private final ProducerRecreationPolicy policy;

    private final ListenerQueue queue;

    private @Nullable Producer<byte @Nullable [], byte @Nullable []> current;

    private boolean closed;

    RetryProducer(
            Supplier<Producer<byte @Nullable [], byte @Nullable []>> factory,
            ProducerRecreationPolicy policy,
            ListenerThreads threads) {
        this.factory = factory;
        this.policy = policy;
        this.queue = threads.queueFor("republisher");
    }

    /**
     * Makes the producer if there is none yet, and it can be made now: not, for one, while no broker's name is known.
     * @throws ConfigurationException if its settings are wrong
     */
    void open() {
        try {
            producer();
        } catch (KafkaException ex) {
            Throwable cause = (ex.getCause() == null) ? ex : ex.getCause();
            if (cause instanceof ConfigException
                    && !String.valueOf(cause.getMessage()).contains(BOOTSTRAP)) {
                throw new ConfigurationException(
                        ListenerProperties.PREFIX + "republish.properties",
                        "the producer for records that are to be tried again cannot be made: " + cause.getMessage(),
                        "Correct " + ListenerProperties.PREFIX
                                + "republish.properties; it is added to the settings of the publisher's producer.");
            }
            logger.warn("The producer for records that are to be tried again cannot be made yet: {}", cause.toString());
        }
    }

    /**
     * Sends a record. May block for {@code max.block.ms}.
     * @return completes when all in-sync replicas have it
     */
    CompletableFuture<?> send(ProducerRecord<byte @Nullable [], byte @Nullable []> record) {
        CompletableFuture<Object> durable = new CompletableFuture<>();
        Producer<byte @Nullable [], byte @Nullable []> producer = producer();
        try {
            producer.send(record, (metadata, error) -> {
                if (error == null) {
                    durable.complete(metadata);
                } else {
                    durable.completeExceptionally(error);
                    failed(producer, error);
                }
            });
        } catch (RuntimeException ex) {
            durable.completeExceptionally(ex);
            failed(producer, ex);
        }
        return durable;
    }

    private synchronized Producer<byte @Nullable [], byte @Nullable []> producer() {
        if (this.closed) {
            throw new KafkaException("The application stops");
        }
        Producer<byte @Nullable [], byte @Nullable []> open = this.current;
        if (open == null) {
            open = this.factory.get();
            this.current = open;
        }
        return open;
    }

    private synchronized void failed(Producer<byte @Nullable [], byte @Nullable []> producer, Exception error) {
        if (producer == this.current && (error instanceof IllegalStateException || this.policy.shouldRecreate(error))) {
            this.current = null;
            this.queue.execute(() -> producer.close(Duration.ZERO));
        }
    }

    @Override
    public void close() {
        Producer<byte @Nullable [], byte @Nullable []> last;
        synchronized (this) {
            this.closed = true;
            last = this.current;
            this.current = null;
        }
        if (last != null) {
            last.close(CLOSE_TIMEOUT);
        }
    }
}
