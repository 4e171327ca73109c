package io.github.resilientkafka.publisher;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A producer that tells of its creation and its end, whoever brings it about.
 */
final class ObservedProducer extends KafkaProducer<byte @Nullable [], byte @Nullable []> {

    private final String role;

    private final String clientId;

    private final PublisherObserver observer;

    private final AtomicBoolean open = new AtomicBoolean(true);

    private ObservedProducer(Map<String, Object> settings, String role, String clientId, PublisherObserver observer) {
        super(settings, new ByteArraySerializer(), new ByteArraySerializer());
        this.role = role;
        this.clientId = clientId;
        this.observer = observer;
    }

    /**
     * Creates a producer with a client id of its own.
     * @throws org.apache.kafka.common.KafkaException if the settings are wrong
     */
    static ObservedProducer create(Map<String, Object> settings, String role, PublisherObserver observer) {
        String clientId = ClientIds.take(role);
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, clientId);
        ObservedProducer producer;
        try {
            producer = new ObservedProducer(settings, role, clientId, observer);
        } catch (RuntimeException ex) {
            ClientIds.giveBack(role, clientId);
            throw ex;
        }
        observer.producerCreated(role, producer);
        return producer;
    }

    /**
     * Returns its metrics but for those of single topics: tags must be few.
     */
    @Override
    public Map<MetricName, ? extends Metric> metrics() {
        return super.metrics().entrySet().stream()
                .filter(metric -> !metric.getKey().tags().containsKey("topic"))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /**
     * Every way of closing ends here.
     */
    @Override
    public void close(Duration timeout) {
        boolean first = this.open.compareAndSet(true, false);
        if (first) {
            this.observer.producerClosed(this);
        }
        try {
            super.close(timeout);
        } finally {
            if (first) {
                ClientIds.giveBack(this.role, this.clientId);
            }
        }
    }
}
