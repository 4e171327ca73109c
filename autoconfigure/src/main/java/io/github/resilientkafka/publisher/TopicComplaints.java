package io.github.resilientkafka.publisher;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Says why topics could not be looked for or created: of an outage one line for all of them, of anything else one for each
 * topic, however often it is tried. Thread-safe.
 */
final class TopicComplaints {

    private static final Logger logger = LoggerFactory.getLogger(TopicComplaints.class);

    private final AtomicBoolean outage = new AtomicBoolean();

    private final Map<String, String> refusals = new ConcurrentHashMap<>();

    void failed(String topic, KafkaException error) {
        if (isOutage(error)) {
            logger.atLevel(this.outage.compareAndSet(false, true) ? Level.WARN : Level.DEBUG)
                    .log(
                            "Kafka does not answer whether topic {} is there; it is asked again as long as that is needed: {}",
                            topic,
                            error.toString());
            return;
        }
        this.outage.set(false);
        String refusal = error.getClass().getName();
        boolean known = refusal.equals(this.refusals.put(topic, refusal));
        logger.atLevel(known ? Level.DEBUG : Level.WARN)
                .log("Topic {} could not be checked or created: {}", topic, error.toString());
    }

    static boolean isOutage(KafkaException error) {
        return error instanceof RetriableException;
    }

    void answered(String topic) {
        this.outage.set(false);
        this.refusals.remove(topic);
    }
}
