package io.github.resilientkafka.actuate;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kafka's own metrics of our producers, for as long as each lives.
 * <p>
 * They bear the tags that Spring Kafka gives those of the application's producers, since some registries refuse meters of
 * one name with different tags; {@code spring.id} tells ours apart.
 */
final class ProducerMeters implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ProducerMeters.class);

    private static final long IDLE_SECONDS = 1;

    /**
     * Ours alone: Micrometer's binder removes meters of the same names with fewer tags from the registry that it is given,
     * and the application may have bound its own producers.
     */
    private final CompositeMeterRegistry registry;

    private final Map<Producer<?, ?>, KafkaClientMetrics> bound = new IdentityHashMap<>();

    /**
     * Does the work: a producer may be closed by its own I/O thread, which must not wait for a registry.
     */
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
                Thread created = new Thread(task, "resilient-kafka-metrics");
                created.setDaemon(true);
                return created;
            },
            new DiscardPolicy());

    ProducerMeters(MeterRegistry registry) {
        this.registry = new CompositeMeterRegistry(Clock.SYSTEM);
        this.registry.add(registry);
        this.thread.allowCoreThreadTimeOut(true);
    }

    void bind(String role, Producer<?, ?> producer) {
        this.thread.execute(() -> {
            KafkaClientMetrics metrics =
                    new KafkaClientMetrics(producer, Tags.of("spring.id", "resilientKafka." + role));
            this.bound.put(producer, metrics);
            try {
                metrics.bindTo(this.registry);
            } catch (RuntimeException ex) {
                logger.warn("The metrics of the {} producer are not shown", role, ex);
            }
        });
    }

    void unbind(Producer<?, ?> producer) {
        this.thread.execute(() -> {
            KafkaClientMetrics metrics = this.bound.remove(producer);
            if (metrics != null) {
                metrics.close();
            }
        });
    }

    /**
     * Forgets all producers; later ones are ignored.
     */
    @Override
    public void close() {
        this.thread.execute(() -> {
            this.bound.values().forEach(KafkaClientMetrics::close);
            this.bound.clear();
        });
        this.thread.shutdown();
    }
}
